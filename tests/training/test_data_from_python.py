"""Runs on arrays and torch Datasets, and how they are resumed; callbacks."""

import json
import re
from dataclasses import replace

import pytest
import torch
from PIL import Image
from running import fails, here
from torch.utils.data import TensorDataset
from trainings import DieInEpoch, assert_same_weights, weights

import striate
from striate.data import load_named
from striate.errors import TrainingError
from striate.nn import load_model
from striate.tables import load_table

pytestmark = pytest.mark.usefixtures("without_plots")
TABLE = load_table("lenet5:tiny")
TABLE = replace(TABLE, recipe=replace(TABLE.recipe, epochs=2, batch_size=50))


def digits(images=300):
    """Arrays (N, height, width) and labels (N,)."""
    some = load_named("digits").train.subset(list(range(images)))
    pixels = torch.stack([torch.from_numpy(some.pictures[index].copy()) for index in range(images)])
    return pixels[..., 0], some.labels


IMAGES, LABELS = digits()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    return striate.train(TABLE, (IMAGES, LABELS), tmp_path_factory.mktemp("runs") / "run").directory


@pytest.fixture
def interrupted(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        striate.train(TABLE, (IMAGES, LABELS), tmp_path / "run", callbacks=[DieInEpoch(2)])
    return tmp_path / "run"


def test_the_run_directory_records_what_kind_of_data_it_was(uninterrupted):
    config = json.loads((uninterrupted / "run.json").read_text(encoding="utf-8"))
    assert (config["data"], config["data_kind"]) == ("arrays", "arrays")
    model = load_model(uninterrupted)
    assert model.classes == tuple("0123456789")
    assert model.training["data"] == "arrays"
    card = (uninterrupted / "README.md").read_text(encoding="utf-8")
    assert "arrays: arrays given from Python." in card
    assert "striate predict . samples/0.png" in card
    assert "striate evaluate" not in card  # no command can name the data


def test_a_torch_dataset_of_the_same_images_gives_the_same_weights(uninterrupted, tmp_path):
    dataset = TensorDataset(IMAGES, LABELS)
    striate.train(TABLE, dataset, tmp_path / "run")
    assert_same_weights(weights(tmp_path / "run"), weights(uninterrupted))
    config = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert (config["data"], config["data_kind"]) == ("TensorDataset", "torch")


def test_it_resumes_to_the_same_weights_when_the_data_are_given_again(interrupted, uninterrupted):
    run = striate.resume(interrupted, (IMAGES.numpy(), LABELS.numpy()))
    assert [epoch.epoch for epoch in run.history] == [1, 2]
    assert_same_weights(weights(interrupted), weights(uninterrupted))


def test_without_the_data_one_line_says_how_it_is_resumed(interrupted):
    words = (
        f"{interrupted}: its data (arrays) were given from Python; resume it from Python:"
        f" striate.resume({str(interrupted)!r}, data)"
    )
    with pytest.raises(TrainingError, match=f"^{re.escape(words)}$"):
        striate.resume(interrupted)
    assert fails("train", "--resume", interrupted, run=here) == f"striate: {words}"


def test_other_pixels_are_refused_though_sizes_and_labels_are_the_same(interrupted):
    others = IMAGES.clone()
    others[0] = 255 - others[0]
    with pytest.raises(TrainingError, match="the images of arrays are not those that the run began with"):
        striate.resume(interrupted, (others, LABELS))


def test_a_run_that_began_with_arrays_does_not_resume_with_a_name(interrupted):
    with pytest.raises(TrainingError, match="the images of digits are not those that the run began with"):
        striate.resume(interrupted, "digits")


def test_a_folder_may_be_a_path_and_may_move(tmp_path, monkeypatch):
    for index, (image, label) in enumerate(zip(IMAGES.numpy(), LABELS.tolist(), strict=True)):
        path = tmp_path / "pictures" / str(label) / f"{index:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(KeyboardInterrupt):
        striate.train(TABLE, tmp_path / "pictures", tmp_path / "run", callbacks=[DieInEpoch(2)])
    config = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert (config["data"], config["data_kind"]) == (str(tmp_path / "pictures"), "folder")
    (tmp_path / "pictures").rename(tmp_path / "moved")
    striate.resume(tmp_path / "run", tmp_path / "moved")
    striate.train(TABLE, tmp_path / "moved", tmp_path / "uninterrupted")
    assert_same_weights(weights(tmp_path / "run"), weights(tmp_path / "uninterrupted"))
    config = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert config["data"] == str(tmp_path / "moved")


def test_every_callback_is_called_in_order(tmp_path):
    calls = []

    class Recorder(striate.Callback):
        def __init__(self, name):
            self.name = name

        def on_start(self, device):
            calls.append((self.name, "start", device.startswith("c")))

        def on_epoch(self, epoch):
            calls.append((self.name, "epoch", epoch.epoch))

    striate.train(TABLE, (IMAGES, LABELS), tmp_path / "run", callbacks=[Recorder("a"), Recorder("b")])
    assert calls == [
        ("a", "start", True), ("b", "start", True), ("a", "epoch", 1), ("b", "epoch", 1), ("a", "epoch", 2), ("b", "epoch", 2),
    ]  # fmt: skip
