"""The header of a model file, read within bounds: a damaged or hostile file is refused before it can cost memory
or time.

Only then does the safetensors library open the file. It reads headers of up to 100 MB, of which JSON makes gigabytes.
"""

from __future__ import annotations

import json
import os
from math import isfinite, prod
from pathlib import Path
from typing import Any, assert_never

from striate.analysis import BYTES_PER_VALUE, inference_memory, trained_cost
from striate.errors import TableError
from striate.runtime import machine_memory
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
    Plan,
    Step,
    Subsample,
)

MOST_BYTES = 4_000_000
"""Of a header. ResNet-152 with a thousand long names of classes needs 0.2 MB."""
MOST_PARTS = 20_000
"""Rows, and lists inside them, of a table. ResNet-152 has 480."""
_MOST_DIGITS = 20


def check_beginning(path: Path) -> None:
    """ValueError unless a file begins as .safetensors does: with a header's length, which is within bounds."""
    with path.open("rb") as file:
        check_length(file.read(8), os.fstat(file.fileno()).st_size)


def check_length(beginning: bytes, size: int) -> None:
    """The same for the first eight bytes of a file of this size."""
    length = int.from_bytes(beginning, "little")
    if not 0 < length <= size - 8:
        raise ValueError("no header of .safetensors; pickles and archives are not read")
    check_header(length)


def check_header(length: int) -> None:
    """ValueError if a header of so many bytes is too large."""
    if length > MOST_BYTES:
        raise ValueError(f"a header of {length:,} bytes, where {MOST_BYTES:,} are the most")


def parse_json(text: str) -> Any:
    """JSON; ValueError where an object has a key twice, or a number is not finite or has too many digits.

    >>> parse_json('{"a": 1, "a": 2}')
    Traceback (most recent call last):
    ValueError: an object has a key twice: a, a
    """
    return json.loads(text, object_pairs_hook=_object, parse_int=_whole, parse_float=_finite, parse_constant=_finite)


def check_parts(table: object, most: int = MOST_PARTS) -> None:
    """TableError if a table as plain data has so many parts that reading it would take long."""
    waiting, parts = [table], 0
    while waiting:
        part = waiting.pop()
        if isinstance(part, (dict, list)):
            parts += 1
            waiting += part.values() if isinstance(part, dict) else part
    if parts > most:
        raise TableError(f"the table has {parts:,} rows and lists in them, where {most:,} are the most")


def check_size(plan: Plan, file_size: int) -> None:
    """TableError if there are more parameters than the file holds, or the maps of one image fill no memory here."""
    parameters = trained_cost(plan).parameters
    if BYTES_PER_VALUE * parameters > file_size:
        raise TableError(f"the table has {parameters:,} parameters, too many for a file of {file_size:,} bytes")
    preprocessing = plan.table.preprocessing
    figure = 0 if preprocessing.figure is None else preprocessing.figure[1] ** 2
    needed = max(inference_memory(plan), BYTES_PER_VALUE * max(figure, *map(_written_out, plan.flat)))
    if needed > (memory := machine_memory()):
        raise TableError(f"one image needs {needed / 1e9:,.0f} GB, and this machine has {memory / 1e9:,.0f} GB")


def _written_out(step: Step) -> int:
    """The most values that a row may write out beside what `analysis.memory` counts: its input with the padding around
    it, or all of a sparse connection table's kernels."""
    match step.row:
        case Conv(connections=connections):
            assert step.window is not None
            kernels = 0 if connections is None else step.input[0] * step.output[0] * step.window.area
            return max(_padded(step), kernels)
        case MaxPool() | AveragePool() | AdaptiveAveragePool() | Subsample() | Identity():
            return _padded(step)
        case LRN() | BatchNorm() | Dropout() | Dense() | RBF() | Concat() | Add():
            return prod(step.input)
        case row:
            assert_never(row)


def _padded(step: Step) -> int:
    assert step.window is not None
    sizes = zip(step.input[1:], step.window.padding, strict=True)
    return step.input[0] * prod(size + before + after for size, (before, after) in sizes)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(f"an object has a key twice: {', '.join(name for name, _ in pairs)}")
    return found


def _whole(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise ValueError(f"a whole number of {len(text)} digits")
    return int(text)


def _finite(text: str) -> float:
    if not isfinite(number := float(text)):
        raise ValueError(f"{text} is no finite number")
    return number
