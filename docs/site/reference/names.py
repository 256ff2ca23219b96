"""Every public name of every package face, from its docstring, on a page for each package."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import re
from types import ModuleType
from typing import Any

import striate

_SECTION = re.compile(r"^(Raises|Returns|Args|Source|Sources|Example|Examples|Yields):", re.MULTILINE)
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
_LONGEST = 100  # letters of a signature in one line
_LONGEST_DEFAULT = 40


def faces() -> dict[str, ModuleType]:
    """Each module with an `__all__` that users import from, by its name: `striate` and its packages."""
    names = ["striate", *(f"striate.{module.name}" for module in pkgutil.iter_modules(striate.__path__))]
    modules = {name: importlib.import_module(name) for name in names if not name.endswith("__main__")}
    return {name: module for name, module in modules.items() if getattr(module, "__all__", None)}


def name_pages() -> dict[str, str]:
    """A page for each face, and one that lists them."""
    pages = {f"{name}.md": face_page(name, module) for name, module in faces().items()}
    lines = [
        "# Python",
        "",
        "Import from these packages only; what lies in their modules may move.",
        "",
        *(f"- [`{name}`]({name}.md): {_first_line(module)}" for name, module in faces().items()),
        "",
        *_toctree(list(pages)),
    ]
    return {"python.md": "\n".join(lines), **pages}


def face_page(name: str, module: ModuleType) -> str:
    """The page of one face: its docstring, then each name in alphabetical order."""
    parts = [f"# `{name}`", markdown(inspect.getdoc(module) or "")]
    if name == "striate":
        homes = [
            f"- `{public}`: see [`{_home(module, public)}`]({_home(module, public)}.md)" for public in _names(module)
        ]
        return "\n\n".join([*parts, "\n".join(homes)]) + "\n"
    return "\n\n".join([*parts, *(_entry(public, getattr(module, public)) for public in _names(module))]) + "\n"


def _names(module: ModuleType) -> list[str]:
    return sorted(module.__all__, key=str.lower)


def _home(module: ModuleType, name: str) -> str:
    """The package's face that has the name too."""
    value = getattr(module, name)
    for face, other in faces().items():
        if face != "striate" and getattr(other, name, None) is value:
            return face
    return "striate"


def _entry(name: str, value: Any) -> str:
    """The heading, signature and docstring of one name; of a class its properties and methods too."""
    heading = f"## `{name}`"
    if inspect.isclass(value):
        return "\n\n".join([heading, _signature(name, value), markdown(_own_doc(value)), *_members(value)])
    if callable(value) and not _is_alias(value):
        return "\n\n".join([heading, _signature(name, value), markdown(inspect.getdoc(value) or "")])
    return f"{heading}\n\n{_constant(value)}"


def _is_alias(value: Any) -> bool:
    return getattr(value, "__module__", None) in {"typing", "types"} or hasattr(value, "__origin__")


def _constant(value: Any) -> str:
    shown = _ADDRESS.sub("", repr(value)).replace("striate.", "")
    return f"```text\n{shown if len(shown) <= 400 else shown[:400] + '…'}\n```"


def _own_doc(kind: type) -> str:
    doc = kind.__doc__ or ""
    return "" if doc.startswith(f"{kind.__name__}(") else inspect.cleandoc(doc)


def _members(kind: type) -> list[str]:
    """Public methods and properties that the class itself defines, with their docstrings."""
    parts = []
    fields = {field.name for field in dataclasses.fields(kind)} if dataclasses.is_dataclass(kind) else set()
    for name, value in vars(kind).items():
        plain = value.__func__ if isinstance(value, (classmethod, staticmethod)) else value
        doc = inspect.getdoc(plain.fget if isinstance(plain, property) else plain)
        if name.startswith("_") or name in fields or not doc or not (callable(plain) or isinstance(plain, property)):
            continue
        text = markdown(doc)
        parts.append(
            f"**`{kind.__name__}.{name}`**"
            if isinstance(plain, property)
            else _signature(f"{kind.__name__}.{name}", plain)
        )
        parts.append(text)
    return parts


def _signature(name: str, value: Any) -> str:
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return ""
    parameters = [_parameter(parameter) for parameter in signature.parameters.values()]
    returns = signature.return_annotation
    end = "" if returns in (inspect.Signature.empty, None, "None") else f" -> {str(returns).replace(chr(39), '')}"
    line = f"{name}({', '.join(parameters)}){end}"
    if len(line) > _LONGEST:
        line = f"{name}(\n" + "".join(f"    {parameter},\n" for parameter in parameters) + f"){end}"
    return f"```python\n{line}\n```"


def _parameter(parameter: inspect.Parameter) -> str:
    """A parameter as it is written; a default that is long, or has no name, as dots."""
    default, empty = repr(parameter.default), parameter.empty
    if parameter.default is not empty and (len(default) > _LONGEST_DEFAULT or "<" in default):
        return f"{parameter.replace(default=empty)} = ...".replace("'", "")
    return str(parameter).replace("'", "")


def markdown(doc: str) -> str:
    """A docstring as Markdown: examples as code, what is indented as code, sections in bold."""
    parts: list[str] = []
    for paragraph in re.split(r"\n{2,}", doc.strip()):
        lines = paragraph.splitlines()
        if all(line.startswith("    ") or not line for line in lines) or lines[0].lstrip().startswith(">>>"):
            parts.append("```python\n" + inspect.cleandoc(paragraph) + "\n```")
        else:
            parts.append(_SECTION.sub(r"**\1:**", _escape(paragraph)))
    return "\n\n".join(parts)


def _escape(paragraph: str) -> str:
    """Outside of code, what Markdown would take for a link, a heading, a tag or an emphasis is text."""
    pieces = re.split(r"(`[^`]+`)", paragraph)
    return "".join(piece if piece.startswith("`") else re.sub(r"([*_<>\[\]#|$])", r"\\\1", piece) for piece in pieces)


def _first_line(module: ModuleType) -> str:
    return _escape((inspect.getdoc(module) or "").split("\n\n")[0].replace("\n", " "))


def _toctree(pages: list[str]) -> list[str]:
    return ["```{toctree}", ":hidden:", "", *(page.removesuffix(".md") for page in pages), "```", ""]
