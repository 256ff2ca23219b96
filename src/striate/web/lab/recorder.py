"""Writes down how a training goes, about twice a second, for a page that may come and go."""

from __future__ import annotations

import json
import time
from math import prod
from pathlib import Path
from typing import Any

import torch

from striate.inspection import kernels
from striate.nn import Network
from striate.tables import Conv, Plan
from striate.training import Callback, Epoch, Progress
from striate.web.lab.maps import quantize_maps
from striate.web.lab.run_files import read_json

_EVERY = 0.5  # seconds
_NUMBERS = 40_000  # of the kernels that are shown; AlexNet's 96 of 11x11x3 have 34,848
_LARGEST = 1_000_000  # numbers of a convolution that is looked at
_WARNINGS = 5
_POINTS = 100  # of the present epoch


class Recorder(Callback):
    """Keeps the file `path` up to date: {"phase", "progress", "trail", "seconds_left", "kernels", "warnings", ...}.

    `trail` are (epochs done, loss, accuracy) within the present epoch, means over it so far. `kernels` are those of the
    first convolution, as they were before the first step and as they are now. A file that is there is gone on with.
    That it cannot be written ends no training.
    """

    def __init__(self, path: Path, epochs: int) -> None:
        self._path, self._epochs = path, epochs
        self._state: dict[str, Any] = {"warnings": [], "trail": [], "kernels": _earlier(path)}
        self._network: Network | None = None
        self._row: str | None = None
        self._since: tuple[float, float] | None = None  # the time and the epochs done at the first step seen
        self._written = 0.0

    def on_decoded(self, done: int, total: int) -> None:
        """Pictures are being read."""
        self._write({"phase": "reading", "decoded": [done, total]})

    def on_network(self, network: Network) -> None:
        """The kernels that the training begins with."""
        self._network, self._row = network, first_convolution(network.plan)
        self._write({"phase": "training", "decoded": None}, at_once=True)

    def on_step(self, progress: Progress) -> None:
        """How far the epoch is, and how long the rest of the training takes at this pace."""
        now, done = time.monotonic(), progress.epoch - 1 + progress.images / progress.epoch_images
        if self._since is None:
            self._since = now, done
        if now - self._written >= _EVERY:
            trail = [*self._state["trail"], [round(done, 5), progress.loss, progress.accuracy]]
            trail = trail if len(trail) <= _POINTS else trail[1::2]
            self._write({"progress": vars(progress), "trail": trail, "seconds_left": self._left(now, done)})

    def on_epoch(self, epoch: Epoch) -> None:
        """The epoch is in the run's own metrics now."""
        last = epoch.epoch >= self._epochs
        left = None if last else self._left(time.monotonic(), epoch.epoch)
        self._write(
            {"phase": "ending" if last else "training", "progress": None, "trail": [], "seconds_left": left},
            at_once=True,
        )

    def on_warning(self, line: str) -> None:
        """The first few are kept."""
        self._write({"warnings": [*self._state["warnings"], line][:_WARNINGS]}, at_once=True)

    def _left(self, now: float, done: float) -> float | None:
        if self._since is None or done <= self._since[1]:
            return None
        return round((self._epochs - done) * (now - self._since[0]) / (done - self._since[1]), 1)

    def _write(self, changes: dict[str, Any], *, at_once: bool = False) -> None:
        self._state |= changes
        if not at_once and time.monotonic() - self._written < _EVERY:
            return
        self._written = time.monotonic()
        if self._network is not None and self._row is not None:
            now = packed_kernels(self._network, self._row)
            first = (self._state["kernels"] or {}).get("first", now)
            self._state["kernels"] = {"row": self._row, "first": first, "now": now}
        temporary = self._path.with_suffix(".new")
        try:
            temporary.write_text(json.dumps(self._state))
            temporary.replace(self._path)
        except OSError:
            return


def first_convolution(plan: Plan) -> str | None:
    """The row that sees the picture first and has kernels; None if there is none, or it is too large to be shown."""
    for step in plan.flat:
        if isinstance(step.row, Conv) and step.window is not None:
            one = step.input[0] // step.row.groups * step.window.area
            return step.path if one <= _NUMBERS and one * step.row.maps <= _LARGEST else None
    return None


def packed_kernels(network: Network, path: str) -> dict[str, Any]:
    """The kernels of a convolution as bytes, those of three input maps in colour, else the first input map's.

    `maps` holds `count` x `channels` planes, as `striate.web.lab.maps.shown` packs them.
    """
    weights_OIHW = torch.from_numpy(kernels(network, path))
    channels = 3 if weights_OIHW.shape[1] == 3 else 1
    count = min(len(weights_OIHW), _NUMBERS // prod(weights_OIHW.shape[1:]))
    planes = weights_OIHW[:count, :channels].reshape(count * channels, *weights_OIHW.shape[2:])
    side = max(planes.shape[1:])
    return {"count": count, "channels": channels, "of": len(weights_OIHW), **quantize_maps(planes, len(planes), side)}


def _earlier(path: Path) -> Any:
    """The kernels of an earlier sitting."""
    try:
        return read_json(path)["kernels"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
