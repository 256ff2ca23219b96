"""Replay: what a network shows at each snapshot of its training: first filters, a picture's maps, tuning, answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from striate.errors import StriateError
from striate.inspection.filters import Floats, kernels
from striate.inspection.hooks import convolutions, record_activations
from striate.inspection.sample import Sample, load_sample
from striate.inspection.tuning import Tuning, measure_tuning
from striate.nn import Model, check_logits, load_model
from striate.paths import user_path
from striate.tables import Plan
from striate.training import REPLAY_FOLDER, REPLAY_PICTURE_NAME, find_snapshots


@dataclass(frozen=True)
class FirstConvolution:
    """The first convolution of a network: its kernels (maps, input maps, height, width), its maps (maps, height, width)
    for a picture, and the orientation tuning of its units."""

    path: str
    kernels: Floats
    maps: Floats
    tuning: Tuning


@dataclass(frozen=True)
class ReplayFrame:
    """A network after `step` steps of its training: its first convolution, if it has one, and its class probabilities
    (classes,) for a picture."""

    step: int
    first: FirstConvolution | None
    probabilities: Floats


@dataclass(frozen=True)
class Replay:
    """The frames of a run in order, all of one picture; `label` is the picture's class, "" if it is not known."""

    plan: Plan
    classes: tuple[str, ...]
    sample: Sample
    label: str
    frames: tuple[ReplayFrame, ...]


def replay_frame(model: Model, sample: Sample) -> ReplayFrame:
    """The frame of one snapshot, or of any model, whose step is 0 unless it is a snapshot.

    >>> from striate.inspection import sample_of
    >>> model = load_model("lenet5")
    >>> black = sample_of("black", torch.zeros(1, 32, 32, dtype=torch.uint8), model.network.table)
    >>> frame = replay_frame(model, black)
    >>> frame.first.kernels.shape, frame.first.maps.shape, frame.probabilities.shape
    ((6, 1, 5, 5), (6, 28, 28), (10,))
    """
    network, plan = model.network, model.network.plan
    paths = [step.path for step in convolutions(plan)[:1]]
    last = plan.steps[-1].path
    with torch.no_grad():
        activations = record_activations(network, sample.input_NCHW, [*paths, last])
        first = [
            FirstConvolution(
                path,
                kernels(network, path),
                activations[path].output[0].float().numpy(),
                measure_tuning(network, [path])[path],
            )
            for path in paths
        ]
    probabilities = model.probabilities(check_logits(activations[last].output[0])).numpy()
    return ReplayFrame(int(model.training.get("step", 0)), first[0] if first else None, probabilities)


def measure_replay(
    run: Path | str,
    image: Path | bytes | None = None,
    *,
    device: torch.device | str = "cpu",
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Replay:
    """The replay of a run that was trained with `replay`: of the picture that it keeps, or of an `image`.

    `on_progress(done, total)` is called after each snapshot. StriateError if the run has no snapshots, ModelError if
    one of them is damaged, DataError if the image cannot be read.

        replay = measure_replay("runs/first")
        replay.frames[-1].probabilities
    """
    run = user_path(run, StriateError)
    paths = find_snapshots(run)
    if not paths:
        raise StriateError(f"{run}: has no snapshots; `striate train --replay N` keeps N of them in a run")
    first = load_model(next(iter(paths.values())))
    plan = first.network.plan
    sample = load_sample(run / REPLAY_FOLDER / REPLAY_PICTURE_NAME if image is None else image, plan.table)
    frames = []
    for path in paths.values():
        model = load_model(path)
        model.network.to(device)
        frames.append(replay_frame(model, sample))
        on_progress(len(frames), len(paths))
    label = str(first.training.get("picture", "")) if image is None else ""
    return Replay(plan, first.classes, sample, label, tuple(frames))


def share_of_change(frames: tuple[ReplayFrame, ...]) -> Floats:
    """How far the first kernels have come at each frame (frames,): their distance from those of the first frame, as a
    share of that of the last frame's; 0 where there is no change at all."""
    weights = [frame.first.kernels for frame in frames if frame.first is not None]
    distances = np.array([np.linalg.norm(one - weights[0]) for one in weights], dtype=np.float32)
    return distances / np.float32(distances[-1] or 1)


def settled_at(frames: tuple[ReplayFrame, ...]) -> int:
    """The step from which on the most probable class is that of the last frame."""
    answers = [int(frame.probabilities.argmax()) for frame in frames]
    others = [index for index, answer in enumerate(answers) if answer != answers[-1]]
    return frames[others[-1] + 1 if others else 0].step
