"""TensorBoard: what a resume repeats is drawn over, and what is missing is said."""

import sys

import pytest
from boards import scalars

from striate.errors import TrainingError
from striate.training.callbacks import Epoch
from striate.training.tensorboard import TensorBoardLogger


def epoch(number, loss):
    return Epoch(number, loss, 0.5, 2 * loss, 0.25, 0.1, 100.0, 1.0)


def test_an_epoch_that_a_resume_repeats_is_drawn_over(tmp_path):
    with TensorBoardLogger(tmp_path) as board:
        for number in (1, 2, 3):
            board.add(epoch(number, 1.0))
    with TensorBoardLogger(tmp_path, first=2) as board:  # gone on with after the first epoch
        for number in (2, 3):
            board.add(epoch(number, 0.5))
    assert scalars(tmp_path)["loss/training"] == [(1, 1.0), (2, 0.5), (3, 0.5)]
    assert scalars(tmp_path)["loss/held out"] == [(1, 2.0), (2, 1.0), (3, 1.0)]


def test_where_it_is_not_installed_one_line_says_so(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard.writer", None)
    with (
        pytest.raises(TrainingError, match=r"TensorBoard is not installed: pip install 'striate\[tensorboard\]'"),
        TensorBoardLogger(tmp_path),
    ):
        pass


def test_nothing_is_written_where_nobody_asked(tmp_path):
    with TensorBoardLogger(None) as board:
        board.add(epoch(1, 1.0))
    assert list(tmp_path.iterdir()) == []
