"""More epochs than a run began with, by the rule of the schedule; and what they are refused for."""

import json
import shutil
from dataclasses import replace

import pytest
from trainings import DieAfter, assert_same_weights, weights

from striate.errors import TrainingError
from striate.tables import (
    Constant,
    Cosine,
    InverseTime,
    Milestones,
    OneCycle,
    Plateau,
    StepDecay,
    load_table,
)
from striate.training import Options, learning_rate, load_run_config, resume, train

pytestmark = pytest.mark.usefixtures("without_plots")
TABLE = load_table("lenet5:tiny")
STEPS = 6  # of 1,437 images in batches of 256
RECIPE = replace(TABLE.recipe, epochs=1, batch_size=256)
SCHEDULES = {
    "constant": Constant(),
    "one cycle": OneCycle(),
    "cosine": Cosine(),
    "step decay": StepDecay(every=1, factor=0.5),
    "milestones": Milestones(at=(0.5,), warm_up=1),
    "plateau": Plateau(patience=1),
    "inverse time": InverseTime(),
}
AS_FROM_THE_BEGINNING = {"constant", "step decay", "plateau"}  # what does not depend on the number of epochs


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_finished_run_is_trained_for_more_epochs_by_the_stated_rule(tmp_path, name):
    """From the next step on the learning rate is that of a run of so many epochs at that step."""
    recipe = replace(RECIPE, schedule=SCHEDULES[name])
    train(TABLE, "digits", tmp_path / "run", recipe=recipe)
    run = resume(tmp_path / "run", epochs=3)
    longer = replace(recipe, epochs=3)
    accuracies = [epoch.test_accuracy for epoch in run.history]
    expected = [learning_rate(recipe, STEPS - 1, STEPS)] + [
        learning_rate(longer, epoch * STEPS - 1, STEPS, accuracies[: epoch - 1]) for epoch in (2, 3)
    ]
    assert [epoch.learning_rate for epoch in run.history] == expected
    if name in AS_FROM_THE_BEGINNING:
        whole = train(TABLE, "digits", tmp_path / "whole", recipe=longer)
        assert_same_weights(weights(tmp_path / "run"), weights(whole.directory))
    card = (tmp_path / "run" / "README.md").read_text(encoding="utf-8")
    assert "Until step 6 it was to end after 1 epoch." in card
    assert "| epochs | 3 |" in card
    lines = (tmp_path / "run" / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2, 3]
    assert load_run_config(tmp_path / "run", finished=True).table.recipe == longer


def test_more_epochs_are_the_same_ones_when_they_are_interrupted(tmp_path):
    for name in ("run", "peaceful"):
        train(TABLE, "digits", tmp_path / name, recipe=RECIPE)
    with pytest.raises(KeyboardInterrupt):
        resume(tmp_path / "run", epochs=3, callbacks=[DieAfter(STEPS + 2)])
    with pytest.raises(KeyboardInterrupt):
        resume(tmp_path / "run", epochs=3, callbacks=[DieAfter(1)])  # the same command again
    assert len(resume(tmp_path / "run").history) == 3
    resume(tmp_path / "peaceful", epochs=3)
    assert_same_weights(weights(tmp_path / "run"), weights(tmp_path / "peaceful"))
    configs = [load_run_config(tmp_path / name, finished=True) for name in ("run", "peaceful")]
    assert configs[0].epochs_changes == configs[1].epochs_changes != ()


def test_an_unfinished_run_is_given_other_epochs_too(tmp_path):
    options = Options(checkpoint_seconds=0)
    with pytest.raises(KeyboardInterrupt):
        train(
            TABLE,
            "digits",
            tmp_path,
            recipe=replace(RECIPE, epochs=3),
            options=options,
            callbacks=[DieAfter(STEPS + 3)],
        )
    with pytest.raises(TrainingError, match="trained for 1 epoch; --epochs must be more: 1"):
        resume(tmp_path, epochs=1)
    assert len(resume(tmp_path, epochs=2).history) == 2


def test_what_more_epochs_are_refused_for(tmp_path):
    run = train(TABLE, "digits", tmp_path / "run", recipe=replace(RECIPE, epochs=2)).directory
    kept = weights(run)
    for epochs in (1, 2):
        with pytest.raises(TrainingError, match=f"trained for 2 epochs; --epochs must be more: {epochs}"):
            resume(run, epochs=epochs)
    with pytest.raises(TrainingError, match="this run is finished; --epochs N, with a larger N, trains it for more"):
        resume(run)
    shutil.rmtree(run / "checkpoints")
    with pytest.raises(
        TrainingError, match=r"no complete checkpoint to continue from; --from .* starts a new run from"
    ):
        resume(run, epochs=3)
    assert (run / "README.md").exists()
    assert_same_weights(weights(run), kept)


def test_a_run_that_its_accuracy_has_ended_is_left_as_it_is(tmp_path):
    ended = replace(RECIPE, epochs=9, patience=1, learning_rate=1e-9)
    run = train(TABLE, "digits", tmp_path / "run", recipe=ended)
    assert len(run.history) == 2
    with pytest.raises(TrainingError, match="ended after epoch 2, as its accuracy had not risen for 1 epoch; --from"):
        resume(run.directory, epochs=20)
    assert (run.directory / "README.md").exists()
