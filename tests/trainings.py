"""Trainings that end as by a crash, and the weights that trainings end in."""

import torch

from striate.nn import load_model
from striate.training import Callback


class DieAfter(Callback):
    """Ends the training in the last of so many steps, counted from where it began or was resumed."""

    def __init__(self, steps):
        self.steps_left = steps

    def on_step(self, _progress):
        self.steps_left -= 1
        if self.steps_left == 0:
            raise KeyboardInterrupt


class DieInEpoch(Callback):
    """Ends the training in the first step of this epoch."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_step(self, progress):
        if progress.epoch == self.epoch:
            raise KeyboardInterrupt


def weights(run):
    """The weights of the model that a run has saved, by name."""
    return load_model(run).network.state_dict()


def assert_same_weights(found, expected):
    """The same names, and the same values bit for bit."""
    assert found.keys() == expected.keys() != set()
    for name, tensor in expected.items():
        torch.testing.assert_close(found[name], tensor, rtol=0, atol=0, msg=name)
