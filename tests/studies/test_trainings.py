"""A training of a study: it continues where it was interrupted, and is not repeated."""

from dataclasses import replace

import pytest
from trainings import DieInEpoch, assert_same_weights, weights

from striate.errors import TrainingError
from striate.studies import trained
from striate.tables import ARCHITECTURES
from striate.training import Callback, Options

OPTIONS = Options(precision="float32")


class Refuse(Callback):
    """Ends with an error if anything is trained."""

    def on_network(self, _network):
        raise AssertionError("it is trained again")


@pytest.fixture
def table():
    table = ARCHITECTURES["lenet5:tiny"]
    return replace(table, recipe=replace(table.recipe, epochs=2, batch_size=256))


def test_an_interrupted_training_continues_to_the_same_weights(table, tmp_path):
    expected = trained(table, "digits", tmp_path / "whole", OPTIONS)
    with pytest.raises(KeyboardInterrupt):
        trained(table, "digits", tmp_path / "parts", OPTIONS, [DieInEpoch(2)])
    found = trained(table, "digits", tmp_path / "parts", OPTIONS)
    assert [epoch.test_loss for epoch in found] == [epoch.test_loss for epoch in expected]
    assert_same_weights(weights(tmp_path / "parts"), weights(tmp_path / "whole"))


def test_a_finished_training_is_read(table, tmp_path):
    first = trained(table, "digits", tmp_path / "run", OPTIONS)
    assert trained(table, "digits", tmp_path / "run", OPTIONS, [Refuse()]) == first
    assert len(first) == 2


def test_another_training_in_the_same_folder_is_refused(table, tmp_path):
    trained(table, "digits", tmp_path / "run", OPTIONS)
    longer = replace(table, recipe=replace(table.recipe, epochs=3))
    with pytest.raises(TrainingError, match="run: holds another training"):
        trained(longer, "digits", tmp_path / "run", OPTIONS)
