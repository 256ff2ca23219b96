"""Frozen dataclasses from plain data and back: what TOML tables and model files are read with.

Plain data is what JSON and TOML have: dicts, lists, strings, numbers, booleans. Reading checks every field
against its annotation; errors name the place, the value and what was expected. Writing may omit default values.
"""

from __future__ import annotations

import dataclasses
import functools
import sys
import types
import typing
from collections.abc import Collection, Mapping
from typing import Any, Literal, TypeGuard, TypeVar, Union

from striate.errors import TableError

T = TypeVar("T")
_SHOWN = 60  # letters of a value in an error, which is one line whatever a file holds


class TaggedUnion:
    """Base of dataclasses that are members of unions: as plain data they carry their class's name as "type".

    `former_name` is the class's name in files of earlier versions, which are still read.
    """

    former_name: typing.ClassVar[str | None] = None


def to_dict(value: Any, *, defaults: bool = False) -> Any:
    """A dataclass, at any depth, as plain data; `defaults` writes the fields at their default too.

    >>> from striate.tables import Dropout
    >>> to_dict((Dropout("D1", rate=0.25),))
    [{'type': 'Dropout', 'name': 'D1', 'rate': 0.25}]
    """
    if isinstance(value, tuple):
        return [to_dict(item, defaults=defaults) for item in value]
    if not dataclasses.is_dataclass(value):
        return value
    fields = {
        field.name: to_dict(getattr(value, field.name), defaults=defaults)
        for field in dataclasses.fields(value)
        if defaults or getattr(value, field.name) != field.default
    }
    return {"type": type(value).__name__, **fields} if isinstance(value, TaggedUnion) else fields


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    """The annotations of a dataclass; kept, for a file may hold thousands of rows."""
    return typing.get_type_hints(kind)


@functools.cache
def _members(annotation: Any) -> dict[str, Any]:
    """The classes, by name, of a union of several dataclasses; else nothing."""
    classes: list[Any] = [part for part in typing.get_args(annotation) if dataclasses.is_dataclass(part)]
    return {part.__name__: part for part in classes} if len(classes) > 1 else {}


@functools.cache
def _present_names(annotation: Any) -> dict[str, str]:
    """What classes of a union were called before, and are called now."""
    return {part.former_name: name for name, part in _members(annotation).items() if part.former_name}


def from_dict(kind: type[T], data: object, where: str) -> T:
    """A dataclass of this kind from plain data; TableError names the place and what is wrong."""
    return _make(kind, _read_fields(kind, data, where), where)


def _read_fields(kind: Any, data: object, where: str) -> dict[str, Any]:
    """The values of a dataclass's fields."""
    if not isinstance(data, Mapping):
        raise TableError(f"{where}: expected fields, got {_show(data)}")
    hints = _hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    for name in data:
        if name not in fields:
            raise TableError(f"{where}: unknown field {_show(name)}; {suggest_name(name, fields)}")
    for name, field in fields.items():
        if name not in data and field.default is dataclasses.MISSING:
            raise TableError(f"{where}: field {name!r} is missing")
    return {name: _field(hints[name], name, value, where) for name, value in data.items()}


def _make(kind: type[T], values: dict[str, Any], where: str) -> T:
    try:
        return kind(**values)
    except TableError as error:  # a number that is impossible by itself
        raise TableError(f"{where}: {error}", error.place) from None


def _field(annotation: Any, name: str, data: object, where: str) -> Any:
    try:
        return value_of(annotation, data, f"{where}: {name}")
    except TableError as error:
        raise error.inside(name) from None


def schema_to_json(kind: Any) -> dict[str, Any]:
    """A dataclass and those inside it, by name, as plain data: what the page's own backend reads tables with.

    Each has its `fields`, with the type and the default of each, and the `former_name` of its class. A type is a name,
    {"words": the choices}, {"list": the type of all items}, {"items": a type for each}, {"class": a name},
    {"one": names}, of which data says which it is, or {"any": types, "none": whether it may be None}.

    >>> from striate.tables import Dropout
    >>> schema_to_json(Dropout)["Dropout"]["fields"]
    [{'name': 'name', 'type': 'str'}, {'name': 'rate', 'type': 'float', 'default': 0.5}]
    """
    found: dict[str, Any] = {}
    waiting = [kind]
    while waiting:
        kind = waiting.pop()
        if kind.__name__ in found:
            continue
        fields = []
        for field in dataclasses.fields(kind):
            default = {} if field.default is dataclasses.MISSING else {"default": to_dict(field.default)}
            fields.append({"name": field.name, "type": _type_to_json(_hints(kind)[field.name], waiting), **default})
        is_tagged = issubclass(kind, TaggedUnion)
        found[kind.__name__] = {
            "fields": fields,
            "tagged": is_tagged,
            "former_name": kind.former_name if is_tagged else None,
        }
    return found


def _type_to_json(annotation: Any, classes: list[Any]) -> Any:
    """An annotation as plain data; the dataclasses in it are added to `classes`."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if members := _members(annotation):
        classes += members.values()
        return {"one": list(members)}
    if origin in (Union, types.UnionType):
        parts = [_type_to_json(part, classes) for part in arguments if part is not types.NoneType]
        return {"any": parts, "none": types.NoneType in arguments}
    if origin is Literal:
        return {"words": list(arguments)}
    if origin is tuple:
        if arguments[1:] == (...,):
            return {"list": _type_to_json(arguments[0], classes)}
        return {"items": [_type_to_json(part, classes) for part in arguments]}
    if dataclasses.is_dataclass(annotation):
        classes.append(annotation)
        return {"class": typing.cast(type, annotation).__name__}
    return annotation.__name__


def suggest_name(word: str, known: Collection[str]) -> str:
    """A hint for an unknown word: the nearest known one, or all of them.

    >>> suggest_name("kernal", ["kernel", "maps"]), suggest_name("x", ["kernel", "maps"])
    ("did you mean 'kernel'?", 'expected one of kernel, maps')
    """
    near = nearest_name(word, known)
    return f"did you mean {near!r}?" if near else f"expected one of {', '.join(known)}"


def nearest_name(word: str, known: Collection[str]) -> str | None:
    """The known word nearest to an unknown one, if one is near.

    >>> nearest_name("kernal", ["kernel", "maps"])
    'kernel'
    """
    import difflib

    near = difflib.get_close_matches(word, known, n=1)
    return near[0] if near else None


def value_of(annotation: Any, data: object, where: str) -> Any:
    """Plain data as the annotated type: tuples from lists, dataclasses from dicts."""
    if type(data) is annotation and annotation in (int, str, bool):
        return data
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if _members(annotation):
        return _member(annotation, data, where)
    if origin in (Union, types.UnionType):
        return _first_fit(arguments, annotation, data, where)
    if origin is Literal:
        if data in arguments and not isinstance(data, bool):
            return data
    elif origin is tuple:
        if isinstance(data, (list, tuple)):
            items = [arguments[0]] * len(data) if arguments[1:] == (...,) else arguments
            if len(items) == len(data):
                return tuple(
                    _item(item, index, part, where) for index, (item, part) in enumerate(zip(items, data, strict=True))
                )
    elif dataclasses.is_dataclass(annotation):
        return from_dict(typing.cast(type, annotation), data, where)
    elif annotation is float and _is_finite(data):
        return float(data)
    raise TableError(f"{where}: expected {_spell(annotation)}, got {_show(data)}")


def _item(annotation: Any, index: int, data: object, where: str) -> Any:
    try:
        return value_of(annotation, data, f"{where} #{index + 1}")
    except TableError as error:
        raise error.inside(index) from None


def _is_finite(data: object) -> TypeGuard[float]:
    return isinstance(data, (int, float)) and not isinstance(data, bool) and abs(data) <= sys.float_info.max


def _member(annotation: Any, data: object, where: str) -> Any:
    members = _members(annotation)
    if not isinstance(data, Mapping):
        raise TableError(f"{where}: expected fields, got {_show(data)}")
    fields = dict(data)
    kind = fields.pop("type", None)
    if not isinstance(kind, str):
        raise TableError(f"{where}: field 'type' is missing; expected one of {', '.join(members)}")
    kind = _present_names(annotation).get(kind, kind)
    if kind not in members:
        raise TableError(f"{where}: unknown type {_show(kind)}; {suggest_name(kind, members)}")
    name = str(fields.get("name", ""))[:_SHOWN]
    values = _read_fields(members[kind], fields, f"{where} ({kind} {name})".replace(" )", ")"))
    return _make(members[kind], values, where)


def _first_fit(arguments: tuple[Any, ...], annotation: Any, data: object, where: str) -> Any:
    if data is None and types.NoneType in arguments:
        return None
    options = [option for option in arguments if option is not types.NoneType]
    if len(options) == 1:
        return value_of(options[0], data, where)
    for option in options:
        try:
            return value_of(option, data, where)
        except TableError:
            continue
    raise TableError(f"{where}: expected {_spell(annotation)}, got {_show(data)}")


def _spell(annotation: Any) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_spell(part) for part in arguments if part is not types.NoneType))
    if origin is Literal:
        return " or ".join(f'"{choice}"' for choice in arguments)
    if origin is tuple:
        inner = [_spell(part) for part in arguments if part is not ...]
        return f"[{', '.join(inner)}{', ...' if arguments[-1] is ... else ''}]"
    names = {int: "a whole number", float: "a finite number", str: "a string", bool: "true or false"}
    return names.get(annotation, getattr(annotation, "__name__", str(annotation)))


def _show(data: object) -> str:
    text = repr(data)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
