"""A session: what is refused before it begins, what an interruption or a full disk leaves, what is learned."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from trainings import DieInEpoch, assert_same_weights, weights

from striate.data import BadImage, load_dataset
from striate.errors import DataError, TableError, TrainingError
from striate.nn import MODEL_FILE_NAME, build, load_model, model_file
from striate.tables import ARCHITECTURES, Constant, Dense, Recipe, Table, load_table
from striate.training import api, session
from striate.training.api import resume, train
from striate.training.callbacks import Callback

pytestmark = pytest.mark.usefixtures("without_plots")
QUICK = replace(load_table("lenet5").recipe, epochs=2, batch_size=256)
LENETS = [name for name in ARCHITECTURES if name.startswith("lenet5:")]


def test_an_existing_directory_is_left_as_it_is(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(TrainingError, match="exists already"):
        train("lenet5", "digits", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    "names",
    [
        (),
        ("lost+found/", "System Volume Information/", "$RECYCLE.BIN/", "@eaDir/", "#recycle/", ".snapshot/"),
        (".DS_Store", ".Trashes/", ".Spotlight-V100/", ".fseventsd/", "Thumbs.db", "desktop.ini"),
        (".run.json.a_b0c1d2", ".lock", ".lock.json"),
    ],
    ids=str,
)
def test_a_directory_that_holds_nothing_of_anybody_s_is_taken(tmp_path, names):
    """An empty one (Docker's volume), one with what systems put there, one whose training was killed at once."""
    out = tmp_path / "run"
    out.mkdir()
    for name in names:
        (out / name).mkdir() if name.endswith("/") else (out / name).touch()
    with pytest.raises(KeyboardInterrupt):
        train("lenet5", "digits", out, recipe=QUICK, callbacks=[DieInEpoch(1)])
    kept = {name.rstrip("/") for name in names if ".lock" not in names}
    assert {path.name for path in out.iterdir()} == kept  # it is not ours to remove, nor is what stood there
    assert train("lenet5", "digits", out, recipe=QUICK).directory == out


@pytest.mark.parametrize("name", ["model.safetensors", "notes.txt", "photos/", ".git/", ".hidden"])
def test_a_directory_that_holds_anything_else_is_refused(tmp_path, name):
    path = tmp_path / name
    path.mkdir() if name.endswith("/") else path.touch()
    with pytest.raises(TrainingError, match=f"exists already and holds {path.name}, and a run overwrites nothing"):
        train("lenet5", "digits", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [path.name]


def test_a_file_is_refused_and_so_is_a_run_with_what_to_do(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(TrainingError, match="file: exists already, and is no directory"):
        train("lenet5", "digits", tmp_path / "file")
    run = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        train("lenet5", "digits", run, recipe=QUICK, callbacks=[DieInEpoch(2)])
    with pytest.raises(TrainingError, match="run: exists already and holds a run; --resume RUN continues it"):
        train("lenet5", "digits", run)
    resume(run)
    with pytest.raises(TrainingError, match="holds a run; --resume RUN --epochs N trains it for more epochs, or give"):
        train("lenet5", "digits", run)


def test_a_model_file_names_the_first_skipped_pictures_and_the_run_directory_all(tmp_path, monkeypatch):
    skipped = tuple(
        BadImage(Path(f"pictures/{number:05}.png"), "cannot be read: " + 80 * "x") for number in range(30_000)
    )

    def load(*arguments, **options):
        return replace(load_dataset(*arguments, **options), skipped=skipped)

    monkeypatch.setattr(api, "load_dataset", load)
    train("lenet5", "digits", tmp_path / "run", recipe=QUICK)
    training = load_model(tmp_path / "run").training
    assert (len(training["skipped"]), training["skipped_images"]) == (20, 30_000)
    lines = (tmp_path / "run" / "skipped.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 30_000
    assert json.loads(lines[0]) == training["skipped"][0]


def test_classes_that_no_model_file_can_hold_are_refused_before_the_first_step(tmp_path, monkeypatch):
    def load(*arguments, **options):
        dataset = load_dataset(*arguments, **options)
        return replace(dataset, classes=tuple(f"{number}{600_000 * 'x'}" for number in range(10)))

    monkeypatch.setattr(api, "load_dataset", load)
    with pytest.raises(
        TrainingError, match=r"cannot be saved: a header of 6,\d+,\d+ bytes, where 4,000,000 are the most"
    ):
        train("lenet5", "digits", tmp_path / "run", recipe=QUICK)
    assert not (tmp_path / "run").exists()


def test_no_directory_is_made_before_everything_is_checked(tmp_path):
    with pytest.raises(DataError, match="no folder and no data set 'nothing'"):
        train("lenet5", "nothing", tmp_path / "run")
    with pytest.raises(TableError, match="unknown network"):
        train("nothing", "digits", tmp_path / "run")
    alone = replace(load_table("minivggnet").recipe, batch_size=1)
    with pytest.raises(TrainingError, match="row bn3 normalizes over the batch and needs at least 2 images"):
        train("minivggnet", "digits", tmp_path / "run", recipe=alone)
    assert not (tmp_path / "run").exists()


def test_an_error_leaves_the_model_of_the_last_finished_epoch(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train("lenet5", "digits", tmp_path / "run", recipe=QUICK, callbacks=[DieInEpoch(2)])
    assert load_model(tmp_path / "run").training["epochs"] == 1


def test_an_error_in_the_first_epoch_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train("lenet5", "digits", tmp_path / "run", recipe=QUICK, callbacks=[DieInEpoch(1)])
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("epoch", [1, 2])
def test_a_model_that_cannot_be_saved_is_reported_and_a_checkpoint_keeps_what_was_learned(tmp_path, monkeypatch, epoch):
    """As where another program has the model file open, on Windows."""
    written = []

    def save(path, model):
        if path.name == MODEL_FILE_NAME and len(written) + 1 == epoch:
            raise OSError(28, "No space left on device")
        written.extend([path] if path.name == MODEL_FILE_NAME else [])
        model_file.save_model(path, model)

    with monkeypatch.context() as patch, pytest.raises(TrainingError) as caught:
        patch.setattr(session, "save_model", save)
        train("lenet5", "digits", tmp_path / "run", recipe=QUICK)
    assert str(caught.value) == (
        f"{tmp_path / 'run'}: No space left on device; the checkpoint of step {6 * epoch} is saved, and --resume"
        " continues from it"
    )
    resume(tmp_path / "run")
    expected = train("lenet5", "digits", tmp_path / "expected", recipe=QUICK).directory
    assert_same_weights(weights(tmp_path / "run"), weights(expected))
    assert load_model(tmp_path / "run").training["epochs"] == 2


@pytest.mark.parametrize("what", ["save_run_config", "write_atomically"])
def test_a_disk_that_is_full_before_the_first_step_is_reported_too(tmp_path, monkeypatch, what):
    def full(*_):
        raise OSError(28, "No space left on device")

    run = train("lenet5", "digits", tmp_path / "run", recipe=QUICK).directory
    with monkeypatch.context() as patch, pytest.raises(TrainingError) as caught:
        patch.setattr(session, what, full)
        resume(run, epochs=3)
    assert str(caught.value) == (
        f"{run}: No space left on device; the checkpoint of step 12 is saved, and --resume continues from it"
    )
    assert len(resume(run, epochs=3).history) == 3
    monkeypatch.setattr(session, "save_run_config", full)
    with pytest.raises(TrainingError, match=r"new: No space left on device; nothing was saved$"):
        train("lenet5", "digits", tmp_path / "new", recipe=QUICK)
    assert not (tmp_path / "new").exists()


def test_a_disk_that_is_full_from_the_first_epoch_on_leaves_the_directory(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(session, "save_model", full)
    monkeypatch.setattr(session, "save_checkpoint", full)
    line = "run: No space left on device; nothing was saved, and --resume starts from the beginning"
    with pytest.raises(TrainingError, match=line):
        train("lenet5", "digits", tmp_path / "run", recipe=QUICK)
    assert "run.json" in {path.name for path in (tmp_path / "run").iterdir()}


def test_a_validation_loss_that_is_not_finite_stops_too(tmp_path):
    one_wild_step = Recipe(epochs=1, batch_size=2000, learning_rate=1e30)
    with pytest.raises(TrainingError, match=r"the validation loss is (nan|inf) after epoch 1.*nothing was saved"):
        train("lenet5:modern", "digits", tmp_path / "run", recipe=one_wild_step)
    assert not (tmp_path / "run").exists()


def test_a_run_that_diverges_is_an_error(tmp_path):
    wild = replace(load_table("lenet5:modern").recipe, learning_rate=1e30, schedule=Constant())
    with pytest.raises(TrainingError, match=r"the loss is .* at step"):
        train("lenet5:modern", "digits", tmp_path / "run", recipe=wild)


# Few images need small batches. Those of the modern networks are their own, and the rate is lower: at that of the
# recipe rounding decides whether the first hundred steps learn. The paper's network learns more below.
MODERN = ("lenet5:modern", "lenet5:colour")


@pytest.mark.parametrize(
    ("name", "epochs"), [(name, {"lenet5:tiny": 8, "lenet5:colour": 8}.get(name, 3)) for name in LENETS]
)
def test_every_lenet_learns_digits(name, epochs, tmp_path):
    own = ARCHITECTURES[name].recipe
    suited = {"learning_rate": own.learning_rate / 3} if name in MODERN else {"batch_size": 16}
    recipe = replace(own, epochs=epochs, **suited)
    assert train(name, "digits", tmp_path / "run", recipe=recipe).scores.top1 > 0.9


def test_on_network_gets_the_network_that_is_trained_before_the_first_step(tmp_path):
    recorded = []

    class Recorder(Callback):
        def on_network(self, network):
            recorded.extend([network, {name: part.clone() for name, part in network.state_dict().items()}])

        def on_step(self, progress):  # noqa: ARG002
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train("lenet5:tiny", "digits", tmp_path / "run", callbacks=[Recorder()])
    (network, before), initial = recorded, build("lenet5:tiny", seed=0).state_dict()
    assert all(torch.equal(before[name], part) for name, part in initial.items())
    assert any(not torch.equal(network.state_dict()[name].cpu(), part) for name, part in initial.items())


@pytest.mark.parametrize("units", [3, 10])
def test_a_user_s_table_with_another_number_of_classes_gives_a_warning(tmp_path, units):
    found = _warnings(tmp_path, Table("mine", (1, 8, 8), (Dense("Out", units=units),)))
    words = "table mine: row Out has 3 classes, but digits has 10, and so has the network that is trained"
    assert found == ([words] if units == 3 else [])


def test_a_table_that_ships_with_another_number_of_classes_gives_none(tmp_path):
    shipped = load_table("resnet18:torchvision")
    assert shipped.classes == 1000
    assert _warnings(tmp_path, shipped) == []


def _warnings(tmp_path, table):
    """The warnings before a training begins."""
    warnings = []

    class Recorder(Callback):
        def on_warning(self, line):
            warnings.append(line)

        def on_start(self, device):  # noqa: ARG002
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(table, "digits", tmp_path / "run", callbacks=[Recorder()])
    return warnings
