"""A run directory and a small data set for the tests of the command line."""

import re

import pytest
from handwriting import digit
from running import here


@pytest.fixture(scope="session")
def run_directory(tmp_path_factory):
    """A run of two epochs, made by `striate train` in this process."""
    out = tmp_path_factory.mktemp("runs") / "first"
    done = here(
        "train",
        "lenet5:modern",
        "--data",
        "digits",
        "--out",
        out,
        "--epochs",
        2,
        "--batch-size",
        16,
        "--tensorboard",
        "--precision",
        "float32",
    )
    assert (out / "tensorboard").is_dir()
    assert done.returncode == 0, done
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0].startswith("epoch 1/2  loss ")
    assert re.fullmatch(r".*/first: validation accuracy \d\d\.\d\d% \(360 images\), trained in .* s", lines[-1])
    return out


@pytest.fixture(scope="session")
def drawn_digits(tmp_path_factory):
    """A folder of classes with six small pictures of each digit, for what takes long with more."""
    root = tmp_path_factory.mktemp("drawn")
    for number in range(10):
        (root / str(number)).mkdir()
        for copy in range(6):
            middle = (12 + copy, 14)
            picture = digit(number, size=(28, 28), height=20, middle=middle, pen=2, ink=255, paper=0)
            picture.save(root / str(number) / f"{copy}.png")
    return root
