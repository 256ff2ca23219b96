"""A table as the notes print it: the output on top, the input at the bottom; the words for rows and activations."""

from __future__ import annotations

from striate.tables import towers
from striate.tables.rows import (
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
    Row,
    Subsample,
)
from striate.tables.steps import Step, flatten, walk
from striate.tables.table import Table
from striate.tables.window import Padding, Shape

NOTATION_COLUMNS = ("Layer", "Type", "Maps", "Size", "Kernel size", "Stride", "Padding", "Activation")
NOTATION_NONE = "–"

_TYPES: dict[type[Row], str] = {
    Conv: "Convolution",
    MaxPool: "Max Pooling",
    AveragePool: "Avg Pooling",
    AdaptiveAveragePool: "Avg Pooling",
    Subsample: "Subsampling",
    Identity: "Identity",
    LRN: "LRN",
    BatchNorm: "Batch Norm",
    Dropout: "Dropout",
    Dense: "Fully Connected",
    RBF: "Fully Connected",
    Concat: "Concatenation",
    Add: "Addition",
}
_ACTIVATIONS = {"relu": "ReLU", "tanh": "tanh", "scaled_tanh": "A tanh(Sa)", "softmax": "Softmax", None: NOTATION_NONE}
_COLOURS = {1: "Gray", 3: "RGB"}


def notation_cells(step: Step) -> tuple[str, ...]:
    """One row as the notes write it, a string for each of `NOTATION_COLUMNS`.

    >>> from striate.tables import load_table, walk
    >>> notation_cells(walk(load_table("lenet5:notes"))[1])
    ('S2', 'Avg Pooling', '6', '14×14', '2×2', '2', 'VALID', 'tanh')
    """
    row, window = step.row, step.window
    maps, size = _maps_and_size(step.output)
    return (
        step.path,
        _TYPES[type(row)],
        maps,
        size,
        _by(window.kernel) if window else NOTATION_NONE,
        _one_or_both(window.stride) if window else NOTATION_NONE,
        padding_word(getattr(row, "padding", "valid")) if window else NOTATION_NONE,
        activation_word(row),
    )


def tower_cell(step: Step, table: Table) -> str:
    """How a row lies in the table's towers: maps or units of each, and ⇄ where they exchange them.

    >>> from striate.tables import load_table, walk
    >>> table = load_table("alexnet")
    >>> [tower_cell(step, table) for step in walk(table) if step.path in ("C1", "C5", "Out")]
    ['2 × 48', '⇄ 2 × 192', '⇄ 1,000']
    """
    index = table.rows.index(step.row)
    undivided = step.row is table.rows[-1]
    number = step.output[0] if undivided else step.output[0] // table.towers
    divided = f"{number:,}" if undivided else f"{table.towers} × {number:,}"
    return f"⇄ {divided}" if towers.exchanges_towers(table, index) else divided


def notation_input_cells(table: Table) -> tuple[str, ...]:
    """The input as the notes' last row."""
    channels, height, width = table.input
    maps = f"{channels} ({_COLOURS[channels]})" if channels in _COLOURS else str(channels)
    return "In", "Input", maps, f"{height}×{width}", NOTATION_NONE, NOTATION_NONE, NOTATION_NONE, NOTATION_NONE


def table_html(table: Table) -> str:
    """The table as HTML, for a notebook."""
    from html import escape

    lines = [notation_input_cells(table), *(notation_cells(step) for step in flatten(walk(table)))][::-1]
    head = "".join(f"<th>{column}</th>" for column in NOTATION_COLUMNS)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in line) + "</tr>" for line in lines)
    caption = escape(f"{table.name}: {table.source}" if table.source else table.name)
    return f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def activation_word(row: Row) -> str:
    """The activation of a row as the notes write it."""
    return "RBF" if isinstance(row, RBF) else _ACTIVATIONS[getattr(row, "activation", None)]


def padding_word(padding: Padding) -> str:
    """SAME, VALID, or the cells: one number, height×width, or top+bottom×left+right."""
    if isinstance(padding, str):
        return padding.upper()
    if isinstance(padding, int):
        return str(padding)
    return "×".join(str(side) if isinstance(side, int) else "+".join(map(str, side)) for side in padding)


def _maps_and_size(shape: Shape) -> tuple[str, str]:
    if len(shape) == 1:
        return NOTATION_NONE, f"{shape[0]:,}"
    return str(shape[0]), _by((shape[1], shape[2]))


def _by(numbers: tuple[int, int]) -> str:
    return f"{numbers[0]}×{numbers[1]}"


def _one_or_both(numbers: tuple[int, int]) -> str:
    return str(numbers[0]) if numbers[0] == numbers[1] else _by(numbers)
