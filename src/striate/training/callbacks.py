"""Callbacks: what is called while a network is trained, for a progress display, a notebook, a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from striate.nn import Network


@dataclass(frozen=True)
class Progress:
    """After a step: the epoch (counted from 1), `images` of `epoch_images` done in it, and the means over them."""

    epoch: int
    images: int
    epoch_images: int
    loss: float
    accuracy: float
    images_per_second: float


@dataclass(frozen=True)
class Epoch:
    """After an epoch (counted from 1): `train_` are means over its training images, `test_` the validation scores."""

    epoch: int
    train_loss: float
    train_accuracy: float
    test_loss: float
    test_accuracy: float
    learning_rate: float
    images_per_second: float
    seconds: float


class Callback:
    """Its methods are called while a network is trained. They do nothing; override those that you need.

    Of several processes the first alone calls them. What a method raises ends the training, as an error would.

        class PrintAccuracy(striate.Callback):
            def on_epoch(self, epoch):
                print(epoch.epoch, epoch.test_accuracy)

        striate.train("lenet5", "digits", "runs/first", callbacks=[PrintAccuracy()])
    """

    def on_listed(self, line: str) -> None:
        """What a data folder holds: its parts, classes and images, and what was passed over; before `on_decoded`."""

    def on_decoded(self, done: int, total: int) -> None:
        """So many of so many images of a folder or a torch Dataset are read; before `on_start`."""

    def on_start(self, device: str) -> None:
        """The training begins, on this device ("cpu (2 threads), float32")."""

    def on_network(self, network: Network) -> None:
        """The network that is trained, as initialized or as a checkpoint left it; every step changes it."""

    def on_step(self, progress: Progress) -> None:
        """A step is done."""

    def on_epoch(self, epoch: Epoch) -> None:
        """An epoch is done, and its model is saved."""

    def on_warning(self, line: str) -> None:
        """Something that the user should know, and that does not stop the training."""


class CallbackList(Callback):
    """Several callbacks as one, called in their order."""

    def __init__(self, callbacks: Sequence[Callback]) -> None:
        self.callbacks = tuple(callbacks)

    def on_listed(self, line: str) -> None:
        """Call `on_listed` of each."""
        for callback in self.callbacks:
            callback.on_listed(line)

    def on_decoded(self, done: int, total: int) -> None:
        """Call `on_decoded` of each."""
        for callback in self.callbacks:
            callback.on_decoded(done, total)

    def on_start(self, device: str) -> None:
        """Call `on_start` of each."""
        for callback in self.callbacks:
            callback.on_start(device)

    def on_network(self, network: Network) -> None:
        """Call `on_network` of each."""
        for callback in self.callbacks:
            callback.on_network(network)

    def on_step(self, progress: Progress) -> None:
        """Call `on_step` of each."""
        for callback in self.callbacks:
            callback.on_step(progress)

    def on_epoch(self, epoch: Epoch) -> None:
        """Call `on_epoch` of each."""
        for callback in self.callbacks:
            callback.on_epoch(epoch)

    def on_warning(self, line: str) -> None:
        """Call `on_warning` of each."""
        for callback in self.callbacks:
            callback.on_warning(line)
