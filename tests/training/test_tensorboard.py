"""TensorBoard: epochs that a resume repeats replace the earlier ones; a missing package gives one clear line."""

import sys

import pytest
from tensorboard_events import scalars

from striate.errors import TrainingError
from striate.training.callbacks import Epoch
from striate.training.tensorboard import TensorBoardLogger


def epoch(number, loss):
    return Epoch(number, loss, 0.5, 2 * loss, 0.25, 0.1, 100.0, 1.0)


def test_epochs_that_a_resume_repeats_replace_the_earlier_ones(tmp_path):
    with TensorBoardLogger(tmp_path) as logger:
        for number in (1, 2, 3):
            logger.add(epoch(number, 1.0))
    with TensorBoardLogger(tmp_path, first=2) as logger:  # resumed after the first epoch
        for number in (2, 3):
            logger.add(epoch(number, 0.5))
    assert scalars(tmp_path)["loss/training"] == [(1, 1.0), (2, 0.5), (3, 0.5)]
    assert scalars(tmp_path)["loss/validation"] == [(1, 2.0), (2, 1.0), (3, 1.0)]


def test_one_line_says_that_it_is_not_installed(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard.writer", None)
    with (
        pytest.raises(TrainingError, match=r"TensorBoard is not installed: pip install 'striate\[tensorboard\]'"),
        TensorBoardLogger(tmp_path),
    ):
        pass


def test_without_a_directory_nothing_is_written(tmp_path):
    with TensorBoardLogger(None) as logger:
        logger.add(epoch(1, 1.0))
    assert list(tmp_path.iterdir()) == []
