"""Tables drawn by hypothesis, and what the tests do to any table."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from hypothesis import strategies as st

from striate.errors import TableError
from striate.tables import (
    LRN,
    RBF,
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
    Recipe,
    Row,
    Shape,
    Subsample,
    Table,
)

SIDES = st.integers(1, 4)
STRIDES = st.integers(1, 3)
ACTIVATIONS = st.sampled_from([None, "relu", "tanh", "scaled_tanh"])
CELLS = st.tuples(st.integers(0, 3), st.integers(0, 3))
SAME_OR_VALID = st.sampled_from(["same", "valid"])
EXPLICIT = st.one_of(st.integers(0, 2), st.tuples(st.integers(0, 2), st.integers(0, 2)), st.tuples(CELLS, CELLS))
PADDINGS = st.one_of(SAME_OR_VALID, EXPLICIT)


def pairs(numbers: st.SearchStrategy[int]) -> st.SearchStrategy[Any]:
    return st.one_of(numbers, st.tuples(numbers, numbers))


def divisors(number: int) -> st.SearchStrategy[int]:
    return st.sampled_from([divisor for divisor in range(1, number + 1) if number % divisor == 0])


@st.composite
def convs(draw: st.DrawFn, maps_in: int, name: str = "conv", paddings: st.SearchStrategy[Any] = PADDINGS) -> Conv:
    groups = draw(st.sampled_from([g for g in (1, 2, 3) if maps_in % g == 0]))
    maps = draw(st.integers(1, 2)) * groups
    connections = None
    if groups == 1 and draw(st.booleans()):
        inputs = st.lists(st.integers(0, maps_in - 1), min_size=1, unique=True).map(lambda i: tuple(sorted(i)))
        connections = tuple(draw(inputs) for _ in range(maps))
    return Conv(
        name,
        maps=maps,
        kernel=draw(pairs(SIDES)),
        stride=draw(pairs(STRIDES)),
        padding=draw(paddings),
        dilation=draw(pairs(st.integers(1, 2))),
        groups=groups,
        connections=connections,
        bias=draw(st.booleans()),
        activation=draw(ACTIVATIONS),
    )


@st.composite
def pools(draw: st.DrawFn, name: str = "pool", paddings: st.SearchStrategy[Any] = PADDINGS) -> MaxPool | AveragePool:
    kind = draw(st.sampled_from([MaxPool, AveragePool]))
    return kind(
        name,
        kernel=draw(pairs(SIDES)),
        stride=draw(pairs(STRIDES)),
        padding=draw(paddings),
        ceil=draw(st.booleans()),
        activation=draw(ACTIVATIONS),
    )


@st.composite
def lrns(draw: st.DrawFn, name: str = "lrn", maps: int = 1) -> LRN:
    return LRN(
        name,
        size=draw(st.integers(1, 6)),
        alpha=draw(st.floats(1e-4, 2)),
        beta=draw(st.floats(0.25, 1)),
        k=draw(st.floats(0.5, 2)),
        convention=draw(st.sampled_from(["paper", "torch", "tensorflow"])),
        groups=draw(divisors(maps)),
    )


@st.composite
def _combinators(draw: st.DrawFn, shape: Shape, name: str) -> Row:
    maps = shape[0]
    keeping = [
        Conv("a", maps=maps, kernel=draw(st.integers(1, 5)), padding="same", activation=draw(ACTIVATIONS)),
        MaxPool("b", kernel=draw(st.integers(1, 3)), stride=1, padding="same"),
        BatchNorm("c"),
        Conv("d", maps=maps, kernel=(1, 3), padding="same", dilation=draw(st.integers(1, 2))),
    ]
    chains = st.lists(st.sampled_from(keeping), min_size=1, max_size=2, unique_by=lambda row: row.name).map(tuple)
    if draw(st.booleans()):
        return Concat(name, branches=draw(st.lists(chains, min_size=1, max_size=3).map(tuple)))
    shortcuts = st.one_of(st.just(()), chains, st.just((Identity("i", maps=maps),)))
    return Add(name, body=draw(chains), shortcut=draw(shortcuts), activation=draw(ACTIVATIONS))


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """A small possible table with any row type, ending in a Dense, or in an RBF after it."""
    shape: Shape = draw(st.tuples(st.integers(1, 4), st.integers(4, 12), st.integers(4, 12)))
    table = Table("drawn", shape, (Dropout("first", rate=0.25),))
    for number in range(draw(st.integers(1, 4))):
        maps = table.plan().steps[-1].output
        row = draw(
            st.one_of(
                convs(maps[0], f"r{number}"),
                pools(f"r{number}"),
                lrns(f"r{number}", maps[0]),
                _combinators(maps, f"r{number}"),
                st.just(BatchNorm(f"r{number}", activation="relu")),
                st.just(Identity(f"r{number}", maps=maps[0] + 1, stride=2)),
                st.tuples(*map(divisors, maps[1:])).map(lambda size: AdaptiveAveragePool(f"r{number}", size=size)),  # noqa: B023
                st.just(Subsample(f"r{number}", kernel=2, stride=2, activation="scaled_tanh")),
            )
        )
        longer = replace(table, rows=(*table.rows, row))
        try:
            longer.plan()
        except TableError:  # it does not fit any more; the table goes on without it
            continue
        table = longer
    dense = Dense("out", units=draw(st.integers(2, 5)))
    if draw(st.booleans()):
        return replace(table, rows=(*table.rows, dense))
    lines = st.text("#.", min_size=dense.units, max_size=dense.units)
    prototypes = st.lists(lines.map(lambda line: (line,)), min_size=2, max_size=4).map(tuple)
    return replace(table, rows=(*table.rows, dense, RBF("rbf", prototypes=draw(prototypes))))


def linearised(table: Table) -> Table:
    """The same windows with nothing that is not linear: mean for maximum, no activation, no normalization."""
    return replace(table, rows=tuple(map(_linear, table.rows)), recipe=Recipe())


def _linear(row: Row) -> Row:
    match row:
        case MaxPool():
            values = {field.name: getattr(row, field.name) for field in fields(row)}
            return AveragePool(**{**values, "activation": None})
        case LRN():
            return Dropout(row.name)
        case RBF():
            return Dense(row.name, units=len(row.prototypes))
        case Concat():
            return replace(row, branches=tuple(tuple(map(_linear, branch)) for branch in row.branches))
        case Add():
            body, shortcut = (tuple(map(_linear, rows)) for rows in (row.body, row.shortcut))
            return replace(row, body=body, shortcut=shortcut, activation=None)
        case Dropout() | AdaptiveAveragePool() | Identity():
            return row
        case _:
            return replace(row, activation=None)
