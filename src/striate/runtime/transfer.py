"""Copies between the CPU's memory and a device's that neither side waits for.

A device such as a GPU works off a queue. The CPU fills it, and is ahead of it by some steps: what it reads from the
device is then as many steps old, and what it sends is copied while the device computes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TypeVar

import torch
from torch import Tensor

T = TypeVar("T", Tensor, Tensor | None)

STEPS_AHEAD = 2
"""Steps that the CPU queues before it reads the numbers of the first: each holds its batch in the device's memory."""


def works_off_a_queue(device: torch.device) -> bool:
    """Whether work is queued on this device while the CPU goes on, with copies through pinned memory beside it.

    On those for which torch pins memory: not on the CPU, nor on a Mac's GPU.

    >>> works_off_a_queue(torch.device("cpu")), works_off_a_queue(torch.device("cuda", 0))
    (False, True)
    """
    return device.type not in ("cpu", "mps")


def pin(tensors: Iterable[T], device: torch.device) -> list[T]:
    """The tensors in memory from which the device copies by itself, where it does that."""
    if not works_off_a_queue(device):
        return list(tensors)
    return [None if tensor is None else tensor.pin_memory() for tensor in tensors]


class Uploads:
    """Copies to a device on a queue of their own, beside what it computes.

    >>> Uploads(torch.device("cpu")).send([torch.ones(2), None])
    [tensor([1., 1.]), None]
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._stream = torch.Stream(device=device) if works_off_a_queue(device) else None

    def send(self, tensors: Iterable[T]) -> list[T]:
        """The tensors, which are pinned, on the device: what it computes from now on waits for them, the CPU does not.

        The copies themselves wait for nothing that is computed.
        """
        if self._stream is None:
            return [None if tensor is None else tensor.to(self.device) for tensor in tensors]
        computing = torch.accelerator.current_stream(self.device)
        torch.accelerator.set_stream(self._stream)
        try:
            sent = [None if tensor is None else tensor.to(self.device, non_blocking=True) for tensor in tensors]
        finally:
            torch.accelerator.set_stream(computing)
        computing.wait_stream(self._stream)
        for tensor in sent:
            if tensor is not None:
                tensor.record_stream(computing)  # so that its memory is not given to a later copy too early
        return sent


class HostCopy:
    """A tensor's values on their way to the CPU, begun when this is made.

    >>> HostCopy(torch.tensor([1.0, 2.0])).read()
    tensor([1., 2.])
    """

    def __init__(self, values: Tensor) -> None:
        self._arrived: torch.Event | None = None
        self._values = values
        if works_off_a_queue(values.device):
            self._values = values.to("cpu", non_blocking=True)  # pinned, by torch
            self._arrived = torch.Event(device=values.device, blocking=True)  # no core spins
            self._arrived.record(torch.accelerator.current_stream(values.device))

    def read(self) -> Tensor:
        """The values on the CPU; it waits for what was queued on the device before the copy, and for nothing later."""
        if self._arrived is None:
            return self._values.cpu()
        self._arrived.synchronize()
        return self._values.clone()  # pinned memory is scarce


def read_behind(results: Iterable[Tensor]) -> Iterator[Tensor]:
    """Each of the results on the CPU, read when `STEPS_AHEAD` others are queued behind it, or when there are no more.

    >>> list(read_behind(torch.tensor([number]) for number in (1, 2, 3, 4)))
    [tensor([1]), tensor([2]), tensor([3]), tensor([4])]
    """
    copies: deque[HostCopy] = deque()
    for result in results:
        copies.append(HostCopy(result))
        if len(copies) > STEPS_AHEAD:
            yield copies.popleft().read()
    while copies:
        yield copies.popleft().read()
