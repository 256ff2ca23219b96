"""File locks between processes."""

import os
import subprocess
import sys

from striate.runtime.locks import lock_file

HOLD = """
import sys
from striate.runtime.locks import lock_file
file = open(sys.argv[1], "rb")
lock_file(file, shared=sys.argv[2] == "shared")
print("locked", flush=True)
sys.stdin.read()
"""


def held(path, kind):
    """A process that holds a lock until its standard input is closed."""
    command = [sys.executable, "-c", HOLD, str(path), kind]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "locked\n"
    return process


def test_an_exclusive_lock_excludes_all_and_ends_with_its_process(tmp_path):
    path = tmp_path / "file"
    path.touch()
    with path.open("rb") as file, held(path, "exclusive") as process:
        assert not lock_file(file, wait=False)
        assert not lock_file(file, shared=True, wait=False)
        process.kill()
        process.wait()
        assert lock_file(file, wait=False)


def test_shared_locks_exclude_only_an_exclusive_one(tmp_path):
    path = tmp_path / "file"
    path.touch()
    handle = os.open(path, os.O_RDONLY)
    try:
        with held(path, "shared") as process:
            assert lock_file(handle, shared=True, wait=False)
            assert not lock_file(handle, wait=False)
            process.stdin.close()
            process.wait()
        assert lock_file(handle)
    finally:
        os.close(handle)
