"""What a table's TOML file may hold: every type and every key, with an example out of the tables that ship."""

from __future__ import annotations

import dataclasses
import inspect
import re
import typing
from collections.abc import Iterator
from typing import Any

from reference.names import markdown
from striate.tables import ABLATIONS, ARCHITECTURES, EXAMPLES, Recipe, Table, dumps_table, load_table

_SECTIONS = {"rows": "Rows", "heads": "Heads", "initialization": "Initialization", "preprocessing": "Preprocessing",
             "recipe": "Recipe", "optimizer": "Optimizers", "schedule": "Schedules", "augmentation": "Augmentation",
             "expected": "Reference counts"}  # fmt: skip
_OF_THE_RECIPE = ("optimizer", "schedule", "augmentation")


def kinds() -> dict[str, list[Any]]:
    """The dataclasses that a table's file can hold, by the field that holds them; the table itself at "table"."""
    found: dict[str, list[Any]] = {"table": [Table]}
    for field, annotation in typing.get_type_hints(Table).items():
        if parts := list(dict.fromkeys(_dataclasses(annotation))):
            found[field] = parts
    for field in _OF_THE_RECIPE:
        found[field] = list(dict.fromkeys(_dataclasses(typing.get_type_hints(Recipe)[field])))
    return found


def table_page() -> str:
    """The page of all sections of a table's file."""
    parts = [
        "# A table's file",
        "A network of your own is a TOML file: `striate train my.toml`. In Python `dumps_table(load_table(NAME))` is"
        " the file of any table; in the page, Table saves one. Where a section has types, `type` names one; a key with"
        " a default may be left out.",
        "## The table",
        markdown(inspect.getdoc(Table) or ""),
        _keys(Table),
        f"```toml\n{dumps_table(load_table('minivggnet'))[:600].rsplit('[[rows]]', 1)[0].rstrip()}\n```",
    ]
    for field, title in _SECTIONS.items():
        parts.append(f"## {title}")
        for kind in kinds()[field]:
            doc = "" if (kind.__doc__ or "").startswith(f"{kind.__name__}(") else inspect.cleandoc(kind.__doc__ or "")
            parts += [f"### `{kind.__name__}`", markdown(doc), _keys(kind), f"```toml\n{example(field, kind)}\n```"]
    return "\n\n".join(part for part in parts if part) + "\n"


def example(field: str, kind: Any) -> str:
    """A part of this kind as it stands in a file: the shortest in a table that ships with a key that is no default, or
    one with defaults alone."""
    texts = {_section(field, value) for value in _parts() if type(value) is kind}
    if not texts:
        texts = {_section(field, kind())}
    return min((text for text in texts if text.count("=") > 1), key=len, default=min(texts, key=len))


def _section(field: str, value: Any) -> str:
    """The lines of a file that state one part."""
    wanted = "recipe" if field in _OF_THE_RECIPE else field
    stated: dict[str, Any] = {"name": "t", "input": (1, 32, 32), "rows": ()}
    if wanted == "recipe":
        part = (value,) if field == "augmentation" else value
        stated["recipe"] = value if field == "recipe" else Recipe(**{field: part})
    else:
        stated[wanted] = (value,) if wanted in ("rows", "heads") else value
    text = dumps_table(Table(**stated))
    found = re.search(rf"^\[+{wanted}\]+\n.*", text, re.MULTILINE | re.DOTALL)
    return re.split(r"\n\n\[(?!\[rows\.)", found[0])[0].rstrip() if found else f"[{wanted}]"


def _parts() -> Iterator[Any]:
    """Every dataclass in every table that ships."""
    for name in (*ARCHITECTURES, *EXAMPLES, *ABLATIONS):
        yield from _inside(load_table(name))


def _inside(value: Any) -> Iterator[Any]:
    if isinstance(value, tuple):
        for item in value:
            yield from _inside(item)
    elif dataclasses.is_dataclass(value):
        yield value
        for field in dataclasses.fields(value):
            yield from _inside(getattr(value, field.name))


def _dataclasses(annotation: Any) -> Iterator[Any]:
    if dataclasses.is_dataclass(annotation):
        yield annotation
    for part in typing.get_args(annotation):
        yield from _dataclasses(part)


def _keys(kind: Any) -> str:
    """A table of the keys of a type: what each holds, and its default."""
    lines = ["| key | holds | default |", "|---|---|---|"]
    hints = typing.get_type_hints(kind)
    for field in dataclasses.fields(kind):
        if field.default is not dataclasses.MISSING:
            default = f"`{_shown(field.default)}`"
        else:
            default = "" if field.default_factory is dataclasses.MISSING else f"`{_shown(field.default_factory())}`"
        lines.append(f"| `{field.name}` | {_holds(hints[field.name])} | {default} |")
    return "\n".join(lines) if len(lines) > 2 else "No keys."


def _holds(annotation: Any) -> str:
    """An annotation in words of a TOML file."""
    names = {int: "whole number", float: "number", str: "text", bool: "true or false", type(None): ""}
    if annotation in names:
        return names[annotation]
    if dataclasses.is_dataclass(annotation):
        return f"[`{annotation.__name__}`](#{annotation.__name__.lower()})"  # type: ignore[union-attr]
    parts = typing.get_args(annotation)
    if typing.get_origin(annotation) is typing.Literal:
        return ", ".join(f'`"{part}"`' for part in parts)
    if typing.get_origin(annotation) is tuple:
        return f"list of {_holds(parts[0])}" if parts[-1] is Ellipsis else f"[{', '.join(map(_holds, parts))}]"
    return ", ".join(dict.fromkeys(word for part in parts if (word := _holds(part)))) or "text"


def _shown(value: Any) -> str:
    shown = {None: "none", True: "true", False: "false"}
    if isinstance(value, (bool, type(None))):
        return shown[value]
    if dataclasses.is_dataclass(value):
        return type(value).__name__
    return f'"{value}"' if isinstance(value, str) else str(list(value) if isinstance(value, tuple) else value)
