"""What the platform gives: devices, threads, processes, interrupts, locks, atomic files, the cache folder, the system.

Names that need torch are imported when they are first used: a caller that only writes a file does not pay for torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from striate.runtime.allocator import keep_freed_memory
from striate.runtime.cache import cache_home
from striate.runtime.device_name import DEVICE_VARIABLE, check_device_name
from striate.runtime.files import is_temporary, remove_temporary_files, replace_file, sync_folder, write_atomically
from striate.runtime.interrupt import InterruptHandler, TrainingInterrupted, before_exit, exit_now, exit_on_signals
from striate.runtime.locks import StatedLock, acquire_lock, is_in_use, mark_in_use
from striate.runtime.processes import start_detached, watch_for_stop
from striate.runtime.system import allow_open_files, available_cores, lower_priority, machine_memory

if TYPE_CHECKING:
    from striate.runtime.abilities import Abilities, missing_kernel, probe_device
    from striate.runtime.device import (
        Device,
        Precision,
        find_device,
        has_fast_bfloat16,
        one_thread,
        set_threads,
    )
    from striate.runtime.distributed import ProcessGroup, init_distributed, is_first_process
    from striate.runtime.out_of_memory import is_out_of_memory, run_in_parts, training_memory_error
    from striate.runtime.parallel import run_parallel
    from striate.runtime.transfer import STEPS_AHEAD, HostCopy, Uploads, pin, read_behind, works_off_a_queue

_WITH_TORCH = {
    "Abilities": "striate.runtime.abilities",
    "STEPS_AHEAD": "striate.runtime.transfer",
    "Device": "striate.runtime.device",
    "HostCopy": "striate.runtime.transfer",
    "Precision": "striate.runtime.device",
    "ProcessGroup": "striate.runtime.distributed",
    "Uploads": "striate.runtime.transfer",
    "find_device": "striate.runtime.device",
    "has_fast_bfloat16": "striate.runtime.device",
    "init_distributed": "striate.runtime.distributed",
    "is_first_process": "striate.runtime.distributed",
    "is_out_of_memory": "striate.runtime.out_of_memory",
    "missing_kernel": "striate.runtime.abilities",
    "one_thread": "striate.runtime.device",
    "pin": "striate.runtime.transfer",
    "probe_device": "striate.runtime.abilities",
    "read_behind": "striate.runtime.transfer",
    "run_in_parts": "striate.runtime.out_of_memory",
    "run_parallel": "striate.runtime.parallel",
    "set_threads": "striate.runtime.device",
    "training_memory_error": "striate.runtime.out_of_memory",
    "works_off_a_queue": "striate.runtime.transfer",
}

__all__ = [
    "DEVICE_VARIABLE",
    "STEPS_AHEAD",
    "Abilities",
    "Device",
    "HostCopy",
    "InterruptHandler",
    "Precision",
    "ProcessGroup",
    "StatedLock",
    "TrainingInterrupted",
    "Uploads",
    "acquire_lock",
    "allow_open_files",
    "available_cores",
    "before_exit",
    "cache_home",
    "check_device_name",
    "exit_now",
    "exit_on_signals",
    "find_device",
    "has_fast_bfloat16",
    "init_distributed",
    "is_first_process",
    "is_in_use",
    "is_out_of_memory",
    "is_temporary",
    "keep_freed_memory",
    "lower_priority",
    "machine_memory",
    "mark_in_use",
    "missing_kernel",
    "one_thread",
    "pin",
    "probe_device",
    "read_behind",
    "remove_temporary_files",
    "replace_file",
    "run_in_parts",
    "run_parallel",
    "set_threads",
    "start_detached",
    "sync_folder",
    "training_memory_error",
    "watch_for_stop",
    "works_off_a_queue",
    "write_atomically",
]


def __getattr__(name: str) -> object:
    if name not in _WITH_TORCH:
        raise AttributeError(f"module 'striate.runtime' has no attribute {name!r}")
    return getattr(importlib.import_module(_WITH_TORCH[name]), name)
