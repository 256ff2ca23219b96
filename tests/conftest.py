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
from browser import browser
from hypothesis import HealthCheck, settings

# The machines are slow and shared, so no deadline; drawn cases are the same in every run.
settings.register_profile(
    "striate", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.load_profile("striate")

# A shell lets what it starts in the background ignore Ctrl-C, and so would the processes that the tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _denormals():
    """As a process begins. Training and inference flush denormals to zero, and Hypothesis then draws no float."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_flush_denormal(False)


def pytest_addoption(parser):
    parser.addoption(
        "--as-if", choices=("float32", "bfloat16"), help="the precision that auto chooses, whatever this machine's CPU"
    )


def pytest_configure(config):
    """With --as-if: in this process and in those that it starts, workers of pytest-xdist too (`startup/as_if.py`)."""
    config.option.loadscopereorder = False  # keep the order of `pytest_collection_modifyitems` with pytest-xdist
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


LONGEST = (
    "test_contract.py", "test_without_posix.py", "cli/test_demo.py", "lab/test_train.py", "training/test_session.py",
    "training/test_distributed.py", "training/test_resume.py", "cli/test_evaluate.py", "cli/test_inspect.py",
    "inspection/test_sections.py", "test_gpu_benchmark.py", "cli/test_cli.py", "cli/test_screens.py",
    "cli/test_what_goes_wrong.py", "cli/test_predict.py", "cli/test_paths.py", "cli/test_serve.py",
    "test_compatibility.py", "studies/test_ablation.py", "cli/test_ablate.py", "docs/test_training_from_python.py", "cli/test_device.py",
)  # fmt: skip
"""The files that take longest come first: a worker that began one at the end would leave the others without work."""


def pytest_collection_modifyitems(items):
    """The longest files first. Make the stand-in for a GPU known before any test has computed, if a test needs it."""
    place = {f"/{name}": number for number, name in enumerate(LONGEST)}

    def rank(item):
        path = item.path.as_posix()
        return min((number for name, number in place.items() if path.endswith(name)), default=len(place))

    items.sort(key=rank)
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


@pytest.fixture(scope="module")
def without_plots():
    """A run's plots are empty files: drawing them takes longer than training here. `test_api.py` tests the real ones."""
    from striate.training import plots

    def touch(*arguments):
        (path,) = (argument for argument in arguments if isinstance(argument, Path))
        path.touch()

    with pytest.MonkeyPatch.context() as patch:
        for name in ("plot_curves", "plot_confusion", "plot_calibration", "plot_mistakes"):
            patch.setattr(plots, name, touch)
        yield


@pytest.fixture(scope="session")
def chromium():
    """The one browser of a process of tests: Playwright can be open once at a time."""
    with browser() as running:
        yield running
