"""Replay: which steps, the files, the same after any interruption; and every snapshot computed again bit for bit."""

import json
import shutil
import signal
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from trainings import DieAfter, assert_same_weights, weights

from striate.data import load_dataset
from striate.errors import TrainingError
from striate.inference import Predictor
from striate.nn import build, load_model
from striate.runtime import TrainingInterrupted, find_device
from striate.tables import BatchNorm, Conv, Dense, Dropout, Plateau, RandomTranslation, Recipe, Rotation, Table
from striate.training import (
    REPLAY_FOLDER,
    REPLAY_PICTURE_NAME,
    Callback,
    Options,
    Trainer,
    find_snapshots,
    load_run_config,
    recompute,
    replay_steps,
    resume,
    session,
    train,
)
from striate.training.checkpoint import CHECKPOINTS_FOLDER

pytestmark = pytest.mark.usefixtures("without_plots")
TABLE = Table(
    "tiny",
    (1, 8, 8),
    (Conv("c", maps=4, kernel=3), BatchNorm("b", activation="relu"), Dropout("d", rate=0.2), Dense("out", units=10)),
)
AUGMENTED = Recipe(epochs=3, batch_size=256, augmentation=(RandomTranslation(cells=1), Rotation()), ema=0.9)
RECIPES = {
    "a mean of weights": AUGMENTED,
    "ended by the accuracy": replace(
        AUGMENTED, ema=None, schedule=Plateau(patience=1), gradient_clip=0.1, epochs=9, learning_rate=1e-9, patience=1
    ),
}
EPOCH = 6  # steps: 1,437 images in batches of 256
SNAPSHOTS = 7
FLOAT32 = Options(precision="float32", device="cpu")


def train_recipe(recipe, out, *, replay=SNAPSHOTS, callbacks=(), seconds=300.0):
    options = replace(FLOAT32, checkpoint_seconds=seconds)
    return train(TABLE, "digits", out, recipe=recipe, replay=replay, options=options, callbacks=callbacks)


def files(run):
    """The content of each file of a run's replay."""
    return {path.name: path.read_bytes() for path in (run / REPLAY_FOLDER).iterdir()}


@pytest.mark.parametrize("snapshots", [2, 3, 4, 8, 30])
@pytest.mark.parametrize("steps", [1, 2, 7, 29, 100, 10**6])
def test_the_first_step_the_last_and_geometric_ones_between_each_once(snapshots, steps):
    found = replay_steps(snapshots, steps)
    assert (found[0], found[-1]) == (0, steps)
    assert len(found) == min(snapshots, steps + 1)
    gaps = np.diff(found)
    assert (gaps > 0).all()
    assert (np.diff(gaps) >= -1).all()  # ever wider, but for rounding
    if steps == 10**6 and snapshots == 8:
        assert found == (0, 1, 10, 100, 1000, 10**4, 10**5, 10**6)


@pytest.fixture(scope="module", params=RECIPES)
def uninterrupted(request, tmp_path_factory):
    """A recipe, and its run without interruption."""
    recipe = RECIPES[request.param]
    out = tmp_path_factory.mktemp("runs") / "run"
    run = train_recipe(recipe, out)
    return recipe, out, EPOCH * len(run.history)


def test_every_snapshot_is_what_its_step_gives_when_it_is_computed_again(uninterrupted):
    recipe, run, last = uninterrupted
    found = find_snapshots(run)
    planned = replay_steps(SNAPSHOTS, EPOCH * recipe.epochs)
    assert list(found) == sorted({*(step for step in planned if step < last), last})
    for step, path in found.items():
        assert_same_weights(weights(path), recompute(run, step, options=FLOAT32).state_dict())
        training = load_model(path).training
        assert (training["step"], training["data"]) == (step, "digits")
    assert_same_weights(weights(found[0]), build(load_model(run).network.table, seed=0).state_dict())
    if recipe.patience is None:  # else the model is that of the best epoch
        assert_same_weights(weights(found[last]), weights(run))


@pytest.mark.parametrize(
    ("steps", "seconds"), [(2, 0.0), (EPOCH, 0.0), (EPOCH + 1, 0.0), (EPOCH + 1, 300.0), (2 * EPOCH - 1, 300.0)]
)
@pytest.mark.parametrize("beginning", [False, True], ids=["from a checkpoint", "from the beginning"])
def test_a_run_that_died_and_was_resumed_has_the_same_files(uninterrupted, tmp_path, steps, seconds, beginning):
    """From the checkpoint of the step before, or of the end of the first epoch."""
    recipe, run, _ = uninterrupted
    out = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        train_recipe(recipe, out, callbacks=[DieAfter(steps)], seconds=seconds)
    (out / REPLAY_FOLDER / ".00000001.safetensors.a_b0c1d2").touch()  # as by a kill
    (out / REPLAY_FOLDER / f"{steps + 1:08}.safetensors").touch()  # of a step that is done again
    if beginning:
        shutil.rmtree(out / CHECKPOINTS_FOLDER)
    resume(out, options=FLOAT32)
    assert files(out) == files(run)


def test_it_is_computed_from_the_nearest_checkpoint(tmp_path, monkeypatch):
    run = train_recipe(AUGMENTED, tmp_path / "run", seconds=0.0).directory
    done = []
    step_of = Trainer.train_step
    monkeypatch.setattr(Trainer, "train_step", lambda self, batch: done.append(1) or step_of(self, batch))
    first, last = (int(path.name) for path in sorted((run / CHECKPOINTS_FOLDER).iterdir()))
    for step, steps in [(last, 0), (first, 0), (first - 1, first - 1), (5, 5), (0, 0)]:
        done.clear()
        recompute(run, step, options=FLOAT32)
        assert len(done) == steps
    checkpoints = sorted((run / CHECKPOINTS_FOLDER).iterdir())
    checkpoints[0].rename(run / CHECKPOINTS_FOLDER / "00000099")  # later than every step: not for them
    done.clear()
    assert_same_weights(recompute(run, last, options=FLOAT32).state_dict(), weights(run))
    assert not done


def test_more_epochs_go_on_by_their_own_plan(tmp_path):
    run = train_recipe(AUGMENTED, tmp_path / "run").directory
    before = files(run)
    resume(run, epochs=5)
    planned, more = (replay_steps(SNAPSHOTS, EPOCH * epochs) for epochs in (3, 5))
    assert list(find_snapshots(run)) == [*planned, *(step for step in more if step > 3 * EPOCH)]
    assert {name: content for name, content in files(run).items() if name in before} == before
    for step, path in find_snapshots(run).items():  # by the learning rates of 3 epochs, then of 5
        assert_same_weights(weights(path), recompute(run, step, options=FLOAT32).state_dict())


def test_fewer_epochs_leave_no_snapshot_of_a_step_that_is_done_in_another_way(tmp_path):
    out = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        train_recipe(replace(AUGMENTED, epochs=9), out, callbacks=[DieAfter(2 * EPOCH)])
    assert max(find_snapshots(out)) == 2 * EPOCH - 1
    resume(out, epochs=2, options=FLOAT32)  # from the checkpoint of the first epoch
    before, after = replay_steps(SNAPSHOTS, 9 * EPOCH), replay_steps(SNAPSHOTS, 2 * EPOCH)
    found = find_snapshots(out)
    assert list(found) == [step for step in before if step <= EPOCH] + [step for step in after if step > EPOCH]
    for step, path in found.items():
        assert_same_weights(weights(path), recompute(out, step, options=FLOAT32).state_dict())


def test_the_picture_is_the_first_of_validation_and_is_predicted_as_in_the_training(uninterrupted):
    _, run, last = uninterrupted
    dataset = load_dataset("digits", load_run_config(run, finished=True).table)
    path = run / REPLAY_FOLDER / REPLAY_PICTURE_NAME
    with Image.open(path) as picture:
        assert np.array_equal(np.asarray(picture), dataset.validation.pictures[0].squeeze(2))
    snapshot = Predictor.load(find_snapshots(run)[last])
    assert snapshot.model.training["picture"] == dataset.classes[int(dataset.validation.labels[0])]
    trainer = Trainer(snapshot.model.network, dataset, device=find_device("float32", device="cpu"))
    expected = dict(zip(dataset.classes, trainer.evaluate()[0].softmax(0).tolist(), strict=True))
    assert dict(snapshot.predict(path, top=len(dataset.classes)).top) == pytest.approx(expected, abs=1e-5)


def test_without_it_there_is_no_folder_and_nothing_in_the_run_says_so(tmp_path):
    run = train_recipe(AUGMENTED, tmp_path / "run", replay=0).directory
    assert not (run / REPLAY_FOLDER).exists()
    assert find_snapshots(run) == {}
    document = json.loads((run / "run.json").read_text(encoding="utf-8"))
    del document["replay"]  # as a version wrote it that knew none
    (run / "run.json").write_text(json.dumps(document), encoding="utf-8")
    assert load_run_config(run, finished=True).replay == 0


def test_the_weights_are_those_of_a_run_without_it(uninterrupted, tmp_path):
    recipe, run, _ = uninterrupted
    assert_same_weights(weights(train_recipe(recipe, tmp_path / "run", replay=0).directory), weights(run))


@pytest.mark.parametrize("snapshots", [1, -1])
def test_one_snapshot_is_no_replay(tmp_path, snapshots):
    line = f"replay: expected at least 2 snapshots, or 0 for none, got {snapshots}"
    with pytest.raises(TrainingError, match=line):
        train_recipe(AUGMENTED, tmp_path / "run", replay=snapshots)
    assert not (tmp_path / "run").exists()


def test_a_snapshot_that_cannot_be_written_ends_the_training_in_one_line(tmp_path, monkeypatch):
    def full(_run, step, _model):
        if step > EPOCH:
            raise OSError(28, "No space left on device")

    out = tmp_path / "run"
    with monkeypatch.context() as patch, pytest.raises(TrainingError) as caught:
        patch.setattr(session, "save_snapshot", full)
        train_recipe(AUGMENTED, out)
    line = f"{out}: No space left on device; the checkpoint of step {EPOCH} is saved, and --resume continues from it"
    assert str(caught.value) == line
    resume(out, options=FLOAT32)
    assert max(find_snapshots(out)) == 3 * EPOCH


def test_a_step_that_the_run_has_not_and_data_that_are_missing(uninterrupted, tmp_path):
    recipe, run, last = uninterrupted
    for step in (-1, EPOCH * recipe.epochs + 1):
        with pytest.raises(TrainingError, match=rf"has steps 0 to {EPOCH * recipe.epochs}, so there is no step {step}"):
            recompute(run, step)
    if recipe.patience is not None:
        with pytest.raises(TrainingError, match=f"ends after step {last}, so there is no step {last + 1}"):
            recompute(run, last + 1)
    with pytest.raises(TrainingError, match="there is no such directory"):
        recompute(tmp_path / "none", 0)
    images = torch.randint(256, (40, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(40) % 2
    given = train(TABLE, (images, labels), tmp_path / "given", replay=2, options=FLOAT32).directory
    with pytest.raises(TrainingError, match="were given from Python"):
        recompute(given, 1)
    with pytest.raises(TrainingError, match="the images of arrays are not those that the run began with"):
        recompute(given, max(find_snapshots(given)), (images + 1, labels))
    for step, path in find_snapshots(given).items():
        assert_same_weights(weights(path), recompute(given, step, (images, labels), options=FLOAT32).state_dict())


class Interrupt(Callback):
    """Asks the training to stop in this step, as a signal would."""

    def __init__(self, steps):
        self.steps_left = steps

    def on_step(self, _progress):
        self.steps_left -= 1
        if self.steps_left == 0:
            signal.raise_signal(signal.SIGTERM)


def test_a_run_that_is_interrupted_has_the_snapshots_up_to_there(uninterrupted, tmp_path):
    recipe, run, _ = uninterrupted
    with pytest.raises(TrainingInterrupted):
        train_recipe(recipe, tmp_path / "run", callbacks=[Interrupt(4)])
    expected = {step: path.read_bytes() for step, path in find_snapshots(run).items() if step <= 4}
    assert {step: path.read_bytes() for step, path in find_snapshots(tmp_path / "run").items()} == expected
