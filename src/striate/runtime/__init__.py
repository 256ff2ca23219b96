"""What the platform gives: devices and threads, process groups, interrupts, atomic files, the cache folder."""

from striate.runtime.cache import cache_home
from striate.runtime.device import Device, Precision, find_device, has_fast_bfloat16, one_thread, set_threads
from striate.runtime.distributed import ProcessGroup, init_distributed, is_first_process
from striate.runtime.files import write_atomically
from striate.runtime.interrupt import InterruptHandler, TrainingInterrupted

__all__ = [
    "Device",
    "InterruptHandler",
    "Precision",
    "ProcessGroup",
    "TrainingInterrupted",
    "cache_home",
    "find_device",
    "has_fast_bfloat16",
    "init_distributed",
    "is_first_process",
    "one_thread",
    "set_threads",
    "write_atomically",
]
