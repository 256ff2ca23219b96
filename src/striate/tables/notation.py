"""A table in the notation of the lecture notes: the output on top, the input at the bottom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from striate.markup import html_table
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
from striate.tables.steps import Step
from striate.tables.window import Padding, Shape

NOTATION_COLUMNS = ("Layer", "Type", "Maps", "Size", "Kernel size", "Stride", "Padding", "Activation")
NOTATION_NONE = "–"

_ACTIVATIONS = {"relu": "ReLU", "tanh": "tanh", "scaled_tanh": "A tanh(Sa)", "softmax": "Softmax", None: NOTATION_NONE}
_COLOURS = {1: "Gray", 3: "RGB"}


def notation_cells(step: Step) -> tuple[str, ...]:
    """One row in the notes' notation, a string for each of `NOTATION_COLUMNS`.

    >>> from striate.tables import load_plan
    >>> notation_cells(load_plan("lenet5:notes").step("S2"))
    ('S2', 'Avg Pooling', '6', '14×14', '2×2', '2', 'VALID', 'tanh')
    """
    row, window = step.row, step.window  # a row without the field `padding` has none
    maps, size = _maps_and_size(step.output)
    return (
        step.path,
        _type_word(row),
        maps,
        size,
        _by(window.kernel) if window else NOTATION_NONE,
        _one_or_both(window.stride) if window else NOTATION_NONE,
        padding_word(getattr(row, "padding", "valid")) if window else NOTATION_NONE,
        activation_word(row),
    )


def tower_cell(size: int, towers: int, *, exchanges: bool, divided: bool) -> str:
    """The `size` maps or units of a row by tower, with ⇄ where the row reads the maps of all towers.

    >>> tower_cell(96, 2, exchanges=False, divided=True), tower_cell(1000, 2, exchanges=True, divided=False)
    ('2 × 48', '⇄ 1,000')
    """
    number = f"{towers} × {size // towers:,}" if divided else f"{size:,}"
    return f"⇄ {number}" if exchanges else number


def notation_input_cells(input: tuple[int, int, int]) -> tuple[str, ...]:
    """The input, which is the last row in the notes' tables."""
    channels, height, width = input
    maps = f"{channels} ({_COLOURS[channels]})" if channels in _COLOURS else str(channels)
    none = NOTATION_NONE
    return "In", "Input", maps, f"{height}×{width}", none, none, none, none


def table_html(caption: str, input: tuple[int, int, int], steps: Iterable[Step]) -> str:
    """The rows as an HTML table with the output on top, for a notebook."""
    lines = [notation_input_cells(input), *map(notation_cells, steps)][::-1]
    return html_table(lines, NOTATION_COLUMNS, caption)


def activation_word(row: Row) -> str:
    """The activation of a row in the notes' notation; a row without the field `activation` has none."""
    return "RBF" if isinstance(row, RBF) else _ACTIVATIONS[getattr(row, "activation", None)]


def padding_word(padding: Padding) -> str:
    """SAME, VALID, or the cells: one number, height×width, or top+bottom×left+right."""
    if isinstance(padding, str):
        return padding.upper()
    if isinstance(padding, int):
        return str(padding)
    return "×".join(str(side) if isinstance(side, int) else "+".join(map(str, side)) for side in padding)


def _type_word(row: Row) -> str:
    match row:
        case Conv():
            return "Convolution"
        case MaxPool():
            return "Max Pooling"
        case AveragePool() | AdaptiveAveragePool():
            return "Avg Pooling"
        case Subsample():
            return "Subsampling"
        case Identity():
            return "Identity"
        case LRN():
            return "LRN"
        case BatchNorm():
            return "Batch Norm"
        case Dropout():
            return "Dropout"
        case Dense() | RBF():
            return "Fully Connected"
        case Concat():
            return "Concatenation"
        case Add():
            return "Addition"
        case _:
            assert_never(row)


def _maps_and_size(shape: Shape) -> tuple[str, str]:
    if len(shape) == 1:
        return NOTATION_NONE, f"{shape[0]:,}"
    return str(shape[0]), _by((shape[1], shape[2]))


def _by(numbers: tuple[int, int]) -> str:
    return f"{numbers[0]}×{numbers[1]}"


def _one_or_both(numbers: tuple[int, int]) -> str:
    return str(numbers[0]) if numbers[0] == numbers[1] else _by(numbers)
