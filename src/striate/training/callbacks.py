"""Who looks on while a network is trained: the command line's display, a notebook, a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from striate.nn import Network


@dataclass(frozen=True)
class Progress:
    """After a step: how far the epoch is, `images` of `epoch_images`, and the means over it so far."""

    epoch: int
    images: int
    epoch_images: int
    loss: float
    accuracy: float
    images_per_second: float


@dataclass(frozen=True)
class Epoch:
    """After an epoch (counted from 1): means over its training images, and the held-out set's scores."""

    epoch: int
    train_loss: float
    train_accuracy: float
    test_loss: float
    test_accuracy: float
    learning_rate: float
    images_per_second: float
    seconds: float


class Callback:
    """Is config how a training goes; this one listens to nothing, others override what they want to hear."""

    def on_start(self, machine: str) -> None:
        """The training begins, on this machine."""

    def on_network(self, network: Network) -> None:
        """This is what is trained: as it stands before the first step, and, looked at later, as it has become."""

    def on_decoded(self, done: int, total: int) -> None:
        """So many pictures of a folder are decoded."""

    def on_step(self, progress: Progress) -> None:
        """A step is done."""

    def on_epoch(self, epoch: Epoch) -> None:
        """An epoch is done, and its model is on the disk."""

    def on_warning(self, line: str) -> None:
        """Something that the user should know, and that does not stop the training."""
