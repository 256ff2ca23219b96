"""The lock: who holds it, and that it ends with its process."""

import signal
import subprocess
import sys

from striate.runs import LockHolder, TrainingLock


def test_the_lock_ends_with_its_process_however_that_ends(tmp_path):
    lock = TrainingLock(tmp_path / "lock")
    assert lock.holder() is None
    with lock.acquire() as handle:
        sleeper = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=[handle])
        LockHolder("run", sleeper.pid).write(handle)
    with sleeper:
        assert lock.holder() == LockHolder("run", sleeper.pid)
        assert TrainingLock(tmp_path / "lock").holder() == LockHolder("run", sleeper.pid)  # another server
        sleeper.send_signal(signal.SIGKILL)
        sleeper.wait()
        assert lock.holder() is None
    with lock.acquire():
        assert lock.holder() == LockHolder("", 0)  # not the holder before
