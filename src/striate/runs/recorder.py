"""Writes the progress of a training to a file, about twice a second, for whoever polls it."""

from __future__ import annotations

import json
import time
from math import prod
from pathlib import Path
from typing import Any

import torch

from striate.inspection import kernels, quantize_maps
from striate.nn import Network
from striate.runs.log import shorten_line
from striate.runs.run_files import read_kernels
from striate.runs.state_files import NEW_SUFFIX
from striate.runtime import replace_file
from striate.tables import Conv, Plan
from striate.training import Callback, Epoch, Progress

_INTERVAL = 0.5  # seconds between two writes
_MOST_NUMBERS = 40_000  # in the kernels written; AlexNet's 96 of 11x11x3 have 34,848
_MOST_WEIGHTS = 1_000_000  # of a convolution whose kernels are written
_MOST_WARNINGS = 5
_MOST_POINTS = 100  # of the present epoch


class Recorder(Callback):
    """Keeps the file `path` up to date: {"phase", "progress", "trail", "seconds_left", "kernels", "warnings", ...}.

    `trail` are (epochs done, loss, accuracy) within the present epoch, means over it so far. `kernels` are those of the
    first convolution, as they were before the first step and as they are now; those before the first step are taken
    from the file if it exists already. A file that cannot be written does not end the training.
    """

    def __init__(self, path: Path, epochs: int) -> None:
        self._path, self._epochs = path, epochs
        self._state: dict[str, Any] = {"warnings": [], "trail": [], "kernels": read_kernels(path)}
        self._network: Network | None = None
        self._row: str | None = None
        self._first: tuple[float, float] | None = None  # time, and epochs done, at the first step of this process
        self._written_at = 0.0

    def on_listed(self, line: str) -> None:
        """Write what the data folder holds, among the warnings."""
        self.on_warning(shorten_line(line))

    def on_decoded(self, done: int, total: int) -> None:
        """Write how many images are decoded."""
        self._update({"phase": "reading", "decoded": [done, total]})

    def on_network(self, network: Network) -> None:
        """Write the kernels at initialization."""
        self._network, self._row = network, first_convolution(network.plan)
        self._update({"phase": "training", "decoded": None}, now=True)

    def on_step(self, progress: Progress) -> None:
        """Write how far the epoch is, and the time left at this pace."""
        time_now, done = time.monotonic(), progress.epoch - 1 + progress.images / progress.epoch_images
        if self._first is None:
            self._first = time_now, done
        if time_now - self._written_at >= _INTERVAL:
            trail = [*self._state["trail"], [round(done, 5), progress.loss, progress.accuracy]]
            trail = trail if len(trail) <= _MOST_POINTS else trail[1::2]
            left = self._seconds_left(time_now, done)
            self._update({"progress": vars(progress), "trail": trail, "seconds_left": left})

    def on_epoch(self, epoch: Epoch) -> None:
        """Write that the epoch is done; its numbers are in the run's metrics."""
        is_last = epoch.epoch >= self._epochs
        left = None if is_last else self._seconds_left(time.monotonic(), epoch.epoch)
        phase = "ending" if is_last else "training"
        self._update({"phase": phase, "progress": None, "trail": [], "seconds_left": left}, now=True)

    def on_warning(self, line: str) -> None:
        """Write the first few warnings."""
        self._update({"warnings": [*self._state["warnings"], line][:_MOST_WARNINGS]}, now=True)

    def _seconds_left(self, time_now: float, done: float) -> float | None:
        if self._first is None or done <= self._first[1]:
            return None
        started, done_then = self._first
        return round((self._epochs - done) * (time_now - started) / (done - done_then), 1)

    def _update(self, changes: dict[str, Any], *, now: bool = False) -> None:
        """Change the state, and write it: at once, or if the last write is long enough ago."""
        self._state |= changes
        if not now and time.monotonic() - self._written_at < _INTERVAL:
            return
        self._written_at = time.monotonic()
        if self._network is not None and self._row is not None:
            current = kernels_to_dict(self._network, self._row)
            first = (self._state["kernels"] or {}).get("first", current)
            self._state["kernels"] = {"row": self._row, "first": first, "now": current}
        temporary = self._path.with_suffix(NEW_SUFFIX)
        try:
            temporary.write_bytes(json.dumps(self._state).encode())
            replace_file(temporary, self._path)
        except OSError:
            return


def first_convolution(plan: Plan) -> str | None:
    """The path of the first convolution; None if there is none, or its kernels are too large to be written."""
    for step in plan.flat:
        if isinstance(step.row, Conv) and step.window is not None:
            weights = step.input[0] // step.row.groups * step.window.area
            fits = weights <= _MOST_NUMBERS and weights * step.row.maps <= _MOST_WEIGHTS
            return step.path if fits else None
    return None


def kernels_to_dict(network: Network, path: str) -> dict[str, Any]:
    """The kernels of a convolution as JSON: `count` x `channels` maps, as `QuantizedMaps.to_dict`.

    Kernels over three input maps have three channels, others only the first input map's. `of` is how many there are.
    """
    weights_OIHW = torch.from_numpy(kernels(network, path))
    channels = 3 if weights_OIHW.shape[1] == 3 else 1
    count = min(len(weights_OIHW), _MOST_NUMBERS // prod(weights_OIHW.shape[1:]))
    maps_NHW = weights_OIHW[:count, :channels].reshape(count * channels, *weights_OIHW.shape[2:])
    maps = quantize_maps(maps_NHW, len(maps_NHW), max(maps_NHW.shape[1:]))
    return {"count": count, "channels": channels, "of": len(weights_OIHW), **maps.to_dict()}
