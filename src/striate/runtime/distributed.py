"""The processes that torchrun starts for one training, and the reductions over them."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import Tensor, distributed

from striate.errors import TrainingError
from striate.runtime.device_name import stated_device

_TIMEOUT = timedelta(hours=3)  # one machine may decode all of ImageNet, most of an hour, while another waits


@dataclass(frozen=True)
class ProcessGroup:
    """This process among all: `rank` of `world_size`, `local_rank` of `local_world_size` on this machine, with `gpus`.

    The default is one process alone, for which every reduction is the identity.
    """

    rank: int = 0
    world_size: int = 1
    local_rank: int = 0
    local_world_size: int = 1
    gpus: int = 0

    @property
    def gpu(self) -> int:
        """The number of this process's GPU; processes share GPUs where these are fewer.

        >>> [ProcessGroup(local_rank=rank, local_world_size=3, gpus=2).gpu for rank in range(3)]
        [0, 1, 0]
        """
        return self.local_rank % self.gpus if self.gpus else self.local_rank

    @property
    def shares_gpus(self) -> bool:
        """Whether this machine has GPUs, and fewer than processes."""
        return 0 < self.gpus < self.local_world_size

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes files and prints: rank 0."""
        return self.rank == 0

    def describe(self) -> str:
        """In words, to follow a device's description; empty for one process alone.

        >>> ProcessGroup(world_size=2).describe()
        ', 2 processes'
        >>> ProcessGroup(world_size=2, local_world_size=2, gpus=1).describe()
        ', 2 processes, 2 on a GPU'
        """
        if self.world_size == 1:
            return ""
        shared = f", {math.ceil(self.local_world_size / self.gpus)} on a GPU" if self.shares_gpus else ""
        return f", {self.world_size} processes{shared}"

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
def init_distributed(device: str | None = None) -> Iterator[ProcessGroup]:
    """A context with the group of the processes that torchrun started, or one of one; `device` as of `find_device`.

    They reduce by gloo what is on the CPU, and by the GPUs' own library (NCCL, XCCL) what is on them. TrainingError if
    they cannot be joined, if the device is one GPU for all of them, or if another one ends before this one.
    """
    if not _by_torchrun():
        yield ProcessGroup()
        return
    stated, name = stated_device(device)
    all_gpus, _, number = name.partition(":")
    if number:
        raise TrainingError(f"{stated} {name}: torchrun's processes choose their GPUs by their ranks; take {all_gpus}")
    kind = None if name == "cpu" else _gpu_kind()
    group = ProcessGroup(
        rank=int(os.environ["RANK"]),
        world_size=int(os.environ["WORLD_SIZE"]),
        local_rank=int(os.environ["LOCAL_RANK"]),
        local_world_size=int(os.environ["LOCAL_WORLD_SIZE"]),
        gpus=torch.accelerator.device_count() if kind else 0,
    )
    backend = "gloo"
    if kind is not None:
        backend = _gpu_backend(kind, group)
        torch.accelerator.set_device_index(group.gpu)
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


def _gpu_kind() -> str | None:
    """The kind of this machine's GPUs, if there are any over which torch reduces: not a Mac's."""
    if not torch.accelerator.is_available():
        return None
    accelerator = torch.accelerator.current_accelerator()
    return accelerator.type if accelerator is not None and accelerator.type in ("cuda", "xpu") else None


def _gpu_backend(kind: str, group: ProcessGroup) -> str:
    """The backend for the CPU and GPUs of this kind.

    NCCL and XCCL refuse two processes on one GPU; gloo takes them, but only CUDA's: TrainingError for others.
    """
    if not group.shares_gpus:
        return f"cpu:gloo,{kind}:{distributed.Backend.default_device_backend_map[kind]}"
    if kind == "cuda":
        return "gloo"
    raise TrainingError(f"{group.local_world_size} processes need a GPU each, and this machine has {group.gpus}")


def _by_torchrun() -> bool:
    return "TORCHELASTIC_RUN_ID" in os.environ
