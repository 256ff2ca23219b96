"""Text in a drawing: a row's text in a box or under an arrow, its tooltip, and the width of a text."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import assert_never

from striate.tables import (
    LRN,
    NOTATION_COLUMNS,
    NOTATION_NONE,
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
    Shape,
    Step,
    Subsample,
    activation_word,
    notation_cells,
    pair,
)
from striate.text import printable
from striate.words import translate

# Widths of Helvetica's letters in em; a letter not named here has the width of a digit.
_EM = {
    letter: em
    for letters, em in {
        "ijl'|": 0.23, " .,:;/\\!It()[]f·": 0.28, '-r"`{}*°': 0.36, "cksvxyzJ^": 0.5, "+<>=~×": 0.585, "FTZ": 0.611,
        "ABEKPSVXY&": 0.667, "CDHNRUw": 0.722, "GOQ": 0.778, "mM": 0.834, "%": 0.89, "…→–": 1.0, "W@": 1.02,
    }.items()
    for letter in letters
}  # fmt: skip
_DIGIT = 0.556


@cache
def width(text: str, size: float, *, bold: bool = False) -> float:
    """The approximate width of a text, in the unit of its size: Helvetica's widths, with a margin for other fonts.

    >>> round(width("64×56×56", size=10))
    47
    """
    em = sum(_EM.get(letter, _DIGIT) if letter.isascii() else _wide(letter) for letter in text)
    return em * size * (1.13 if bold else 1.05)


def _wide(letter: str) -> float:
    return _EM.get(letter, 1.0 if unicodedata.east_asian_width(letter) in "WF" else 0.8)


def clean(text: str) -> str:
    """A text on one line, without characters that XML forbids or that reverse the direction of writing.

    >>> print(clean("a\\x00b \\n c"))
    a\\x00b c
    """
    return printable(" ".join(text.split()))


def shorten(text: str, letters: int = 18) -> str:
    """A text shortened to at most `letters` characters.

    >>> shorten("inception_3a", letters=8)
    'incepti…'
    """
    return text if len(text) <= letters else text[: letters - 1] + "…"


def wrap(text: str, size: float, room: float) -> list[str]:
    """A text wrapped between words to lines of at most the width `room`; a word that is too long is cut.

    >>> wrap("one two three", size=10, room=40)
    ['one two', 'three']
    """
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, size) <= room:
            lines[-1] = longer
        else:
            lines.append(shorten(word, max(2, int(room / size / 1.15))) if width(word, size) > room else word)
    return lines


def shape_words(shape: Shape) -> str:
    """A shape as the text beside an arrow.

    >>> shape_words((64, 56, 56)), shape_words((10,))
    ('64×56×56', '10')
    """
    return "×".join(map(str, shape))


def box(step: Step) -> str:
    """A row's operation, as short as in ResNet's figure 3.

    >>> from striate.tables import load_plan
    >>> [box(step) for step in load_plan("resnet34").steps[:3]]
    ['7×7 conv, 64, /2', 'BN', '3×3 max pool, /2']
    """
    return translate(_box(step))


def _box(step: Step) -> str:
    row = step.row
    match row:
        case Conv(maps=maps):
            return ", ".join((f"{_kernel(step)} conv", str(maps), *_strides(step, "/"), *_conv_extras(row)))
        case MaxPool():
            return ", ".join((f"{_kernel(step)} max pool", *_strides(step, "/")))
        case AveragePool():
            return ", ".join((f"{_kernel(step)} avg pool", *_strides(step, "/")))
        case AdaptiveAveragePool():
            return "global avg pool" if step.output[1:] == (1, 1) else f"avg pool to {_by(step.output[1:])}"
        case Subsample():
            return ", ".join((f"{_kernel(step)} subsampling", *_strides(step, "/")))
        case Identity(maps=maps):
            return ", ".join(("identity", str(maps), *_strides(step, "/")))
        case LRN():
            return "LRN"
        case BatchNorm():
            return "BN"
        case Dropout(rate=rate):
            return f"dropout {rate:g}"
        case Dense(units=units):
            return f"fc {units}"
        case RBF(prototypes=prototypes):
            return f"RBF {len(prototypes)}"
        case Concat() | Add():
            return shorten(row.name)
        case _:
            assert_never(row)


def operation(step: Step) -> tuple[str, ...]:
    """A row's operation, as the lines under an arrow, as in LeNet-5's figure 2.

    >>> from striate.tables import load_plan
    >>> operation(load_plan("lenet5").step("S2"))
    ('2×2', 'subsampling', 'stride 2')
    """
    return tuple(map(translate, _operation(step)))


def _operation(step: Step) -> tuple[str, ...]:
    row = step.row
    match row:
        case Conv():
            return _kernel(step), "convolution", *_strides(step, "stride "), *_conv_extras(row)
        case MaxPool():
            return _kernel(step), "max pooling", *_strides(step, "stride ")
        case AveragePool():
            return _kernel(step), "avg pooling", *_strides(step, "stride ")
        case AdaptiveAveragePool():
            return "avg pooling", f"to {_by(step.output[1:])}"
        case Subsample():
            return _kernel(step), "subsampling", *_strides(step, "stride ")
        case Dense():
            return "full", "connection"
        case RBF():
            return "radial basis", "functions"
        case Identity():
            return "identity", *_strides(step, "stride ")
        case LRN() | BatchNorm() | Dropout() | Concat() | Add():
            return (box(step),)
        case _:
            assert_never(row)


def activation(step: Step) -> tuple[str, ...]:
    """The name of the activation; nothing if there is none or the row's own name includes it."""
    word = activation_word(step.row)
    return () if word == NOTATION_NONE or isinstance(step.row, RBF) else (word,)


def details(step: Step) -> str:
    """A row's tooltip: its cells in the notes' notation, and its shapes.

    >>> from striate.tables import load_plan
    >>> details(load_plan("lenet5").step("C1"))
    'C1: Convolution, kernel size 5×5, stride 1, padding VALID, activation A tanh(Sa); 1×32×32 → 6×28×28'
    """
    path, kind, _, _, *cells = notation_cells(step)
    parts = (
        f"{name.lower()} {word}"
        for name, word in zip(NOTATION_COLUMNS[4:], cells, strict=True)
        if word != NOTATION_NONE
    )
    words = ", ".join(map(translate, (kind, *parts)))
    return f"{path}: {words}; {shape_words(step.input)} → {shape_words(step.output)}"


def _conv_extras(row: Conv) -> tuple[str, ...]:
    height, width = pair(row.dilation)
    return (
        *([f"dilation {height if height == width else _by((height, width))}"] if (height, width) != (1, 1) else []),
        *([f"{row.groups} groups"] if row.groups > 1 else []),
        *(["sparse"] if row.connections is not None else []),
    )


def _kernel(step: Step) -> str:
    return _by(step.window.kernel) if step.window else ""


def _strides(step: Step, word: str) -> tuple[str, ...]:
    if step.window is None or step.window.stride == (1, 1):
        return ()
    height, width = step.window.stride
    return (f"{word}{height if height == width else _by((height, width))}",)


def _by(numbers: tuple[int, ...]) -> str:
    return "×".join(map(str, numbers))
