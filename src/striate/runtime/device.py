"""What the training runs on: device, precision, threads."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch

Precision = Literal["auto", "float32", "bfloat16"]


@dataclass(frozen=True)
class Device:
    """A device and the precision that products are computed in on it."""

    device: torch.device
    precision: Literal["float32", "bfloat16"]

    def autocast(self) -> contextlib.AbstractContextManager[object]:
        """A context in which products are computed in this precision; weights stay in single precision."""
        if self.precision == "float32":
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, dtype=torch.bfloat16)

    def seed(self, number: int) -> None:
        """Seed what dropout draws from on this device.

        `torch.manual_seed` seeds every kind of device, and for each that is not in use it keeps a note of the caller's
        stack: a millisecond for every step, and memory that is never given back.
        """
        cuda = self.device.type == "cuda"
        generator = torch.cuda.default_generators[self.device.index] if cuda else torch.default_generator
        generator.manual_seed(number)

    def describe(self) -> str:
        """In words, for the run's records.

        >>> Device(torch.device("cpu"), "float32").describe().startswith("cpu")
        True
        """
        if self.device.type == "cuda":
            return f"{torch.cuda.get_device_name(self.device)}, {self.precision}"
        return f"cpu ({torch.get_num_threads()} threads), {self.precision}"


def find_device(precision: Precision = "auto", local_rank: int = 0) -> Device:
    """The GPU of this rank if there is one, else the CPU; by "auto" bfloat16 where the hardware is fast at it."""
    device = torch.device("cuda", local_rank) if torch.cuda.is_available() else torch.device("cpu")
    if precision == "auto":
        precision = "bfloat16" if has_fast_bfloat16(device) else "float32"
    return Device(device, precision)


def has_fast_bfloat16(device: torch.device) -> bool:
    """Whether the hardware has instructions for bfloat16 products: emulated ones are slower than single precision."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))


def set_threads(ranks_here: int) -> None:
    """Share the cores among the processes on this machine, unless OMP_NUM_THREADS says otherwise.

    torchrun sets it to 1 for fear of too many threads; where it did, the cores are shared out all the same.
    """
    told = os.environ.get("OMP_NUM_THREADS")
    by_torchrun = "TORCHELASTIC_RUN_ID" in os.environ and told == "1"
    if ranks_here > 1 and (told is None or by_torchrun):
        torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // ranks_here))
    torch.set_flush_denormal(True)  # late in training tiny numbers would slow the CPU down many times


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """torch computes on this thread alone meanwhile: after work its other threads spin for a while (GOMP_SPINCOUNT), on
    cores that another engine's threads are about to need."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
