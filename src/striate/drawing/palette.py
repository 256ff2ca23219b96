"""Colours: tints of Okabe and Ito's palette, which colour-blind people can distinguish; dark text is readable on each.

Source: Okabe, Ito, "Color Universal Design", 2008.
"""

from __future__ import annotations

from typing import Literal, assert_never

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
    Row,
    Subsample,
)

WHITE = "#ffffff"
SLIM = "#f2f2f2"
JOIN = "#dcdcdc"
IMAGE = "#ececec"
# Sky blue, reddish purple, bluish green, orange, blue: the stages of a network in turn.
STAGES = ("#b3ddf5", "#ebc9dc", "#a6ddce", "#f5d999", "#86bcdb")
_POOL = "#eebf99"  # vermillion
_DENSE = "#f8f2a1"  # yellow

Style = Literal["convolution", "pooling", "dense", "slim", "join", "plain"]
"""How a row is drawn. A slim one changes only the values of the maps before it: papers draw it small or omit it."""
_FILLS: dict[Style, str] = {"pooling": _POOL, "dense": _DENSE, "slim": SLIM, "join": JOIN, "plain": WHITE}


def fill(row: Row, stage: int = 0) -> str:
    """The colour of a row by its type; that of a convolution by its stage."""
    kind = style(row)
    return STAGES[stage % len(STAGES)] if kind == "convolution" else _FILLS[kind]


def style(row: Row) -> Style:
    """How a row of this type is drawn."""
    match row:
        case Conv():
            return "convolution"
        case MaxPool() | AveragePool() | AdaptiveAveragePool() | Subsample():
            return "pooling"
        case Dense() | RBF():
            return "dense"
        case LRN() | BatchNorm() | Dropout():
            return "slim"
        case Concat():
            return "join"
        case Identity() | Add():
            return "plain"
        case _:
            assert_never(row)


def mixed(colour: str, other: str, share: float) -> str:
    """A colour mixed with a share of another.

    >>> mixed("#000000", "#ffffff", 0.5)
    '#808080'
    """
    pairs = ((int(colour[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(one + (two - one) * share):02x}" for one, two in pairs)
