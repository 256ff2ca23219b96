"""Replay: snapshots of a network along its training, so that what it learned can be looked at step by step.

replay/00000128.safetensors   the network after 128 steps: a model file like any other, without the optimizer's state
replay/picture.png            the first validation picture, at which every snapshot is looked at
"""

from __future__ import annotations

from pathlib import Path

from striate.data import Dataset, encode_png
from striate.errors import TrainingError
from striate.nn import Model, save_model
from striate.runtime import is_temporary, write_atomically

REPLAY_FOLDER, REPLAY_PICTURE_NAME = "replay", "picture.png"
_SUFFIX = ".safetensors"
_PICTURE = 0  # its index among the validation pictures


def check_snapshots(snapshots: int) -> None:
    """TrainingError unless a training may keep so many snapshots: none, or the first, the last and others."""
    if snapshots < 0 or snapshots == 1:
        raise TrainingError(f"replay: expected at least 2 snapshots, or 0 for none, got {snapshots}")


def replay_steps(snapshots: int, steps: int) -> tuple[int, ...]:
    """After which of a training's steps its snapshots are taken: 0, which is the initialization, then a geometric
    sequence from 1 to the last step, since most changes early; no step twice. All steps if they are fewer.

    >>> replay_steps(8, 1440)
    (0, 1, 3, 11, 38, 128, 429, 1440)
    >>> replay_steps(8, 3)
    (0, 1, 2, 3)
    """
    if snapshots > steps:
        return tuple(range(steps + 1))
    chosen = [0]
    for left in reversed(range(snapshots - 1)):
        share = 1 - left / max(1, snapshots - 2)
        chosen.append(max(chosen[-1] + 1, round(steps**share)))
    return tuple(chosen)


def find_snapshots(run: Path) -> dict[int, Path]:
    """The snapshots in a run directory by their steps, in order; none if the run keeps none.

    load_model(find_snapshots(Path("runs/first"))[128])
    """
    paths = run.joinpath(REPLAY_FOLDER).glob(f"[0-9]*{_SUFFIX}")
    return {int(path.stem): path for path in sorted(paths) if path.stem.isdigit()}


def save_snapshot(run: Path, step: int, model: Model) -> None:
    """Write the snapshot of a step into a run directory, atomically."""
    save_model(_folder(run) / f"{step:08}{_SUFFIX}", model)


def save_picture(run: Path, dataset: Dataset) -> None:
    """Write the picture at which the snapshots are looked at, so that it stays the same wherever the data go."""
    write_atomically(_folder(run) / REPLAY_PICTURE_NAME, encode_png(dataset.validation.pictures[_PICTURE]))


def picture_class(dataset: Dataset) -> str:
    """The class of that picture."""
    return dataset.classes[int(dataset.validation.labels[_PICTURE])]


def remove_snapshots_after(run: Path, step: int) -> None:
    """Delete the snapshots of later steps, which the training takes again, or never comes to."""
    for taken, path in find_snapshots(run).items():
        if taken > step:
            path.unlink()


def remove_unfinished_snapshots(run: Path) -> None:
    """Delete what a process left that was killed while it wrote a snapshot."""
    for path in run.joinpath(REPLAY_FOLDER).glob(".*"):
        if is_temporary(path):
            path.unlink()


def _folder(run: Path) -> Path:
    """The folder of the snapshots, made if it is missing."""
    folder = run / REPLAY_FOLDER
    folder.mkdir(exist_ok=True)
    return folder
