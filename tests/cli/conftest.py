"""A run directory for the tests of the command line."""

import re

import pytest
from running import striate


@pytest.fixture(scope="session")
def run_directory(tmp_path_factory):
    """A run of two epochs, made by `striate train`."""
    out = tmp_path_factory.mktemp("runs") / "first"
    done = striate(
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
