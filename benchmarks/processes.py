"""Whole processes, measured from outside: seconds from start to end, and the largest resident memory."""

from __future__ import annotations

import os
import platform
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path


@dataclass(frozen=True)
class Measurement:
    """One process: seconds, and megabytes at its peak."""

    seconds: float
    megabytes: float


def measure(command: Sequence[str]) -> Measurement:
    """Run a command once; SystemExit with its own words if it fails."""
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        words = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)}: {words.decode()}")
    kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return Measurement(seconds, kilobytes * 1024 / 1e6)


def in_turn(commands: dict[str, Sequence[str]], runs: int) -> dict[str, list[Measurement]]:
    """Every command `runs` times, in turn (A B A B ...), after one run of each that is not counted."""
    for command in commands.values():
        measure(command)
    results: dict[str, list[Measurement]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            results[name].append(measure(command))
    return results


def resident(process: int, which: str = "VmRSS") -> float:
    """Megabytes of a process, now (VmRSS) or at its peak (VmHWM)."""
    found = re.search(rf"{which}:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text(encoding="utf-8"))
    assert found is not None
    return int(found[1]) * 1024 / 1e6


def spread(numbers: Sequence[float], digits: int) -> str:
    """The median, and the smallest and largest."""
    return f"{statistics.median(numbers):.{digits}f} ({min(numbers):.{digits}f} to {max(numbers):.{digits}f})"


def machine(*packages: str) -> str:
    """What the figures were measured on."""
    versions = ", ".join(f"{package} {version(package)}" for package in packages)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} cores, {_processor()}, Python {platform.python_version()}, {versions}"


def _processor() -> str:
    """The architecture, and what Linux says of the processor: its model, and its widest instructions."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    about = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    flags = about.get("flags", "").split()
    widest = [flag for flag in ("amx_bf16", "avx512_bf16", "avx512f", "avx2") if flag in flags][:1]
    return " ".join((platform.machine(), *(f"({name})" for name in (about.get("model name", ""), *widest) if name)))
