"""The lock: who holds it, and that it ends with its process."""

import subprocess
import sys

import pytest

from striate.errors import RunConflictError
from striate.runs import LockHolder, TrainingLock

HOLD = """
import sys
from pathlib import Path
from striate.runs import LockHolder, TrainingLock
lock = TrainingLock(Path(sys.argv[1]))
with lock.acquire():
    lock.write_holder(LockHolder("run", int(sys.argv[2])))
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def process(store):
    """A process that holds the lock until its standard input is closed."""
    command = [sys.executable, "-c", HOLD, str(store.folder), "7"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


@pytest.mark.parametrize("end", ["kill", "of itself"])
def test_the_lock_ends_with_its_process_however_that_ends(store, process, end):
    lock = TrainingLock(store.folder)
    for _ in range(2):  # asking changes nothing
        assert lock.holder() == LockHolder("run", 7)
    with pytest.raises(RunConflictError, match="run is being trained"), lock.acquire():
        pass
    process.kill() if end == "kill" else process.stdin.close()
    process.wait()
    assert lock.holder() is None
    with lock.acquire():
        assert lock.holder() is None  # not the holder before
        lock.write_holder(LockHolder("next", 8))
        assert TrainingLock(store.folder).holder() == LockHolder("next", 8)  # another server
    assert lock.holder() is None


def test_where_nothing_can_be_written_the_process_tells_whether_the_lock_is_held(store, process, monkeypatch):
    def acquire_lock(*_, **__):
        raise PermissionError

    lock = TrainingLock(store.folder)
    monkeypatch.setattr("striate.runtime.locks.acquire_lock", acquire_lock)
    monkeypatch.setattr("psutil.pid_exists", lambda pid: pid == 7 and process.poll() is None)
    assert lock.holder() == LockHolder("run", 7)
    process.kill()
    process.wait()
    assert lock.holder() is None
