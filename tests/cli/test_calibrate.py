"""`striate calibrate`, and what `predict` says of a model with a threshold and of one without."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from running import fails, here

from striate.nn import Model, build, load_model, save_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model without a threshold, and the same with one; a digit that is none."""
    place = tmp_path_factory.mktemp("calibrated")
    path = place / "old.safetensors"
    save_model(path, Model(build("lenet5:tiny", seed=0), tuple("0123456789"), {}, {}))
    done = here("calibrate", path, "--data", "digits", "--false-alarms", "0.05", "--out", place / "new.safetensors")
    assert done.returncode == 0, done.stderr
    assert "none of these:" in done.stdout
    pixels = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
    Image.fromarray(pixels).save(place / "noise.png")
    return place


def predicted(folder, model, *options):
    done = here("predict", folder / model, folder / "noise.png", "--json", *options)
    assert done.returncode == 0, done.stderr
    (one,) = json.loads(done.stdout)["predictions"]
    return one


def test_weights_stay_as_they_are(folder):
    old, new = (load_model(folder / name) for name in ("old.safetensors", "new.safetensors"))
    assert all(torch.equal(a, b) for a, b in zip(old.network.parameters(), new.network.parameters(), strict=True))
    assert old.reliability is None
    assert new.reliability.false_alarms == 0.05


def test_noise_is_none_of_these(folder):
    assert predicted(folder, "new.safetensors")["none_of_these"] is True
    done = here("predict", folder / "new.safetensors", folder / "noise.png", "--set", "0.9")
    assert "noise.png: none of these: less like the training data than 95% of it" in done.stdout
    assert "noise.png: 90% set: " in done.stdout


def test_raw_is_what_an_old_file_says(folder):
    old, raw = predicted(folder, "old.safetensors"), predicted(folder, "new.safetensors", "--raw")
    assert old["top"] == raw["top"]
    assert "none_of_these" not in old


def test_an_old_file_says_that_it_has_no_threshold(folder):
    done = here("predict", folder / "old.safetensors", folder / "noise.png")
    assert done.returncode == 0
    assert "has no threshold for none of these; `striate calibrate` makes one" in done.stderr
    line = fails("predict", folder / "old.safetensors", folder / "noise.png", "--set", "0.9", run=here)
    assert "has no prediction sets" in line


def test_what_cannot_be_calibrated(folder):
    assert "--out FILE is needed" in fails("calibrate", "lenet5", "--data", "digits", code=2, run=here)
    assert "--data is needed" in fails("calibrate", folder / "old.safetensors", code=2, run=here)
