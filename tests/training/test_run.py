"""A run directory: what is in it, what is refused, what an interruption leaves."""

import json
from dataclasses import replace

import pytest
import torch
from PIL import Image

from striate.data.named import load_named
from striate.errors import DataError, TableError, TrainingError
from striate.inference.predictor import Predictor
from striate.nn import model_file
from striate.nn.model_file import FILE_NAME, load
from striate.tables import ARCHITECTURES, Recipe, load_table
from striate.tables.recipe import Constant
from striate.training import sitting
from striate.training.run import train
from striate.training.watching import Watcher

QUICK = replace(load_table("lenet5").recipe, epochs=2)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return train("lenet5", "digits", tmp_path_factory.mktemp("runs") / "quick", recipe=QUICK)


def test_the_directory_holds_everything(run):
    names = sorted(path.name for path in run.directory.iterdir())
    assert names == [
        "README.md", "best.safetensors", "calibration.png", "checkpoints", "confusion.png", "curves.png",
        "metrics.jsonl", "mistakes.png", "model.safetensors", "run.json", "samples",
    ]  # fmt: skip
    assert sorted(path.stem for path in (run.directory / "samples").iterdir()) == list("0123456789")
    lines = [json.loads(line) for line in (run.directory / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2]
    assert lines[-1]["test_accuracy"] == pytest.approx(run.scores.top1)
    with Image.open(run.directory / "curves.png") as curves:
        assert curves.size[0] > 800


def test_the_model_card_states_data_recipe_time_and_scores(run):
    card = (run.directory / "README.md").read_text()
    for fact in (
        f"{run.scores.top1:.2%}",
        "360 held-out images",
        "1,437 images",
        "equation 9",
        "| seed | 0 |",
        f"{run.seconds:.1f} s",
    ):
        assert fact in card
    assert "samples/0.png" in card


def test_the_model_is_that_of_the_last_epoch(run):
    model = load(run.directory)
    assert model.training["epochs"] == 2
    assert model.scores["top1"] == pytest.approx(run.scores.top1)
    assert model.network.table.recipe == QUICK
    assert model.network.table.preprocessing.light_on_dark


def test_the_samples_are_read_as_the_data_set_is(run):
    predictor = Predictor.load(run.directory)
    digits = load_named("digits").held_out
    first = int((digits.labels == 7).nonzero()[0])
    (from_file,) = predictor.predict([run.directory / "samples" / "7.png"], top=10)
    straight = predictor.probabilities(torch.from_numpy(digits.pictures[first].copy())[None].permute(0, 3, 1, 2))[0]
    assert dict(from_file.top) == pytest.approx({str(c): p for c, p in enumerate(straight.tolist())}, abs=1e-6)


def test_an_existing_directory_is_left_as_it_is(tmp_path):
    (tmp_path / "kept").touch()
    with pytest.raises(TrainingError, match="exists already"):
        train("lenet5", "digits", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_nothing_is_made_before_everything_fits(tmp_path):
    with pytest.raises(DataError, match="no folder and no data set 'nothing'"):
        train("lenet5", "nothing", tmp_path / "run")
    with pytest.raises(TableError, match="unknown network"):
        train("nothing", "digits", tmp_path / "run")
    alone = replace(load_table("minivggnet").recipe, batch_size=1)
    with pytest.raises(TrainingError, match="row bn3 normalizes over the batch and needs at least 2 images"):
        train("minivggnet", "digits", tmp_path / "run", recipe=alone)
    assert not (tmp_path / "run").exists()


class StopAfter(Watcher):
    """Raises when an epoch, or a step of the first one, is done."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_step(self, progress):
        if progress.epoch > self.epoch:
            raise KeyboardInterrupt


def test_what_ends_a_training_leaves_the_model_of_the_last_finished_epoch(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train("lenet5", "digits", tmp_path / "run", recipe=QUICK, watcher=StopAfter(1))
    assert load(tmp_path / "run").training["epochs"] == 1


def test_before_that_it_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train("lenet5", "digits", tmp_path / "run", recipe=QUICK, watcher=StopAfter(0))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("epoch", [1, 2])
def test_a_full_disk_names_the_run_and_what_is_left(tmp_path, monkeypatch, epoch):
    written = []

    def save(path, model):
        if path.name == FILE_NAME and len(written) + 1 == epoch:
            raise OSError(28, "No space left on device")
        written.extend([path] if path.name == FILE_NAME else [])
        model_file.save(path, model)

    monkeypatch.setattr(sitting, "save", save)
    with pytest.raises(TrainingError, match="run: No space left on device; ") as caught:
        train("lenet5", "digits", tmp_path / "run", recipe=QUICK)
    assert ("nothing was kept" in str(caught.value)) == (epoch == 1)
    assert (tmp_path / "run").exists() == (epoch == 2)


def test_a_held_out_loss_that_is_no_number_stops_too(tmp_path):
    one_wild_step = Recipe(epochs=1, batch_size=2000, learning_rate=1e30)
    with pytest.raises(TrainingError, match=r"the held-out loss is (nan|inf) after epoch 1.*nothing was kept"):
        train("lenet5:modern", "digits", tmp_path / "run", recipe=one_wild_step)
    assert not (tmp_path / "run").exists()


def test_a_run_that_diverges_says_so(tmp_path):
    wild = replace(load_table("lenet5:modern").recipe, learning_rate=1e30, schedule=Constant())
    with pytest.raises(TrainingError, match=r"the loss is .* at step"):
        train("lenet5:modern", "digits", tmp_path / "run", recipe=wild)


@pytest.mark.parametrize("name", [name for name in ARCHITECTURES if name.startswith("lenet5")])
def test_every_lenet_learns_digits(name, tmp_path):
    recipe = replace(ARCHITECTURES[name].recipe, epochs=8, batch_size=16)
    assert train(name, "digits", tmp_path / "run", recipe=recipe).scores.top1 > 0.9


def test_the_demo_reaches_97_percent_within_30_seconds(tmp_path):
    """`make demo`: the paper's LeNet-5 by its own recipe, but smaller batches, since these digits are few."""
    result = train("lenet5", "digits", tmp_path / "run", recipe=replace(load_table("lenet5").recipe, batch_size=16))
    assert result.scores.top1 >= 0.97
    assert result.seconds < 30
    assert torch.isfinite(torch.tensor(result.scores.loss))
