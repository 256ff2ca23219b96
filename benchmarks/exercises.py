"""Exercises drawn by the thousand: the key equals a count by brute force, and all known mistakes can be told apart.

    python benchmarks/exercises.py [--count 10000] [--kind output_size]

Each kind is drawn with seeds from 0 on, with every combination of its parameters. The key is compared with what literal
loops count, which know the numbers that were drawn and no equation: places of a kernel are tried one by one, parameters
are counted weight by weight, and the sums are those of `reference.py`. An exercise fails if its key is another number,
if a mistake that it names gives the key or another mistake's answer, if an answer that it writes is not read back as
itself, or if its solution does not state its key.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from striate import reference
from striate.course import KINDS, Exercise, draw, mark, shown_answer

Numbers = Mapping[str, Any]


def places(size: int, kernel: int, stride: int = 1, before: int = 0, after: int = 0) -> int:
    """Places at which a kernel lies wholly on the cells, tried one by one."""
    cells = list(range(size + before + after))
    found, start = 0, 0
    while start + kernel <= len(cells):
        found += 1
        start += stride
    return found


def same_output(size: int, stride: int) -> int:
    """Every stride-th cell has an output."""
    return sum(1 for cell in range(size) if cell % stride == 0)


def same_padding(n: Numbers) -> list[int]:
    """The fewest cells with which there are as many places as outputs, put in turn at the end and at the beginning."""
    wanted = same_output(n["size"], n["stride"])
    sides = [0, 0]
    while places(n["size"], n["kernel"], n["stride"], *sides) < wanted:
        sides[0 if sides[0] < sides[1] else 1] += 1
    return sides


def kernels_of_chain(n: Numbers) -> list[int]:
    """For each step the one kernel that makes it."""
    return [
        next(kernel for kernel in range(1, a + 1) if places(a, kernel) == b) for a, b in itertools.pairwise(n["sizes"])
    ]


def flattened(n: Numbers) -> int:
    """A picture sent through the reference loops."""
    x = np.zeros((1, n["size"], n["size"], 1))
    for kernel, maps in zip(n["kernels"], n["maps"], strict=True):
        size = places(x.shape[1], kernel)  # the sum itself does not matter, its places do
        x = np.zeros((1, size, size, maps))
        x = np.zeros((1, *reference.max_pooling(x[..., :1], (2, 2), (2, 2)).shape[1:3], maps))
    return x.size


@cache
def convolution(maps_in: int, maps: int, kernel: int, *, groups: int = 1, bias: bool = True) -> int:
    """Weights one by one: for each output map those of the input maps in its group, and its bias."""
    count = 0
    for output in range(maps):
        for given in range(maps_in):
            if given * groups // maps_in == output * groups // maps:
                count += sum(1 for _ in range(kernel) for _ in range(kernel))
        count += bias
    return count


def connection_table(n: Numbers) -> int:
    """The weights of the kernels that the table lists, and a bias for each map."""
    return sum(sum(np.zeros((n["kernel"], n["kernel"])).size for _ in reads) + 1 for reads in n["table"])


def inception(n: Numbers) -> int:
    """Six convolutions, each counted by itself."""
    one, reduce3, three, reduce5, five, projection = n["maps"]
    c = n["maps_in"]
    branches = [
        (c, one, 1),
        (c, reduce3, 1),
        (reduce3, three, 3),
        (c, reduce5, 1),
        (reduce5, five, 5),
        (c, projection, 1),
    ]
    return sum(convolution(*branch) for branch in branches)


def multiply_adds(n: Numbers) -> int:
    """The products of the notes' sum at one place, counted by the reference loops on ones, times the places."""
    ones = np.ones((1, n["kernel"], n["kernel"], n["maps_in"]))
    kernel = np.ones((n["kernel"], n["kernel"], n["maps_in"], 1))
    products = int(reference.convolution(ones, kernel, np.zeros(1)).item())
    side = places(n["size"], n["kernel"])
    return products * n["maps"] * sum(1 for _ in range(side) for _ in range(side))


def connections(n: Numbers) -> int:
    """For each unit the pixels of its window, and its bias."""
    side = places(n["size"], n["kernel"])
    return sum(len(range(i, i + n["kernel"])) ** 2 + 1 for i in range(side) for _ in range(side)) * n["maps"]


def window_place(n: Numbers) -> list[int]:
    """The cells under the kernel, which is moved from place to place."""
    cells = []
    for place in (n["i"], n["j"]):
        start = 0
        for _ in range(place):
            start += n["stride"]
        under = [start + tap for tap in range(n["kernel"])]
        cells += [under[0], under[-1]]
    return cells


def small_kernel_count(n: Numbers) -> int:
    """Kernels are put one behind the other until a unit reads as many pixels."""
    pixels, count = {0}, 0
    while len(pixels) < n["wide"]:
        pixels = {pixel + tap for pixel in pixels for tap in range(n["small"])}
        count += 1
    return count


def receptive_field(n: Numbers) -> int:
    """The pixels that reach unit 0, found from above: the units that each layer's window reads."""
    units = {0}
    for kernel, stride in reversed(n["windows"]):
        units = {unit * stride + tap for unit in units for tap in range(kernel)}
    return max(units) - min(units) + 1


def two_small_kernels(n: Numbers) -> int:
    """One convolution of 5 less two of 3."""
    c = n["maps"]
    return convolution(c, c, 5, bias=False) - 2 * convolution(c, c, 3, bias=False)


def overlap(n: Numbers) -> list[float]:
    """NumPy's own correlation and convolution."""
    return list((np.convolve if n["flipped"] else np.correlate)(n["x"], n["g"], "valid"))


def convolution_sum(n: Numbers) -> float:
    """The reference loops over the whole picture, at one place."""
    x, w = (np.array(n[name], float) for name in ("x", "w"))
    z = reference.convolution(
        x[None, :, :, None], w[:, :, None, None], np.array([float(n["bias"])]), stride=(n["stride"],) * 2
    )
    return float(z[0, n["i"], n["j"], 0])


def kernel_on_edge(n: Numbers) -> list[float]:
    """The reference loops on a flat window and on one with a dark column."""
    flat = np.full((3, 3), float(n["value"]))
    edge = flat.copy()
    edge[:, 0 if n["dark_left"] else 2] = 0
    w = np.array(n["w"], float)[:, :, None, None]
    return [float(reference.convolution(x[None, :, :, None], w, np.zeros(1)).item()) for x in (flat, edge)]


def subsampling(n: Numbers) -> float:
    """The reference loops."""
    x = np.array(n["x"], float)[None, :, :, None]
    return float(reference.subsampling(x, np.array([n["weight"]]), np.array([float(n["bias"])]), (2, 2), (2, 2)).item())


def descent_step(n: Numbers) -> float:
    """The slope of the loss between w − 1 and w + 1: of a parabola that is its derivative."""
    before, after = ((weight * n["x"] - n["y"]) ** 2 for weight in (n["w"] - 1, n["w"] + 1))
    return float(n["w"] - n["rate"] * (after - before) / 2)


def pooling(n: Numbers) -> list[float]:
    """The reference loops."""
    pool = reference.average_pooling if n["average"] else reference.max_pooling
    return [float(value) for value in pool(np.array(n["x"], float)[None, :, :, None], (2, 2), (2, 2)).ravel()]


def lrn(n: Numbers) -> float:
    """The reference loops, over all maps at one place."""
    a = np.array(n["a"], float).reshape(1, 1, 1, -1)
    b = reference.local_response_normalization(a, n["size"], n["alpha"], n["beta"], n["k"])
    return float(b[0, 0, 0, n["i"]])


def batch_norm(n: Numbers) -> float:
    """NumPy's mean and variance."""
    x = np.array(n["x"], float)
    return float(((x - x.mean()) / np.sqrt(x.var()) * n["gamma"] + n["beta"])[n["i"]])


def residual_unit(n: Numbers) -> list[float]:
    """relu(F(x) + x)."""
    return [float(value) for value in np.maximum(np.array(n["x"]) + np.array(n["body"]), 0)]


def top5(n: Numbers) -> float:
    """Per cent of the pictures whose true class is not in a list of the first five."""
    return 100 * sum(place not in (1, 2, 3, 4, 5) for place in n["places"]) / len(n["places"])


BRUTE_FORCE: Mapping[str, Callable[[Numbers], Any]] = {
    "output_size": lambda n: places(n["size"], n["kernel"], n["stride"], n["padding"], n["padding"]),
    "chain": kernels_of_chain,
    "same_output": lambda n: same_output(n["size"], n["stride"]),
    "same_padding": same_padding,
    "flattened": flattened,
    "conv_parameters": lambda n: convolution(n["maps_in"], n["maps"], n["kernel"]),
    "grouped_parameters": lambda n: convolution(n["maps_in"], n["maps"], n["kernel"], groups=n["groups"]),
    "connection_table": connection_table,
    "dense_parameters": lambda n: sum(np.zeros((n["maps"], n["size"], n["size"])).size + 1 for _ in range(n["units"])),
    "pooling_parameters": lambda _: 0,
    "bottleneck": lambda n: (
        convolution(n["maps_in"], n["middle"], 1, bias=False)
        + convolution(n["middle"], n["maps"], n["kernel"], bias=False)
    ),
    "inception_module": inception,
    "concatenated_maps": lambda n: np.concatenate([np.zeros((1, 1, 1, end)) for end in n["ends"]], axis=3).shape[3],
    "shortcut_projection": lambda n: convolution(n["maps_in"], n["maps"], 1, bias=False),
    "macs": multiply_adds,
    "units": lambda n: sum(places(n["size"], n["kernel"]) ** 2 for _ in range(n["maps"])),
    "connections": connections,
    "window_place": window_place,
    "memory": lambda n: np.zeros((n["maps"], n["size"], n["size"]), np.float32).nbytes,
    "receptive_field": receptive_field,
    "two_small_kernels": two_small_kernels,
    "small_kernel_count": small_kernel_count,
    "growing_maps": lambda n: convolution(n["maps_in"], n["maps"], 3) + convolution(n["maps"], n["maps"], 3),
    "overlap": overlap,
    "convolution_sum": convolution_sum,
    "kernel_on_edge": kernel_on_edge,
    "subsampling": subsampling,
    "descent_step": descent_step,
    "pooling": pooling,
    "lrn": lrn,
    "batch_norm": batch_norm,
    "residual_unit": residual_unit,
    "top5_error": top5,
    "auxiliary_loss": lambda n: n["main"] + sum(0.3 * head for head in n["heads"]),
    "dropout": lambda n: n["units"] * (100 - n["percent"]) / 100,
}
"""For each kind, its answer from the numbers that were drawn."""


@dataclass
class Found:
    """What became of the exercises of a kind."""

    drawn: int = 0
    offered: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def faults(exercise: Exercise) -> Iterator[str]:
    """What is wrong with an exercise, a line each."""
    counted = BRUTE_FORCE[exercise.kind](exercise.numbers)
    counted = tuple(counted) if isinstance(counted, list) else (counted,)
    if len(counted) != len(exercise.key) or not np.allclose(counted, exercise.key, rtol=0, atol=1e-9):
        yield f"the key is {exercise.key}, counted {counted}"
    answers = [exercise.key, *(one.answer for one in exercise.misconceptions)]
    least = 0.02 if exercise.form == "decimal" else 1e-9
    for one, other in itertools.combinations(answers, 2):
        if len(one) == len(other) and np.abs(np.subtract(one, other)).max() <= least:
            yield f"{one} and {other} cannot be told apart"
    if not mark(exercise, shown_answer(exercise.key, exercise.form)).right:
        yield f"the key as it is shown is not right: {shown_answer(exercise.key, exercise.form)}"
    for one in exercise.misconceptions:
        if mark(exercise, shown_answer(one.answer, exercise.form)).misconception != one:
            yield f"{one.name} is not recognised: {shown_answer(one.answer, exercise.form)}"
    shown = [shown_answer((value,), "whole" if value == int(value) else "decimal") for value in exercise.key]
    for text in (exercise.solution.en, exercise.solution.ko):
        if not all(value in text for value in shown) and exercise.kind != "same_padding":
            yield f"the solution does not state {shown}: {text}"


def check(kind: str, count: int) -> Found:
    """Draw a kind so many times, its parameters in turn."""
    found = Found()
    names = list(KINDS[kind].parameters)
    settings = [dict(zip(names, values, strict=True)) for values in itertools.product(*KINDS[kind].parameters.values())]
    for seed in range(count):
        exercise = draw(kind, seed, settings[seed % len(settings)])
        found.drawn += 1
        found.offered.update(one.name for one in exercise.misconceptions)
        found.failures += [f"{kind}, seed {seed}: {fault}" for fault in faults(exercise)]
    return found


def main() -> None:
    """Draw, check, and print a line for each kind; exit code 1 if anything failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000, help="exercises of each kind (10000)")
    parser.add_argument("--kind", choices=KINDS, action="append", help="this kind only; may be given several times")
    options = parser.parse_args()
    failures: list[str] = []
    print(f"{'kind':<20}{'drawn':>8}{'failed':>8}{'s':>7}  mistakes, and in how many of 100 exercises each is offered")
    for kind in options.kind or KINDS:
        started = time.perf_counter()
        found = check(kind, options.count)
        offered = ", ".join(f"{name} {100 * times / found.drawn:.0f}" for name, times in found.offered.items())
        seconds = time.perf_counter() - started
        print(f"{kind:<20}{found.drawn:>8,}{len(found.failures):>8,}{seconds:>7.0f}  {offered}", flush=True)
        failures += found.failures
    for failure in failures[:20]:
        print(failure, file=sys.stderr)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
