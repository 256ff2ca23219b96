"""Tables as plain data, with what users and hostile files do to them."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from striate.tables import Table, table_to_dict

Place = tuple[str | int, ...]

NUMBERS = [-1, 0, 1, 2, 3, 4, 5, 6, 7, 11, 16, 40, 100, 1000, 0.5, -0.25, 1e-7, 2.5]
WORDS = [
    "", " ", "x", "same", "valid", "relu", "softmax", "C1", "cross_entropy", "rbf_mse", "a'b", '"', "고양이 \U0001f408", "\x00\n",
]  # fmt: skip
LISTS = [[], [1], [1, 2], [0, 3], [3, 3], [1, "a"], [[1, 2], [0, 0]], [[2, 2], [-1, 3]], [0.1, 0.2, 0.3], ["a"], [[]]]
KINDS = [
    "Cnov", "Convolution", "MaxPool", "Dense", "LRN", "RBF", "Concat", "Add", "BatchNorm", "Identity", "Shift", "SGD", "Gaussian",
    "OneCycle",
]  # fmt: skip
POOL = {"type": "MaxPool", "name": "p", "kernel": 2, "stride": 2}
FIELDS = [{}, {"type": "Dropout", "name": "d"}, POOL, {"type": 7}, {"a": {"b": [1]}}]
TYPED = [{"type": kind} for kind in KINDS]
VALUES = [*NUMBERS, *WORDS, *LISTS, *FIELDS, *TYPED, True, False, None, 10**12, 10**13]


def plain(table: Table) -> dict[str, Any]:
    """The table as the page writes it: JavaScript writes a whole float as a whole number."""
    found: dict[str, Any] = _without_points(json.loads(json.dumps(table_to_dict(table, defaults=False))))
    return found


def _without_points(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_points(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_without_points(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def places_in(value: Any, place: Place = ()) -> Iterator[Place]:
    """The place of every value inside plain data."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in parts:
        yield (*place, key)
        yield from places_in(inner, (*place, key))


@st.composite
def damaged(draw: st.DrawFn, tables: st.SearchStrategy[dict[str, Any]]) -> dict[str, Any]:
    """One of these tables with one or two changes at any place."""
    data = copy.deepcopy(draw(tables))
    for _ in range(draw(st.integers(1, 2))):
        _damage(draw, data)
    return data


def _damage(draw: st.DrawFn, data: dict[str, Any]) -> None:
    *path, key = draw(st.sampled_from(list(places_in(data)) or [("name",)]))
    part: Any = data
    for name in path:
        part = part[name]
    kind = draw(st.sampled_from(["replace", "replace", "replace", "near", "remove", "repeat", "misspell", "unknown"]))
    value = part.get(key) if isinstance(part, dict) else part[key]
    if kind == "replace":
        part[key] = copy.deepcopy(draw(st.sampled_from(KINDS if key == "type" else VALUES)))
    elif kind == "near" and type(value) is int:
        part[key] = value + draw(st.sampled_from([-3, -1, 1, 2, 30]))
    elif kind == "remove":
        del part[key]
    elif kind == "repeat" and isinstance(part, list):
        part.insert(key, copy.deepcopy(value))
    elif kind == "misspell" and isinstance(part, dict):
        part[key[:1] + key[2:] or "x"] = part.pop(key)
    elif kind == "unknown" and isinstance(part, dict):
        part[draw(st.sampled_from([*map(str, WORDS), "kernels", "strides", "activations", "bias", "shortcut"]))] = value


@st.composite
def damaged_text(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> str:
    """One of these files with letters changed at a few places."""
    text = draw(texts)
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = start + draw(st.sampled_from([0, 0, 0, 1, 1, 2, 9]))
        text = text[:start] + draw(st.sampled_from(LETTERS)) + text[end:]
    return text


LETTERS = [
    *"=.,[]{}\"'#\\\n\r\t 0_x-+", "", "", "\x01", "\x7f", "고", "\U0001f408", "[[", "]]", "[a]", "\n[[a.b]]\n", "\na.b = 1\n", "\n[a.b]\n",
    '"""', "'''", "\\u00e9", "\\uD800", "\\x", "inf", "-nan", "1e3", "1e400", "0x1F", "0b12", "1_000", "1__0", "01", "1.0", "3.5",
    "true", "tru", "1979-05-27", "1979-02-30", "07:32:00", "1979-05-27T07:32:00.5-07:30", "1979-05-27 07:32:00Z", "\n'a b'.\"c\" = [1, 2]\n",
    "{ a = 1, a = 2 }", "{ a.b = 1, a.c = 2 }", "{ a = [1], a.b = 2 }", "{ x = 1 ", "[1, 2,]", "[,]", '"\\\n  x"', '"""\\\n  x"""', '""""', "''''",
]  # fmt: skip
"""What TOML means something by."""
