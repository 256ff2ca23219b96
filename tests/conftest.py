"""Settings that every test shares."""

import os

os.environ["KERAS_BACKEND"] = "torch"
os.environ.setdefault("GOMP_SPINCOUNT", "10000")  # as the command line does: be a good neighbour
if "PYTEST_XDIST_WORKER" in os.environ:  # one of several processes of tests, which share the cores
    os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")

import pytest
from hypothesis import HealthCheck, settings

# The machines are slow and shared, so no deadline; drawn cases are the same in every run.
settings.register_profile(
    "striate", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.load_profile("striate")


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
