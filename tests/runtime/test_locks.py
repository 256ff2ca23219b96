"""Locks and marks between processes, and that they end with their process."""

import subprocess
import sys

import pytest

from striate.runtime import acquire_lock, is_in_use, mark_in_use

HOLD = """
import sys
from pathlib import Path
from striate.runtime import acquire_lock, mark_in_use
lock = {"lock": acquire_lock, "mark": mark_in_use}[sys.argv[1]](Path(sys.argv[2]))
print("held", flush=True)
sys.stdin.read()
"""


def held(what, path):
    """A process that holds a lock, or a mark, until it is killed."""
    command = [sys.executable, "-c", HOLD, what, str(path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"held\n"
    return process


def test_a_lock_excludes_all_others_and_ends_with_its_process(tmp_path):
    path = tmp_path / "lock"
    with held("lock", path) as process:
        assert acquire_lock(path, seconds=0) is None
        process.kill()
        process.wait()
        lock = acquire_lock(path, seconds=0)
        assert lock is not None
        assert acquire_lock(path, seconds=0) is None  # in this process too
        lock.release()
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_in_use_by_several_until_all_have_ended(tmp_path):
    path = tmp_path / "[file].pack"
    assert not is_in_use(path)
    mark = mark_in_use(path)
    with held("mark", path) as process:
        assert is_in_use(path)
        mark.release()
        assert is_in_use(path)
        process.kill()
        process.wait()
        assert len(list(tmp_path.iterdir())) == 1  # what it has left
        assert not is_in_use(path)
    assert list(tmp_path.iterdir()) == []


def test_a_mark_of_another_user_is_one(tmp_path, monkeypatch):
    mark_in_use(tmp_path / "file")
    (tmp_path / "file.1-0.use").touch()

    def acquire(*_, **__):
        raise PermissionError

    monkeypatch.setattr("filelock.FileLock.acquire", acquire)
    assert is_in_use(tmp_path / "file")
    with pytest.raises(PermissionError):
        mark_in_use(tmp_path / "file")
