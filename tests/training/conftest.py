"""What the tests of trainings share."""

from pathlib import Path

import pytest

from striate.training import plots


@pytest.fixture(scope="module")
def without_pictures():
    """Runs end with empty pictures: drawing them takes longer than training here. `test_run.py` looks at real ones."""

    def touch(*arguments):
        (path,) = (argument for argument in arguments if isinstance(argument, Path))
        path.touch()

    with pytest.MonkeyPatch.context() as patch:
        for name in ("plot_curves", "plot_confusion", "plot_calibration", "plot_mistakes"):
            patch.setattr(plots, name, touch)
        yield
