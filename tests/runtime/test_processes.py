"""Processes of their own, which outlive what started them."""

import gc
import sys
import time

import psutil
import pytest

from striate.runtime import start_detached

WAITS = "import time; print('up', flush=True); time.sleep(60)"


def test_a_process_outlives_the_object_that_stands_for_it():
    """And Python does not warn of it: a warning would be an error here."""
    process = start_detached([sys.executable, "-c", WAITS])
    with process.stdout as output:
        assert output.readline().strip() == b"up"
    running = psutil.Process(process.pid)
    try:
        del process
        gc.collect()
        assert running.is_running() and running.status() != psutil.STATUS_ZOMBIE
    finally:
        running.kill()
    deadline = time.monotonic() + 60
    while running.is_running() and running.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_program_that_there_is_not():
    with pytest.raises(FileNotFoundError):
        start_detached(["/there/is/no/such/program"])
    gc.collect()
