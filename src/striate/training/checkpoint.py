"""Checkpoints: all that a training needs to continue bit for bit, each a directory that is written atomically.

checkpoints/00001234/state.pt        weights, optimizer, mean of weights, TrainState
checkpoints/00001234/manifest.json   the step, and the length and SHA-256 of state.pt

A checkpoint is written under another name, synced to the disk, and renamed. The last two stay, so that if the newest is
damaged the one before it can be used.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import torch

from striate.errors import TrainingError
from striate.runtime import before_exit, replace_file, sync_folder

CHECKPOINTS_FOLDER = "checkpoints"
_STAY = 2
_STATE_NAME, _MANIFEST_NAME = "state.pt", "manifest.json"


def save_checkpoint(run: Path, step: int, state: dict[str, Any]) -> None:
    """Write the checkpoint of a step into a run directory. OSError if the disk is full; earlier ones stay then."""
    folder = run / CHECKPOINTS_FOLDER
    folder.mkdir(exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=".new-", dir=folder))
    try:
        with before_exit(partial(shutil.rmtree, temporary, ignore_errors=True)):
            _write_state(temporary, step, state)
            final = folder / f"{step:08}"
            if final.exists():  # the same step, written before a crash
                shutil.rmtree(final)
            replace_file(temporary, final)
        sync_folder(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    paths = _steps(folder)
    place = paths.index(final)  # those behind it are damaged: the training continued from one before them
    for other in paths[: max(0, place + 1 - _STAY)] + paths[place + 1 :]:
        shutil.rmtree(other, ignore_errors=True)


def _write_state(directory: Path, step: int, state: dict[str, Any]) -> None:
    buffer = io.BytesIO()  # torch.save to a full disk raises RuntimeError, not OSError
    torch.save(_on_cpu(state), buffer)
    content = buffer.getbuffer()
    _write(directory / _STATE_NAME, content)
    manifest = {"step": step, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    _write(directory / _MANIFEST_NAME, json.dumps(manifest).encode())
    sync_folder(directory)


def load_checkpoint(run: Path, *, latest: float = math.inf) -> tuple[dict[str, Any] | None, list[str]]:
    """The newest complete checkpoint, of a step no later than `latest`, or None; and what is wrong with newer ones."""
    problems: list[str] = []
    for path in reversed(_steps(run / CHECKPOINTS_FOLDER)):
        if int(path.name) > latest:
            continue
        try:
            return _read(path), problems
        except TrainingError as error:
            problems.append(str(error))
    return None, problems


def remove_unfinished(run: Path) -> None:
    """Delete what a process left that was killed while it wrote a checkpoint."""
    for path in (run / CHECKPOINTS_FOLDER).glob(".new-*"):
        shutil.rmtree(path, ignore_errors=True)


def _read(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((path / _MANIFEST_NAME).read_bytes())
        content = (path / _STATE_NAME).read_bytes()
        if (len(content), hashlib.sha256(content).hexdigest()) != (manifest["bytes"], manifest["sha256"]):
            raise ValueError("the content differs from what was written")
        state: dict[str, Any] = torch.load(path / _STATE_NAME, map_location="cpu", weights_only=True)
        return state
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise TrainingError(f"{path}: not a complete checkpoint: {reason}") from None


def _on_cpu(state: Any) -> Any:
    """The state with its tensors on the CPU, where every machine can read them."""
    if isinstance(state, torch.Tensor):
        return state.detach().cpu()
    if isinstance(state, dict):
        return {name: _on_cpu(value) for name, value in state.items()}
    return [_on_cpu(value) for value in state] if isinstance(state, list) else state


def _steps(folder: Path) -> list[Path]:
    """The checkpoints in a folder, sorted by step."""
    return sorted(path for path in folder.glob("[0-9]*") if path.name.isdigit() and path.is_dir())


def _write(path: Path, content: bytes | memoryview) -> None:
    """Write a file and sync it to the disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
