"""Which engine answers: the fastest for this model, batch and machine, by a short trial that is remembered.

No engine is trusted before its answer has been compared with that of the plain network: in float32 every probability
agrees within 1e-4, in bfloat16 every picture's class. int8 changes answers; how much, `striate evaluate` says.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import json
import math
import platform
import statistics
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from striate.errors import StriateError
from striate.inference.engines import Engine, EngineName, EnginePrecision, candidates, prepare
from striate.inference.quantize import quantize
from striate.nn import Network, fold
from striate.runtime import cache_home, has_fast_bfloat16, write_atomically
from striate.tables import table_to_dict

EngineChoice = EngineName | Literal["auto"]
PrecisionChoice = EnginePrecision | Literal["auto"]
TOLERANCE = 1e-4
"""How far a probability in float32 may be from the plain network's."""
_WORTH = 1.0  # seconds of work by torch below which a trial costs more than it could save
_LONGEST = 0.4  # seconds that one run of a trial takes at most, by torch
_RUNS = 3
_CLOSE = 1.25  # times the fastest's seconds within which an engine may only have been unlucky
_SHARE, _MOST = 0.05, 3.0  # of the work to come, and seconds: what is spent on telling close engines apart
_KEPT = 500  # trials that are remembered
_COMPARED = {"float32": 2, "bfloat16": 32}  # images whose probabilities, or classes, are compared
_PACKAGES = ("torch", "onnxruntime", "openvino")


def choose_engine(
    network: Network,
    images_NCHW: Tensor,
    *,
    engine: EngineChoice = "auto",
    precision: PrecisionChoice = "auto",
    batch: int,
    work: float = math.inf,
    memory: Path | None = None,
) -> Engine:
    """The engine for batches of `batch` images, of which `work` are still to come.

    `images_NCHW` are normalized pictures to try it with; for int8 they also show it the range of each row's values.
    By "auto" a GPU is torch's; on a CPU the fastest engine is taken, in bfloat16 where the hardware is fast at it and
    no picture's class changes. Below a second of work torch is, for there would be nothing to gain. `memory` is the
    file that remembers trials (`engines.json` in the cache). StriateError if what was asked for is not installed, is
    not possible, or does not agree with the plain network.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    folded = fold(network)
    pairs = _pairs(engine, precision, device)
    quantized = quantize(folded, images_NCHW) if precision == "int8" else None

    @functools.cache
    def ready(pair: tuple[EngineName, EnginePrecision]) -> Engine:
        return prepare(pair[0], folded, pair[1], device, quantized)

    if len(pairs) > 1:
        first = ready(pairs[0])
        seconds = min(_seconds(first, images_NCHW[:1]))
        if seconds * work < _WORTH:
            pairs = pairs[:1]
        else:
            some_NCHW = _repeated(images_NCHW, max(1, min(batch, round(_LONGEST / seconds))))
            budget = min(_SHARE * seconds * work, _MOST)
            pairs = _by_speed(pairs, ready, some_NCHW, budget, folded, memory or cache_home() / "engines.json")
    for pair in pairs:
        if _agrees(found := ready(pair), network, images_NCHW):
            return found
    raise StriateError(f"engine {found.describe()}: its answers are not those of the plain network, so it is not used")


def _pairs(
    engine: EngineChoice, precision: PrecisionChoice, device: torch.device
) -> list[tuple[EngineName, EnginePrecision]]:
    """What may answer; torch in float32, where it may, comes first."""
    precisions: list[EnginePrecision] = ["float32"] if precision == "auto" else [precision]
    if precision == "auto" and has_fast_bfloat16(device) and engine != "onnxruntime":
        precisions.append("bfloat16")
    if engine != "auto":
        return [(engine, one) for one in precisions]
    pairs = [(name, one) for one in precisions for name in candidates(one, device)]
    if not pairs:
        raise StriateError(f"precision {precision}: no engine for it is installed; pip install 'striate[onnx]'")
    return pairs


def _by_speed(
    pairs: list[tuple[EngineName, EnginePrecision]],
    ready: Any,
    images_NCHW: Tensor,
    budget: float,
    folded: Network,
    memory: Path,
) -> list[tuple[EngineName, EnginePrecision]]:
    """From the fastest down, by a trial or by what an earlier one found."""
    named = {f"{name} {precision}": (name, precision) for name, precision in pairs}
    key = _key(folded, len(images_NCHW), list(named))
    remembered = _recall(memory)
    order = remembered.get(key)
    if not (isinstance(order, list) and sorted(map(str, order)) == sorted(named)):
        order = _race({words: ready(pair) for words, pair in named.items()}, images_NCHW, budget)
        _remember(memory, remembered | {key: order})
    return [named[words] for words in order]


def _race(engines: dict[str, Engine], images_NCHW: Tensor, budget: float) -> list[str]:
    """Their names, the fastest first. Each is tried once; then those that are close go on in turn, for about `budget`
    seconds: other work on the machine slows a run by more than two good engines differ."""
    runs = {name: _seconds(engine, images_NCHW) for name, engine in engines.items()}
    end = time.perf_counter() + budget
    while time.perf_counter() < end:
        usual = {name: statistics.median(seconds) for name, seconds in runs.items()}
        close = [name for name in engines if usual[name] <= _CLOSE * min(usual.values())]
        if len(close) == 1:
            break
        for name in close:
            runs[name] += _seconds(engines[name], images_NCHW)
    return sorted(engines, key=lambda name: statistics.median(runs[name]))


def _seconds(engine: Engine, images_NCHW: Tensor) -> list[float]:
    """Seconds of some runs: one before them, which makes things ready, is not counted."""
    engine.run(images_NCHW)
    found = []
    for _run in range(_RUNS):
        begin = time.perf_counter()
        engine.run(images_NCHW)
        found.append(time.perf_counter() - begin)
    return found


def _agrees(engine: Engine, network: Network, images_NCHW: Tensor) -> bool:
    if engine.precision == "int8":
        return True
    some = images_NCHW[: _COMPARED[engine.precision]]
    with torch.inference_mode():
        expected = network(some)
    found = engine.run(some)
    if engine.precision == "bfloat16":
        return bool((expected.argmax(dim=1) == found.argmax(dim=1)).all())
    return bool((expected.softmax(dim=1) - found.softmax(dim=1)).abs().max() <= TOLERANCE)


def _repeated(images_NCHW: Tensor, rows: int) -> Tensor:
    return images_NCHW[torch.arange(rows) % len(images_NCHW)]


def _key(folded: Network, rows: int, names: Sequence[str]) -> str:
    table = table_to_dict(folded.table, defaults=True)
    versions = [
        importlib.metadata.version(name) for name in _PACKAGES if any(words.startswith(name) for words in names)
    ]
    facts = [table["input"], table["rows"], rows, names, versions, _processor(), torch.get_num_threads()]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line
    return platform.processor()


def _recall(memory: Path) -> dict[str, Any]:
    """What is remembered; nothing if the file is not there or damaged."""
    try:
        known = json.loads(memory.read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _remember(memory: Path, known: dict[str, Any]) -> None:
    """Write it down, the latest only; a cache that cannot be written costs a trial each time, no more."""
    with suppress(OSError):
        memory.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(memory, json.dumps(dict(list(known.items())[-_KEPT:])).encode())
