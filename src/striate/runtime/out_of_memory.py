"""Memory that runs out: whether an error says so, the batch size that would fit, and smaller batches by themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from striate.analysis import training_memory
from striate.errors import StriateError
from striate.runtime.system import available_memory, machine_memory
from striate.tables import Plan

_WORDS = ("can't allocate memory", "out of memory", "not enough memory")  # of the CPU's allocator, and of mps
_SHARE = 0.9  # of the memory: a framework needs some for its kernels in addition
_STEP = 8  # a batch size above it is rounded down to its multiples


def is_out_of_memory(error: BaseException) -> bool:
    """Whether torch raised an error because memory ran out, on a GPU or on the CPU.

    >>> is_out_of_memory(RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: ..."))
    True
    """
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _WORDS)


def training_memory_error(device: torch.device, plan: Plan, batch: int, processes: int = 1) -> str:
    """That a training step ran out of memory, and the batch size that would fit, as a line.

    `batch` is that of all processes together, each of which has a device of its own.
    """
    memory = _memory(device)
    line = _line(device, batch // processes, memory)
    if memory is None:
        return line
    fitting = processes * _fitting_batch(plan, batch // processes, memory.available)
    return f"{line}; --batch-size {fitting} would fit" if fitting else f"{line}; not even one image would fit"


def run_in_parts(forward: Callable[[Tensor], Tensor], images_NCHW: Tensor, device: torch.device) -> Tensor:
    """The results of a batch, computed in halves, quarters and so on where the memory is too small for all at once.

    The results (N, ...) are those of the whole batch. StriateError if there is not enough memory for one image.
    """
    try:
        return forward(images_NCHW)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
    # outside of `except`, whose error keeps the memory of the failed run alive
    if (images := len(images_NCHW)) < 2:
        raise StriateError(f"{_line(device, images, _memory(device))}; a smaller network or --device cpu may fit")
    if device.type != "cpu":
        torch.accelerator.empty_cache()
    halves = images_NCHW.tensor_split(2)
    return torch.cat([run_in_parts(forward, half, device) for half in halves])


@dataclass(frozen=True)
class _Memory:
    """Bytes of a device: those that this process could still have, those in use, and all."""

    available: int
    used: int
    total: int


def _memory(device: torch.device) -> _Memory | None:
    """The memory of a device; None where torch cannot say."""
    if device.type == "cpu":
        total = machine_memory()
        available = available_memory()
        return _Memory(available, total - available, total)
    try:
        if device.type == "mps":
            total, own = torch.mps.recommended_max_memory(), torch.mps.driver_allocated_memory()
            return _Memory(total, own, total)
        free, total = torch.accelerator.get_memory_info(device)
        return _Memory(free + torch.accelerator.memory_reserved(device), total - free, total)
    except RuntimeError:
        return None


def _line(device: torch.device, images: int, memory: _Memory | None) -> str:
    batch = "1 image" if images == 1 else f"a batch of {images:,} images"
    in_use = "" if memory is None else f" ({memory.used / 1e9:.1f} of {memory.total / 1e9:.1f} GB in use)"
    return f"{device}: out of memory with {batch}{in_use}"


def _fitting_batch(plan: Plan, failed: int, available: int) -> int:
    """The batch size that fits by the plan's own figures, at most half of the one that failed."""
    weights, image = training_memory(plan, 0), training_memory(plan, 1) - training_memory(plan, 0)
    fitting = min(failed // 2, int(_SHARE * available - weights) // image)
    return max(0, fitting - fitting % _STEP if fitting > _STEP else fitting)
