"""What the system says of the machine, and what a process changes of itself."""

import os
import subprocess
import sys

import psutil
import pytest

from striate.runtime import available_cores, machine_memory


def test_the_memory_is_that_of_the_machine():
    assert machine_memory() == psutil.virtual_memory().total


@pytest.mark.skipif(not hasattr(psutil.Process, "cpu_affinity"), reason="no process chooses its cores here")
def test_the_cores_are_those_that_this_process_may_use():
    allowed = psutil.Process().cpu_affinity()
    assert available_cores() == len(allowed)
    try:
        psutil.Process().cpu_affinity(allowed[:1])
        assert available_cores() == 1
    finally:
        psutil.Process().cpu_affinity(allowed)


def test_without_a_choice_of_cores_they_are_all_of_the_machine(monkeypatch):
    monkeypatch.delattr(psutil.Process, "cpu_affinity", raising=False)
    assert available_cores() == os.cpu_count()


def nice_of(code):
    """How nice a process is that has run some code."""
    program = f"import psutil\nfrom striate.runtime import lower_priority\n{code}\nprint(psutil.Process().nice())"
    return int(
        subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True).stdout
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has classes of priority")
def test_a_lower_priority_is_five_steps_nicer():
    before = nice_of("")
    assert nice_of("lower_priority()") == min(19, before + 5)
    assert nice_of("lower_priority()\n" * 5) == 19


def limit_after(code):
    """The limit of open files after some code, in a process that begins with 100 of at most 300."""
    resource = pytest.importorskip("resource")
    assert resource
    program = f"""
import resource
from striate.runtime import allow_open_files
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 300))
{code}
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""
    return int(
        subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True).stdout
    )


def test_open_files_are_allowed_as_far_as_the_system_does():
    assert limit_after("allow_open_files(200)") == 200
    assert limit_after("allow_open_files(1000)") == 300
    assert limit_after("allow_open_files(50)") == 100
    refuses = "def refuse(*_): raise ValueError\nresource.setrlimit = refuse\n"
    assert limit_after(f"{refuses}allow_open_files(200)") == 100  # macOS allows fewer than it says
