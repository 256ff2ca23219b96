"""The row types as the page edits them: the kind of each field, and a new row of each type."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal, get_args, get_origin, get_type_hints

from striate.tables import (
    LRN,
    AdaptiveAveragePool,
    Add,
    AveragePool,
    BatchNorm,
    Concat,
    Conv,
    Dense,
    Dropout,
    Identity,
    MaxPool,
    Padding,
    Pair,
    Row,
    Subsample,
    load_table,
    schema,
)

_CONV = Conv("conv", maps=16, kernel=3, padding="same", activation="relu")


def row_schema() -> dict[str, Any]:
    """For each row type its `fields`, as {"name", "kind", "choices", "default", "required"}, and a `fresh` row."""
    return {type(row).__name__: {"fields": _fields(type(row)), "fresh": schema.to_dict(row)} for row in _new_rows()}


def _new_rows() -> tuple[Row, ...]:
    return (
        _CONV,
        MaxPool("pool", kernel=2, stride=2),
        AveragePool("pool", kernel=2, stride=2),
        Subsample("sub", kernel=2, stride=2, activation="tanh"),
        AdaptiveAveragePool("pool", size=1),
        BatchNorm("bn", activation="relu"),
        LRN("norm"),
        Dropout("drop"),
        Dense("dense", units=64, activation="relu"),
        load_table("lenet5").rows[-1],
        Identity("identity", maps=16),
        Concat("concat", branches=((_CONV,), (dataclasses.replace(_CONV, kernel=1),))),
        Add("add", body=(_CONV,), activation="relu"),
    )


def _fields(row_type: type[Row]) -> list[dict[str, Any]]:
    hints = get_type_hints(row_type)
    return [
        {
            "name": field.name,
            "kind": _kind(hints[field.name]),
            "choices": _choices(hints[field.name]),
            "default": None if field.default is dataclasses.MISSING else schema.to_dict(field.default),
            "required": field.default is dataclasses.MISSING,
        }
        for field in dataclasses.fields(row_type)
    ]


def _kind(annotation: Any) -> str:
    if _choices(annotation):
        return "choice"
    kinds = {int: "whole", float: "number", bool: "flag", str: "text", Pair: "pair", Padding: "padding"}
    return next((kind for known, kind in kinds.items() if annotation == known), "parts")


def _choices(annotation: Any) -> list[str | None]:
    """The words of a choice, None among them if it may be left out; empty for a field of another kind."""
    parts = get_args(annotation) if get_origin(annotation) is not Literal else (annotation,)
    words = [word for part in parts if get_origin(part) is Literal for word in get_args(part)]
    if annotation == Padding or not words:
        return []
    return [*([None] if type(None) in parts else []), *words]
