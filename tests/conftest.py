"""Settings that every test shares."""

import os
import signal
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"
os.environ.setdefault("GOMP_SPINCOUNT", "10000")  # as the command line does: be a good neighbour
if "PYTEST_XDIST_WORKER" in os.environ:  # one of several processes of tests, which share the cores
    os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")
os.environ.setdefault("PYTHONUTF8", "1")  # of the processes that tests start: what they print is read as UTF-8

import pytest
from hypothesis import HealthCheck, settings

# The machines are slow and shared, so no deadline; drawn cases are the same in every run.
settings.register_profile(
    "striate", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.load_profile("striate")

# A shell lets what it starts in the background ignore Ctrl-C, and so would the processes that the tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser):
    parser.addoption(
        "--as-if", choices=("float32", "bfloat16"), help="the precision that auto chooses, whatever this machine's CPU"
    )


def pytest_configure(config):
    """With --as-if: in this process and in those that it starts, workers of pytest-xdist too (`startup/as_if.py`)."""
    precision = config.getoption("as_if")
    if precision is None or "as_if" in sys.modules:  # a worker has imported it as it started
        return
    startup = str(Path(__file__).parent / "startup")
    os.environ["STRIATE_TEST_AS_IF"] = precision
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [startup, os.environ.get("PYTHONPATH")]))
    sys.path.insert(0, startup)
    import as_if  # noqa: F401


def pytest_report_header(config):
    precision = config.getoption("as_if")
    return f"as if the CPU were fast at {precision}" if precision else None


def pytest_collection_modifyitems(items):
    """Make the stand-in for a GPU known before any test has computed, if a test needs it."""
    if any("device" in getattr(item, "fixturenames", ()) for item in items):
        import devices

        devices.register()


@pytest.fixture
def device(monkeypatch):
    """The stand-in for a GPU, as torch's accelerator; nothing else names a device."""
    import devices

    monkeypatch.delenv("STRIATE_DEVICE", raising=False)
    with devices.stand_in() as state:
        yield state
