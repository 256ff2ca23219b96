"""Checkpoints: all that a training needs to go on bit for bit, each a directory that is whole or not there.

checkpoints/00001234/state.pt        weights, optimizer, mean of weights, position
checkpoints/00001234/manifest.json   the step, and the length and SHA-256 of state.pt

A checkpoint is written under another name, brought to the disk, and renamed; the last two are kept, so that one that
is damaged afterwards leaves the one before it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import torch

from striate.errors import TrainingError

CHECKPOINTS_FOLDER = "checkpoints"
_KEPT = 2
_STATE, _MANIFEST = "state.pt", "manifest.json"


def save_checkpoint(run: Path, step: int, state: dict[str, Any]) -> None:
    """Write the checkpoint of a step into a run directory. OSError if the disk is full; those before it stay."""
    folder = run / CHECKPOINTS_FOLDER
    folder.mkdir(exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=".new-", dir=folder))
    try:
        buffer = io.BytesIO()  # torch's own writing to a full disk ends in an error of its own kind
        torch.save(state, buffer)
        content = buffer.getbuffer()
        (temporary / _STATE).write_bytes(content)
        manifest = {"step": step, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        (temporary / _MANIFEST).write_text(json.dumps(manifest))
        for file in (temporary / _STATE, temporary / _MANIFEST, temporary):
            _to_disk(file)
        final = folder / f"{step:08}"
        if final.exists():  # the same step, written before a crash
            shutil.rmtree(final)
        temporary.rename(final)
        _to_disk(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    for old in _steps(folder)[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def load_checkpoint(run: Path) -> tuple[dict[str, Any] | None, list[str]]:
    """The newest checkpoint that is whole, or None where there is none; and what is wrong with newer ones."""
    wrong: list[str] = []
    for path in reversed(_steps(run / CHECKPOINTS_FOLDER)):
        try:
            return _read(path), wrong
        except TrainingError as error:
            wrong.append(str(error))
    return None, wrong


def remove_leftovers(run: Path) -> None:
    """Delete what a process that was killed while it wrote has left behind."""
    for path in (run / CHECKPOINTS_FOLDER).glob(".new-*"):
        shutil.rmtree(path, ignore_errors=True)


def _read(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((path / _MANIFEST).read_text())
        content = (path / _STATE).read_bytes()
        if (len(content), hashlib.sha256(content).hexdigest()) != (manifest["bytes"], manifest["sha256"]):
            raise ValueError("its content is not what was written")
        state: dict[str, Any] = torch.load(path / _STATE, map_location="cpu", weights_only=True)
        return state
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise TrainingError(f"{path}: not a whole checkpoint: {reason}") from None


def _steps(folder: Path) -> list[Path]:
    """The checkpoints in a folder, by their step."""
    return sorted(path for path in folder.glob("[0-9]*") if path.name.isdigit() and path.is_dir())


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
