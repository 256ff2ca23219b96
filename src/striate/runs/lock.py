"""The lock of a folder of runs: one training at a time, held by the process that trains.

The lock ends with that process, however it ends. So the holder is known after a restart of the server too, and a
process number is never used after its process has ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from striate.errors import RunConflictError
from striate.runs.state_files import STATE_FOLDER
from striate.runtime import StatedLock


@dataclass(frozen=True)
class LockHolder:
    """The run that is being trained, and the number of its process."""

    run: str
    pid: int


class TrainingLock:
    """The lock of the folder `runs`, which several servers may share; the holder stands in a file beside it."""

    def __init__(self, runs: Path) -> None:
        self._lock = StatedLock(runs / STATE_FOLDER / "lock")

    def holder(self) -> LockHolder | None:
        """The holder, if there is one."""
        return _holder(self._lock.holder())

    @contextmanager
    def acquire(self) -> Iterator[None]:
        """Hold the lock. RunConflictError if another run is being trained."""
        with self._lock.acquire() as is_ours:
            if not is_ours:
                raise self.conflict()
            yield

    def write_holder(self, holder: LockHolder) -> None:
        """Say who holds the lock; only its holder may."""
        self._lock.state(asdict(holder))

    def conflict(self) -> RunConflictError:
        """The error that another run is being trained, with its name if it is known."""
        holder = _holder(self._lock.record())
        running = "another run" if holder is None else holder.run
        return RunConflictError(f"{running} is being trained; only one training runs at a time")


def _holder(record: Mapping[str, Any] | None) -> LockHolder | None:
    return None if record is None or "run" not in record else LockHolder(str(record["run"]), record["pid"])
