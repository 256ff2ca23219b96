"""Shared by the tests of training."""

from pathlib import Path

import pytest

from striate.training import plots


@pytest.fixture(scope="module")
def without_plots():
    """The plots are empty files: drawing them takes longer than training here. `test_api.py` tests the real ones."""

    def touch(*arguments):
        (path,) = (argument for argument in arguments if isinstance(argument, Path))
        path.touch()

    with pytest.MonkeyPatch.context() as patch:
        for name in ("plot_curves", "plot_confusion", "plot_calibration", "plot_mistakes"):
            patch.setattr(plots, name, touch)
        yield
