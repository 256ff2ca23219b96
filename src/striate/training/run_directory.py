"""The run directory: what it may hold when a run begins, which process trains it, and what a killed one left in it."""

from __future__ import annotations

import contextlib
import errno
import os
import platform
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from striate.errors import TrainingError
from striate.nn import MODEL_FILE_NAME
from striate.runtime import StatedLock, before_exit, remove_temporary_files
from striate.training.checkpoint import CHECKPOINTS_FOLDER, remove_unfinished
from striate.training.replay import REPLAY_FOLDER, remove_unfinished_snapshots
from striate.training.run_config import MODEL_CARD_NAME, RUN_CONFIG_NAME
from striate.training.run_report import CALIBRATION_NAME, CONFUSION_NAME, CURVES_NAME, MISTAKES_NAME, SAMPLES_FOLDER
from striate.training.tensorboard import TENSORBOARD_FOLDER
from striate.training.trained_on import PICTURES_NAME

BEST_NAME, METRICS_NAME, SKIPPED_NAME = "best.safetensors", "metrics.jsonl", "skipped.jsonl"
RUN_FILES = frozenset(
    {RUN_CONFIG_NAME, MODEL_FILE_NAME, BEST_NAME, METRICS_NAME, SKIPPED_NAME, CHECKPOINTS_FOLDER, MODEL_CARD_NAME}
    | {PICTURES_NAME, REPLAY_FOLDER, SAMPLES_FOLDER, CURVES_NAME, CONFUSION_NAME, CALIBRATION_NAME, MISTAKES_NAME}
)
"""What a training writes into its run directory, but for TensorBoard's folder and the lock."""
_LOCK_NAME = ".lock"
_OF_SYSTEMS = frozenset(
    {"lost+found", ".DS_Store", ".Trashes", ".Spotlight-V100", ".fseventsd", "desktop.ini", "Thumbs.db", "@eaDir"}
    | {"System Volume Information", "$RECYCLE.BIN", "#recycle", "@Recycle", ".snapshot"}
)
"""What systems put into a folder or a volume that is empty to its owner."""
_WITHOUT_LOCKS = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})


def check_available(out: Path) -> None:
    """TrainingError unless a run may begin in this directory: there is none, or it holds nothing of anybody's.

    A process that was killed before it had written the configuration has left nothing either.
    """
    if not out.is_dir():
        if out.exists() or out.is_symlink():
            raise TrainingError(f"{out}: exists already, and is no directory; give another one")
        return
    if (record := run_holder(out)) is not None:
        raise _is_trained(out, record)
    _check_contents(out)


def _check_contents(out: Path) -> None:
    if (out / RUN_CONFIG_NAME).exists():
        finished = (out / MODEL_CARD_NAME).exists()
        resume = "--resume RUN --epochs N trains it for more epochs" if finished else "--resume RUN continues it"
        raise TrainingError(f"{out}: exists already and holds a run; {resume}, or give another directory")
    ours = {_LOCK_NAME, f"{_LOCK_NAME}.json"}
    for name in sorted(path.name for path in out.iterdir()):
        if name not in _OF_SYSTEMS | ours and not name.startswith((f".{RUN_CONFIG_NAME}.", f".{_LOCK_NAME}.json.")):
            raise TrainingError(
                f"{out}: exists already and holds {name}, and a run overwrites nothing; give another directory"
            )


def run_holder(out: Path) -> dict[str, Any] | None:
    """Which process trains in a run directory now, `pid`, `host` and `since`; None if none does."""
    return StatedLock(out / _LOCK_NAME).holder()


@contextlib.contextmanager
def lock_run(out: Path) -> Iterator[str | None]:
    """Within the context no other process trains in this run directory; the lock ends with its process.

    Yields a warning if the directory is on a file system without locks; the training goes on there. TrainingError, with
    the process, its machine and since when, if one is training there.
    """
    lock = StatedLock(out / _LOCK_NAME)
    with contextlib.ExitStack() as stack:
        try:
            is_ours = stack.enter_context(lock.acquire())
            if is_ours:
                since = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
                lock.state({"pid": os.getpid(), "host": platform.node(), "since": since})
        except OSError as error:
            if error.errno not in _WITHOUT_LOCKS:
                raise TrainingError(f"{out}: cannot be written: {error.strerror or error}") from None
            is_ours = None
        if is_ours is False:
            raise _is_trained(out, lock.record())
        yield None if is_ours else f"{out}: its file system has no locks: resume this run in one process only"


@contextlib.contextmanager
def new_run_directory(out: Path) -> Iterator[str | None]:
    """Within the context a new run has its directory and the lock; if nothing is left in it at the end, it is removed.

    Yields and raises what `lock_run` and `check_available` do.
    """
    made = not out.exists()
    check_available(out)
    out.mkdir(parents=True, exist_ok=True)

    def remove_if_empty() -> None:
        if made:
            with contextlib.suppress(OSError):
                out.rmdir()

    try:
        with before_exit(remove_if_empty), lock_run(out) as warning:
            _check_contents(out)
            remove_leftovers(out)
            yield warning
    finally:
        remove_if_empty()


def remove_leftovers(out: Path) -> None:
    """Delete what processes left in a run directory that were killed while they wrote; who calls has the lock."""
    for name in RUN_FILES:
        remove_temporary_files(out / name)
    remove_temporary_files(out / f"{_LOCK_NAME}.json")
    remove_unfinished(out)
    remove_unfinished_snapshots(out)


def remove_run(out: Path) -> None:
    """Delete the files of a run in which nothing was learned, and no file of anybody else.

    run.json, which was written first, goes last: killed meanwhile, this leaves a run that can be resumed.
    """
    remove_leftovers(out)
    for name in sorted({*RUN_FILES, TENSORBOARD_FOLDER}, key=lambda name: name == RUN_CONFIG_NAME):
        path = out / name
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def _is_trained(out: Path, record: dict[str, Any] | None) -> TrainingError:
    who = "another process"
    if record is not None:
        who = f"process {record['pid']} on {record.get('host', 'this machine')}, since {record.get('since', 'a while')}"
    return TrainingError(f"{out}: is being trained by {who}; end that one first, or wait for it")
