"""What a training step measured: known at once on the CPU, read on demand on a device that works off a queue."""

from __future__ import annotations

from dataclasses import dataclass

from striate.runtime import HostCopy


@dataclass(frozen=True)
class StepResult:
    """What a training step measured before it changed the weights, on this process's part of the batch.

    `loss` is the mean of the network's own loss, without those of auxiliary heads; `gradient_norm` is that of all
    gradients, before clipping. On a GPU, which may not have come to the step yet, reading one of the three waits.
    """

    loss: float
    accuracy: float
    images: int
    gradient_norm: float
    learning_rate: float


class QueuedStepResult(StepResult):
    """The result of a step that the device may not have come to yet.

    `numbers` are, on their way to the CPU, the loss, the images classified correctly, and the norm of the gradients.
    """

    def __init__(self, numbers: HostCopy, images: int, learning_rate: float) -> None:
        self.__dict__.update(numbers=numbers, images=images, learning_rate=learning_rate)  # the class is frozen

    @property
    def loss(self) -> float:
        """As in `StepResult`; waits for the step."""
        return self._read()[0]

    @property
    def accuracy(self) -> float:
        """As in `StepResult`; waits for the step."""
        return self._read()[1] / self.images

    @property
    def gradient_norm(self) -> float:
        """As in `StepResult`; waits for the step."""
        return self._read()[2]

    def _read(self) -> list[float]:
        numbers: HostCopy = self.__dict__["numbers"]
        return numbers.read().tolist()
