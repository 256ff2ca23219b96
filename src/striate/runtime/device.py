"""What networks run on: device, precision, threads."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch

from striate.runtime.system import available_cores

Precision = Literal["auto", "float32", "bfloat16"]


@dataclass(frozen=True)
class Device:
    """A torch device, and the precision in which products are computed on it.

    >>> Device(torch.device("cpu"), "float32").describe().startswith("cpu")
    True
    """

    device: torch.device
    precision: Literal["float32", "bfloat16"]

    def autocast(self) -> contextlib.AbstractContextManager[object]:
        """A context in which products are computed in this precision; weights stay in float32."""
        if self.precision == "float32":
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, dtype=torch.bfloat16)

    def manual_seed(self, seed: int) -> None:
        """Seed this device's default generator, from which dropout draws.

        `torch.manual_seed` seeds every kind of device, and for each that is not in use it keeps the caller's stack: a
        millisecond for every step, and memory that is never freed.
        """
        cuda = self.device.type == "cuda"
        generator = torch.cuda.default_generators[self.device.index] if cuda else torch.default_generator
        generator.manual_seed(seed)

    def describe(self) -> str:
        """The device in words, for the model file and the progress display: "cpu (2 threads), float32"."""
        if self.device.type == "cuda":
            return f"{torch.cuda.get_device_name(self.device)}, {self.precision}"
        return f"cpu ({torch.get_num_threads()} threads), {self.precision}"


def find_device(precision: Precision = "auto", local_rank: int = 0) -> Device:
    """GPU number `local_rank` if there are GPUs, else the CPU; "auto" is bfloat16 where the hardware is fast at it."""
    device = torch.device("cuda", local_rank) if torch.cuda.is_available() else torch.device("cpu")
    if precision == "auto":
        precision = "bfloat16" if has_fast_bfloat16(device) else "float32"
    return Device(device, precision)


def has_fast_bfloat16(device: torch.device) -> bool:
    """Whether the hardware has instructions for bfloat16 products: emulated ones are slower than float32."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))


def set_threads(local_world_size: int) -> None:
    """Share the cores among the processes on this machine, unless OMP_NUM_THREADS sets the number of threads.

    torchrun sets it to 1 where it is not set; the cores are shared then too. Denormal numbers become zero: late in
    training they would slow a CPU down many times.
    """
    stated = os.environ.get("OMP_NUM_THREADS")
    by_torchrun = "TORCHELASTIC_RUN_ID" in os.environ and stated == "1"
    if local_world_size > 1 and (stated is None or by_torchrun):
        torch.set_num_threads(max(1, available_cores() // local_world_size))
    torch.set_flush_denormal(True)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """A context in which torch computes on one thread: after work its other threads spin for a while (GOMP_SPINCOUNT),
    on cores that another engine's threads are about to need."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
