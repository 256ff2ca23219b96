"""The choice of an engine: the fastest for this model, batch and machine, by a short trial that is remembered.

No engine is used before its output has been compared with that of the plain network: in float32 every probability
agrees within 1e-4, in bfloat16 every image's class. int8 changes predictions; `striate evaluate` measures how much.
Images whose logits are not finite in the plain network are not compared: they are errors with every engine.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import json
import math
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from striate.errors import StriateError
from striate.inference.engines import CPU_ENGINES, Engine, EngineName, EnginePrecision, candidates, prepare
from striate.inference.quantize import quantize
from striate.nn import Network, device_of, fold
from striate.runtime import DEVICE_VARIABLE, Device, cache_home, find_device, has_fast_bfloat16, write_atomically
from striate.tables import table_to_dict

EngineChoice = EngineName | Literal["auto"]
PrecisionChoice = EnginePrecision | Literal["auto"]
Pair = tuple[EngineName, EnginePrecision]
TOLERANCE = 1e-4
"""How far a probability in float32 may be from the plain network's."""
_MIN_WORK = 1.0  # seconds of work by torch below which a trial costs more than it could save
_MAX_RUN = 0.4  # seconds that one run of a trial takes at most, by torch
_RUNS = 3
_CLOSE = 1.25  # times the fastest's seconds within which an engine may only have been unlucky
_RACE_SHARE, _MAX_RACE = 0.05, 3.0  # of the work to come, and seconds: the time for a race of close engines
_MAX_ENTRIES = 500  # trials that are remembered
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
    device: str | None = None,
    memory: Path | None = None,
    features_of: str | None = None,
) -> Engine:
    """The engine for `work` images in batches of `batch`; it also gives the features of the row `features_of`, if any.

    `images_NCHW` are normalized images for the trial; for int8 the range of each row's values is taken from them too.
    By "auto" it is torch on a GPU; on a CPU the fastest engine, in bfloat16 where the hardware is fast at it and no
    image's class changes, but torch for less than a second of work, where a trial has nothing to gain. `device` is a
    name as of `find_device`; by "auto", what computes on the CPU alone takes that. `memory` is the file that remembers
    trials (`engines.json` in the cache). StriateError if the requested engine is not installed, lacks the precision,
    does not run on the device, or does not agree with the plain network.
    """
    target = _device_for(engine, precision, device)
    folded = fold(network)
    pairs = _pairs(engine, precision, target)
    quantized = quantize(folded, images_NCHW, features_of=features_of) if precision == "int8" else None

    first = prepare(pairs[0][0], folded, pairs[0][1], target, quantized, features_of)

    @functools.cache
    def prepared(pair: Pair) -> Engine | None:
        """The engine of a pair; None for one beside the first that cannot be loaded here."""
        if pair == (first.name, first.precision):
            return first
        with suppress(StriateError):
            return prepare(pair[0], folded, pair[1], target, quantized, features_of)
        return None

    if len(pairs) > 1:
        seconds = min(_time_runs(first, images_NCHW[:1]))
        if seconds * work < _MIN_WORK:
            pairs = pairs[:1]
        else:
            trial_NCHW = _repeat(images_NCHW, max(1, min(batch, round(_MAX_RUN / seconds))))
            budget = min(_RACE_SHARE * seconds * work, _MAX_RACE)
            memory = memory or cache_home() / "engines.json"
            pairs = _by_speed(pairs, prepared, trial_NCHW, budget, _key(folded, target, len(trial_NCHW), pairs), memory)
    for pair in pairs:
        found = prepared(pair)
        if found is not None and _agrees(found, network, images_NCHW):
            return found
    raise StriateError(
        f"engine {', '.join(pair)}: its output is not that of the plain network, or not finite, so it is not used"
    )


def _device_for(engine: EngineChoice, precision: PrecisionChoice, name: str | None) -> torch.device:
    """The device of a name; the CPU for what no GPU runs, unless a GPU is named."""
    only = engine if engine in CPU_ENGINES else precision if precision == "int8" else None
    if only is None:
        return find_device("bfloat16" if precision == "bfloat16" else "float32", device=name).device
    stated = name or os.environ.get(DEVICE_VARIABLE) or "auto"
    if stated not in ("auto", "cpu"):
        gpu = find_device("float32", device=name).device
        kind = "engine" if only in CPU_ENGINES else "precision"
        raise StriateError(f"{kind} {only}: runs on the CPU; take {_not_only(only)} on {gpu}, or device cpu")
    return torch.device("cpu")


def _not_only(only: str) -> str:
    return "engine torch or inductor" if only in CPU_ENGINES else "float32 or bfloat16"


def _pairs(engine: EngineChoice, precision: PrecisionChoice, device: torch.device) -> list[Pair]:
    """The engines and precisions to choose from; torch in float32, where it is among them, comes first."""
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
    pairs: list[Pair],
    prepared: Callable[[Pair], Engine | None],
    images_NCHW: Tensor,
    budget: float,
    key: str,
    memory: Path,
) -> list[Pair]:
    """From the fastest down, by a trial or by the order that an earlier one found, which `memory` holds under `key`;
    last those that cannot be loaded."""
    named = {_pair_name(pair): pair for pair in pairs}
    remembered = _recall(memory)
    order = remembered.get(key)
    if not (isinstance(order, list) and sorted(map(str, order)) == sorted(named)):
        engines = {name: engine for name, pair in named.items() if (engine := prepared(pair)) is not None}
        order = [*_race(engines, images_NCHW, budget), *(name for name in named if name not in engines)]
        _remember(memory, remembered | {key: order})
    return [named[name] for name in order]


def _race(engines: dict[str, Engine], images_NCHW: Tensor, budget: float) -> list[str]:
    """Their names, the fastest first. Each is tried once; then those that are close are tried again in turn, for about
    `budget` seconds: other work on the machine slows a run by more than two good engines differ."""
    runs = {name: _time_runs(engine, images_NCHW) for name, engine in engines.items()}
    end = time.perf_counter() + budget
    while time.perf_counter() < end:
        usual = {name: statistics.median(seconds) for name, seconds in runs.items()}
        close = [name for name in engines if usual[name] <= _CLOSE * min(usual.values())]
        if len(close) == 1:
            break
        for name in close:
            runs[name] += _time_runs(engines[name], images_NCHW)
    return sorted(engines, key=lambda name: statistics.median(runs[name]))


def _time_runs(engine: Engine, images_NCHW: Tensor) -> list[float]:
    """Seconds of some runs, after one that is not counted: the first allocates and compiles."""
    engine.run(images_NCHW)
    seconds = []
    for _run in range(_RUNS):
        begin = time.perf_counter()
        engine.run(images_NCHW)
        seconds.append(time.perf_counter() - begin)
    return seconds


def _agrees(engine: Engine, network: Network, images_NCHW: Tensor) -> bool:
    """Whether an engine's output is finite and that of the plain network, as far as its precision promises.

    Only the images count whose logits are finite in the plain network. If there are none, nothing but torch in float32,
    which is the plain network, agrees.
    """
    if engine.precision == "int8":
        return True
    compared_NCHW = images_NCHW[: _COMPARED[engine.precision]]
    with torch.inference_mode():
        expected = network(compared_NCHW.to(device_of(network))).cpu()
    finite = expected.isfinite().all(dim=1)
    if not finite.any():
        return (engine.name, engine.precision) == ("torch", "float32")
    expected, found = expected[finite], engine.run(compared_NCHW)[finite, : expected.shape[1]]
    if not found.isfinite().all():
        return False
    if engine.precision == "bfloat16":
        return bool((expected.argmax(dim=1) == found.argmax(dim=1)).all())
    return bool((expected.softmax(dim=1) - found.softmax(dim=1)).abs().max() <= TOLERANCE)


def _repeat(images_NCHW: Tensor, rows: int) -> Tensor:
    return images_NCHW[torch.arange(rows) % len(images_NCHW)]


def _pair_name(pair: Pair) -> str:
    return " ".join(pair)


def _key(folded: Network, device: torch.device, rows: int, pairs: Sequence[Pair]) -> str:
    names = [_pair_name(pair) for pair in pairs]
    table = table_to_dict(folded.table, defaults=True)
    versions = [
        importlib.metadata.version(name) for name in _PACKAGES if any(words.startswith(name) for words in names)
    ]
    facts = [table["input"], table["rows"], rows, names, versions, _processor(), torch.get_num_threads()]
    if device.type != "cpu":
        facts.append(Device(device, "float32").name)
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line
    return platform.processor()


def _recall(memory: Path) -> dict[str, Any]:
    """The trials that are remembered; none if the file is missing or damaged."""
    try:
        known = json.loads(memory.read_bytes())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _remember(memory: Path, known: dict[str, Any]) -> None:
    """Write the latest trials; a cache that cannot be written costs a trial each time, no more."""
    with suppress(OSError):
        memory.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(memory, json.dumps(dict(list(known.items())[-_MAX_ENTRIES:])).encode())
