"""A user's own table as a TOML file, and any table as plain data (the model file's metadata). Lossless.

name = "tiny"
input = [1, 28, 28]

[[rows]]
type = "Conv"
name = "C1"
maps = 8
kernel = 3
activation = "relu"
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, cast

from striate.errors import TableError
from striate.tables.schema import from_dict, to_dict
from striate.tables.table import Plan, Table

_LINE = 80
_DEEPEST = 64
"""Lists and dicts around a value: a row inside sixteen others, the most that a plan has, has 50."""
_LONG_KEY = re.compile(
    r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){20}""",
)
"""A key of more than 20 parts: of three parts are the longest of a table, and the standard library takes the square of
their number."""


def table_to_dict(table: Table, *, defaults: bool = False) -> dict[str, Any]:
    """The table as dicts, lists, strings and numbers; `defaults` writes the fields at their default too."""
    return cast(dict[str, Any], to_dict(table, defaults=defaults))


def table_from_dict(data: object, where: str) -> Table:
    """The table that `table_to_dict` made, not yet checked beyond its fields' types; TableError begins with `where`."""
    _check_depth(data, where)
    return from_dict(Table, data, where)


def _check_depth(data: object, where: str) -> None:
    """TableError if data are nested far more deeply than those of any plan."""
    level = [data]
    for _ in range(_DEEPEST):
        level = list(chain.from_iterable(map(_parts, level)))
    if level:
        raise TableError(f"{where}: is nested too deeply")


def _parts(data: object) -> Iterable[object]:
    return data.values() if isinstance(data, Mapping) else data if isinstance(data, (list, tuple)) else ()


def plan_from_dict(data: object, where: str) -> Plan:
    """The plan of the table that `table_to_dict` made; TableError begins with `where`."""
    table = table_from_dict(data, where)
    try:
        return table.plan()
    except TableError as error:
        raise TableError(f"{where}: {error}", error.place) from None


def dumps_table(table: Table) -> str:
    """The table as TOML text.

    >>> from striate.tables import ARCHITECTURES
    >>> loads_table(dumps_table(ARCHITECTURES["lenet5"])) == ARCHITECTURES["lenet5"]
    True
    """
    data = table_to_dict(table)
    sections = {name: value for name, value in data.items() if isinstance(value, dict)}
    rows = data.pop("rows")
    lines = [_pair(name, value) for name, value in data.items() if name not in sections]
    for name, section in sections.items():
        lines += ["", f"[{name}]", *(_pair(*item) for item in section.items())]
    for row in rows:
        lines += ["", "[[rows]]", *(_pair(*item) for item in row.items())]
    return "\n".join(lines) + "\n"


def loads_table(text: str, where: str = "table") -> Table:
    """The table that a TOML text states; TableError names the place (`where`), the row and the rule."""
    return plan_from_dict(parse_toml(text, where), where).table


def parse_toml(text: str, where: str) -> dict[str, Any]:
    """TOML as plain data; TableError if it is none, or has a key of very many parts."""
    import tomllib

    if (found := _LONG_KEY.search(text)) is not None:
        line = text.count("\n", 0, found.start()) + 1
        raise TableError(f"{where}: not a table: line {line} has a key of more than 20 parts")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise TableError(f"{where}: is nested too deeply") from None
    except ValueError as error:
        raise TableError(f"{where}: not TOML: {error}") from None


def load_toml(path: Path) -> Plan:
    """The plan of the table in a TOML file; TableError if it cannot be read or is impossible."""
    try:
        text = read_toml(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise TableError(f"{path}: cannot read the table: {reason}") from None
    return plan_from_dict(parse_toml(text, str(path)), str(path))


def read_toml(path: Path) -> str:
    """The text of a TOML file; OSError if there is none, ValueError, which says why, if it is not UTF-8.

    Lines may end as on any system, and a byte order mark may stand in front.
    """
    return _decode(path.read_bytes())


def _decode(content: bytes) -> str:
    """The text of a TOML file; ValueError says which encoding it seems to have if it is not UTF-8."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in content[:2]:
        raise ValueError("not text in UTF-8 (it seems to be UTF-16); save it as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        seems = " (it seems to be CP949, or EUC-KR)" if _is_text_in(content, "cp949") else ""
        raise ValueError(f"not text in UTF-8 at line {line}{seems}; save it as UTF-8") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _is_text_in(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _pair(name: str, value: Any) -> str:
    return f"{name} = {_value(value)}"


def _value(value: Any, indent: str = "") -> str:
    """A TOML value: a list stays on one line while it fits (the standard library reads TOML but writes none)."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_value(item, indent)}" for name, item in value.items()) + " }"
    if isinstance(value, list):
        inner = indent + "    "
        items = [_value(item, inner) for item in value]
        flat = "[" + ", ".join(items) + "]"
        if len(flat) <= _LINE and "\n" not in flat:
            return flat
        return "[\n" + "".join(f"{inner}{item},\n" for item in items) + indent + "]"
    if isinstance(value, float):
        return repr(value)
    # TOML's strings, whole numbers and booleans are JSON's, but for one character that TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
