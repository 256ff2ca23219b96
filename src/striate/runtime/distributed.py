"""The processes that torchrun starts for one training, and the reductions over them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import Tensor, distributed

from striate.errors import TrainingError

_TIMEOUT = timedelta(hours=3)  # one machine may decode all of ImageNet, most of an hour, while another waits


@dataclass(frozen=True)
class ProcessGroup:
    """This process among all: `rank` of `world_size`, `local_rank` of `local_world_size` on this machine.

    The default is one process alone, for which every reduction is the identity.
    """

    rank: int = 0
    world_size: int = 1
    local_rank: int = 0
    local_world_size: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes files and prints: rank 0."""
        return self.rank == 0

    def describe(self) -> str:
        """In words, to follow a device's description; empty for one process alone.

        >>> ProcessGroup(world_size=2).describe()
        ', 2 processes'
        """
        return f", {self.world_size} processes" if self.world_size > 1 else ""

    def all_sum(self, numbers: Tensor) -> Tensor:
        """The sum over all processes, in place; every process gets it."""
        if self.world_size > 1:
            distributed.all_reduce(numbers)
        return numbers

    def all_gather(self, rows: Tensor) -> Tensor:
        """The rows of all processes, concatenated in the order of ranks; every process gets them."""
        if self.world_size == 1:
            return rows
        parts: list[Tensor] = [rows] * self.world_size
        distributed.all_gather_object(parts, rows)
        return torch.cat(parts)

    def all_max(self, number: int) -> int:
        """The largest number that any process has; every process gets it."""
        if self.world_size == 1:
            return number
        shared = torch.tensor(number)
        distributed.all_reduce(shared, op=distributed.ReduceOp.MAX)
        return int(shared)

    def broadcast(self, numbers: Tensor) -> None:
        """Copy the first process's numbers to all, in place."""
        if self.world_size > 1:
            distributed.broadcast(numbers, src=0)

    def barrier(self) -> None:
        """Wait until every process has called this."""
        self.all_max(0)  # on the CPU: torch's barrier would choose a GPU by itself


def is_first_process() -> bool:
    """Whether this process is the first that torchrun started, or was started without torchrun."""
    return os.environ.get("RANK", "0") == "0" or not _by_torchrun()


@contextlib.contextmanager
def init_distributed() -> Iterator[ProcessGroup]:
    """A context with the group of the processes that torchrun started (gloo on CPUs, nccl on GPUs), or one of one.

    TrainingError if they cannot be joined, or if another one ends before this one.
    """
    if not _by_torchrun():
        yield ProcessGroup()
        return
    group = ProcessGroup(*(int(os.environ[name]) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")))
    _choose_gpu(group)
    # gloo beside nccl, for the few numbers that are on the CPU
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    try:
        distributed.init_process_group(backend, timeout=_TIMEOUT)
    except (RuntimeError, ValueError) as error:
        raise TrainingError(f"cannot join the {group.world_size} processes of torchrun: {error}") from None
    try:
        yield group
    except RuntimeError as error:
        if isinstance(error, distributed.DistBackendError) or "gloo" in str(error):
            raise TrainingError("another process ended, so this one stops") from None
        raise
    finally:
        distributed.destroy_process_group()


def _choose_gpu(group: ProcessGroup) -> None:
    """Give each process a GPU of its own, if there are any; TrainingError if they are too few."""
    if not torch.cuda.is_available():
        return
    if (gpus := torch.cuda.device_count()) < group.local_world_size:
        raise TrainingError(f"{group.local_world_size} processes need a GPU each, and this machine has {gpus}")
    torch.cuda.set_device(group.local_rank)


def _by_torchrun() -> bool:
    return "TORCHELASTIC_RUN_ID" in os.environ
