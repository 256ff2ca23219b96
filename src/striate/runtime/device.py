"""What networks run on: device, precision, threads."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch

from striate.errors import StriateError
from striate.runtime.abilities import Abilities, probe_device
from striate.runtime.device_name import check_device_name, stated_device
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

    @property
    def abilities(self) -> Abilities:
        """What the device can do, by a short trial at the first call."""
        return probe_device(self.device)

    @property
    def name(self) -> str:
        """What the maker calls it, and torch: "NVIDIA H200 (cuda:0)", "cpu (2 threads)"."""
        match self.device.type:
            case "cpu":
                return f"cpu ({torch.get_num_threads()} threads)"
            case "mps":
                return f"{torch.backends.mps.get_name()} (mps)"
            case _:
                return f"{torch.get_device_module(self.device).get_device_name(self.device)} ({self.device})"

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
        if self.device.type == "cpu":
            torch.default_generator.manual_seed(seed)
            return
        with torch.accelerator.device_index(self.device.index):
            torch.get_device_module(self.device).manual_seed(seed)

    def synchronize(self) -> None:
        """Wait until the device has done all that it was given, as before a clock is read."""
        if self.device.type != "cpu":
            torch.accelerator.synchronize(self.device)

    def describe(self) -> str:
        """The device in words, for the model file and the progress display: "cpu (2 threads), float32"."""
        return f"{self.name}, {self.precision}"

    def caveats(self) -> tuple[str, ...]:
        """What cannot be relied on, in words, for the progress display; nothing on the CPU.

        A GPU adds numbers in the order in which its threads come, unless torch's deterministic algorithms are chosen.
        """
        exact = self.device.type == "cpu" or torch.are_deterministic_algorithms_enabled()
        return (*self.abilities.lacking(), *(() if exact else ("repetition is not exact",)))


def find_device(precision: Precision = "auto", local_rank: int | None = None, *, device: str | None = None) -> Device:
    """The device of a name: "cpu", "cuda", "cuda:1", "mps", "xpu", or "auto", which is the GPU if there is one.

    Without a name it is that in $STRIATE_DEVICE, else "auto"; a name without a number is the GPU number `local_rank` of
    its kind, by default torch's present one. By precision "auto" products are in bfloat16 where the hardware is fast at
    it; "float32" is never TF32. StriateError if there is no such device.

    >>> find_device("float32", device="cpu").device
    device(type='cpu')
    """
    found = _find(device, local_rank)
    if found.type == "cuda":
        # The newer `fp32_precision` breaks torch's own compiler, which reads this one.
        torch.backends.cudnn.allow_tf32 = False
    if precision == "auto":
        precision = "bfloat16" if has_fast_bfloat16(found) else "float32"
    if precision == "bfloat16" and not probe_device(found).bfloat16:
        raise StriateError(f"device {found}: has no bfloat16; take precision float32, or device cpu")
    return Device(found, precision)


def has_fast_bfloat16(device: torch.device) -> bool:
    """Whether the hardware has instructions for bfloat16 products: emulated ones are slower than float32."""
    match device.type:
        case "cpu":
            capabilities = torch.cpu.get_capabilities()
            return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))
        case "cuda":
            return torch.cuda.get_device_capability(device) >= (8, 0)
        case "xpu":
            return torch.xpu.is_bf16_supported(including_emulation=False)
        case _:
            return False


def _find(name: str | None, local_rank: int | None) -> torch.device:
    stated, name = stated_device(name)
    accelerator = torch.accelerator.current_accelerator(check_available=True)
    kind, _, number = name.partition(":")
    if accelerator is None or kind != accelerator.type:  # torch may have a kind that is not among the names
        try:
            check_device_name(name)
        except StriateError as error:
            raise StriateError(f"{stated}: {error}") from None
    if name == "cpu" or (name == "auto" and accelerator is None):
        return torch.device("cpu")
    gpus: list[str] = []
    if accelerator is not None:
        kind = accelerator.type if name == "auto" else kind
        gpus = [f"{accelerator.type}:{n}" for n in range(torch.accelerator.device_count())]
        number = number or str(torch.accelerator.current_device_index() if local_rank is None else local_rank)
    wanted = f"{kind}:{number}"
    if wanted not in gpus:
        there = f"has {', '.join(gpus)}" if gpus else "has no GPU that torch can use"
        raise StriateError(f"{stated} {name}: this machine {there}; take {' or '.join([*gpus[:1], 'cpu'])}")
    return torch.device(wanted)


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
