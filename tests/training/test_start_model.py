"""A run that starts from the weights of a model: one's own, of the same network, with the same classes or others."""

import shutil
from dataclasses import replace

import pytest
import torch
from trainings import DieAfter, assert_same_weights, weights

from striate.data import load_dataset
from striate.errors import TrainingError
from striate.nn import class_rows, load_model
from striate.tables import load_table
from striate.training import Callback, resume, train

pytestmark = pytest.mark.usefixtures("without_plots")
TABLE = load_table("minivggnet:tiny")
STEPS = 6  # of 1,437 images in batches of 256
RECIPE = replace(TABLE.recipe, epochs=1, batch_size=256)


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    return train(TABLE, "digits", tmp_path_factory.mktemp("first") / "run", recipe=RECIPE).directory


class First(Callback):
    """Keeps the weights before the first step, and ends the training there."""

    def on_network(self, network):
        self.state = {name: tensor.clone() for name, tensor in network.state_dict().items()}

    def on_step(self, _progress):
        raise KeyboardInterrupt


def first_weights(tmp_path, data, **arguments):
    callback = First()
    with pytest.raises(KeyboardInterrupt):
        train(TABLE, data, tmp_path / "new", recipe=RECIPE, callbacks=[callback], **arguments)
    return callback.state


def fewer_classes():
    digits = load_dataset("digits", TABLE).train
    chosen = [index for index, label in enumerate(digits.labels.tolist()) if label < 4]
    pixels = torch.stack([torch.from_numpy(digits.pictures[index].copy()) for index in chosen]).squeeze(-1)
    return pixels, digits.labels[chosen]


@pytest.mark.parametrize("what", ["directory", "file"])
def test_a_run_starts_from_the_weights_of_a_model(tmp_path, first, what):
    model = first if what == "directory" else first / "model.safetensors"
    assert_same_weights(first_weights(tmp_path, "digits", start_from=model), weights(first))


def test_with_other_classes_the_rows_that_name_them_are_new(tmp_path, first):
    state = first_weights(tmp_path, fewer_classes(), start_from=first)
    new = class_rows(TABLE, state)
    expected = weights(first)
    assert 0 < len(new) < len(state)
    kept = state.keys() - new.keys()
    assert_same_weights({name: state[name] for name in kept}, {name: expected[name] for name in kept})
    fresh = first_weights(tmp_path, fewer_classes())
    assert_same_weights(new, {name: fresh[name] for name in new})


def test_the_start_is_recorded_and_not_needed_once_there_is_a_checkpoint(tmp_path, first):
    copy, out = tmp_path / "copy.safetensors", tmp_path / "run"
    shutil.copy(first / "model.safetensors", copy)
    recipe = replace(RECIPE, epochs=2)
    with pytest.raises(KeyboardInterrupt):
        train(TABLE, "digits", out, recipe=recipe, start_from=copy, callbacks=[DieAfter(STEPS + 1)])
    copy.unlink()
    resume(out)
    whole = train(TABLE, "digits", tmp_path / "whole", recipe=recipe, start_from=first).directory
    assert_same_weights(weights(out), weights(whole))
    assert load_model(out).training["start_from"]["model"] == str(copy)
    assert "From the weights of " in (out / "README.md").read_text(encoding="utf-8")


def test_before_there_is_a_checkpoint_the_start_must_be_the_same_file(tmp_path, first):
    copy, out = tmp_path / "copy.safetensors", tmp_path / "run"
    shutil.copy(first / "model.safetensors", copy)
    train(TABLE, "digits", out, recipe=RECIPE, start_from=copy)
    (out / "README.md").unlink()
    shutil.rmtree(out / "checkpoints")
    other = train(TABLE, "digits", tmp_path / "other", recipe=replace(RECIPE, seed=1)).directory
    shutil.copy(other / "model.safetensors", copy)
    with pytest.raises(TrainingError, match=r"copy\.safetensors: is no longer the file that the run starts from"):
        resume(out)


@pytest.mark.parametrize(
    ("table", "difference"),
    [
        (load_table("minivggnet"), "its input is 3x16x16, not 3x32x32"),
        (
            replace(TABLE, rows=(replace(TABLE.rows[0], maps=5), *TABLE.rows[1:])),
            f"row {TABLE.rows[0].name} is another",
        ),
        (replace(TABLE, preprocessing=replace(TABLE.preprocessing, mean=(0.25,))), "its preprocessing is another"),
    ],
    ids=["input", "rows", "preprocessing"],
)
def test_another_network_is_refused(tmp_path, first, table, difference):
    with pytest.raises(TrainingError, match=f"its network is not that of table {table.name}: {difference}"):
        train(table, "digits", tmp_path / "run", recipe=RECIPE, start_from=first)
    assert not (tmp_path / "run").exists()
