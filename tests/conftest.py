"""Settings that every test shares."""

import os

os.environ["KERAS_BACKEND"] = "torch"
os.environ.setdefault("GOMP_SPINCOUNT", "10000")  # as the command line does: be a good neighbour
if "PYTEST_XDIST_WORKER" in os.environ:  # one of several processes of tests, which share the cores
    os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")

from hypothesis import HealthCheck, settings

# The machines are slow and shared, so no deadline; drawn cases are the same in every run.
settings.register_profile(
    "striate", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.load_profile("striate")
