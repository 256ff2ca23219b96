"""A session: what is refused before it begins, what an interruption or a full disk leaves, what is learned."""

from dataclasses import replace

import pytest
import torch

from striate.errors import DataError, TableError, TrainingError
from striate.nn import MODEL_FILE_NAME, build, load_model, model_file
from striate.tables import ARCHITECTURES, Constant, Dense, Recipe, Table, load_table
from striate.training import session
from striate.training.api import train
from striate.training.callbacks import Callback

pytestmark = pytest.mark.usefixtures("without_plots")
QUICK = replace(load_table("lenet5").recipe, epochs=2, batch_size=256)
LENETS = [name for name in ARCHITECTURES if name.startswith("lenet5:")]


def test_an_existing_directory_is_left_as_it_is(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(TrainingError, match="exists already"):
        train("lenet5", "digits", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_no_directory_is_made_before_everything_is_checked(tmp_path):
    with pytest.raises(DataError, match="no folder and no data set 'nothing'"):
        train("lenet5", "nothing", tmp_path / "run")
    with pytest.raises(TableError, match="unknown network"):
        train("nothing", "digits", tmp_path / "run")
    alone = replace(load_table("minivggnet").recipe, batch_size=1)
    with pytest.raises(TrainingError, match="row bn3 normalizes over the batch and needs at least 2 images"):
        train("minivggnet", "digits", tmp_path / "run", recipe=alone)
    assert not (tmp_path / "run").exists()


class StopAfter(Callback):
    """Raises at the first step after so many epochs."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_step(self, progress):
        if progress.epoch > self.epoch:
            raise KeyboardInterrupt


def test_an_error_leaves_the_model_of_the_last_finished_epoch(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train("lenet5", "digits", tmp_path / "run", recipe=QUICK, callbacks=[StopAfter(1)])
    assert load_model(tmp_path / "run").training["epochs"] == 1


def test_an_error_in_the_first_epoch_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train("lenet5", "digits", tmp_path / "run", recipe=QUICK, callbacks=[StopAfter(0)])
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("epoch", [1, 2])
def test_a_full_disk_is_reported_with_the_run_and_what_is_saved(tmp_path, monkeypatch, epoch):
    written = []

    def save(path, model):
        if path.name == MODEL_FILE_NAME and len(written) + 1 == epoch:
            raise OSError(28, "No space left on device")
        written.extend([path] if path.name == MODEL_FILE_NAME else [])
        model_file.save_model(path, model)

    monkeypatch.setattr(session, "save_model", save)
    with pytest.raises(TrainingError, match="run: No space left on device; ") as caught:
        train("lenet5", "digits", tmp_path / "run", recipe=QUICK)
    assert ("nothing was saved" in str(caught.value)) == (epoch == 1)
    assert (tmp_path / "run").exists() == (epoch == 2)


def test_a_validation_loss_that_is_not_finite_stops_too(tmp_path):
    one_wild_step = Recipe(epochs=1, batch_size=2000, learning_rate=1e30)
    with pytest.raises(TrainingError, match=r"the validation loss is (nan|inf) after epoch 1.*nothing was saved"):
        train("lenet5:modern", "digits", tmp_path / "run", recipe=one_wild_step)
    assert not (tmp_path / "run").exists()


def test_a_run_that_diverges_is_an_error(tmp_path):
    wild = replace(load_table("lenet5:modern").recipe, learning_rate=1e30, schedule=Constant())
    with pytest.raises(TrainingError, match=r"the loss is .* at step"):
        train("lenet5:modern", "digits", tmp_path / "run", recipe=wild)


# Few images need small batches. The modern network has its own, and a lower rate: at that of its recipe, found on MNIST,
# rounding decides whether the first hundred steps learn. The paper's network learns more below.
@pytest.mark.parametrize(("name", "epochs"), [(name, {"lenet5:tiny": 8}.get(name, 3)) for name in LENETS])
def test_every_lenet_learns_digits(name, epochs, tmp_path):
    own = ARCHITECTURES[name].recipe
    suited = {"learning_rate": own.learning_rate / 3} if name == "lenet5:modern" else {"batch_size": 16}
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
