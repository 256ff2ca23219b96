"""`striate summary` against torchinfo on the same network, as processes in one run: time and peak memory.

    python benchmarks/summary.py [--runs 11]

Goal: at least 15 times faster, at most 60 MB. torchinfo summarises a plain torch copy of the network, so that it
pays for nothing of Striate's. It prints the same parameters, which is checked first.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
from pathlib import Path

from processes import in_turn, machine, spread

# MiniVGGNet without Striate. Each block: (convolution, ReLU, batch normalization) twice, pool, dropout.
TORCHINFO = """
from torch import nn
from torchinfo import summary
def block(maps_in, maps):
    return [nn.Conv2d(maps_in, maps, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(maps),
            nn.Conv2d(maps, maps, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(maps), nn.MaxPool2d(2), nn.Dropout(0.25)]
network = nn.Sequential(*block(3, 32), *block(32, 64), nn.Flatten(), nn.Linear(4096, 512), nn.ReLU(),
                        nn.BatchNorm1d(512), nn.Dropout(0.5), nn.Linear(512, 10))
summary(network, input_size=(1, 3, 32, 32))
"""

GOAL_TIMES, GOAL_MEGABYTES = 15, 60


def main() -> None:
    """Measure, print, and fail if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=11, help="counted runs of each (11)")
    runs = parser.parse_args().runs
    commands = {
        "striate": [str(Path(sys.executable).with_name("striate")), "summary", "minivggnet"],
        "torchinfo": [sys.executable, "-c", TORCHINFO],
    }
    check_same_parameters(commands)
    results = in_turn(commands, runs)
    print(f"{machine('torch', 'torchinfo')}; {runs} runs each, in turn; median (min to max)")
    for name, measured in results.items():
        seconds = spread([run.seconds for run in measured], 3)
        megabytes = spread([run.megabytes for run in measured], 1)
        print(f"{name:<10} {seconds} s   {megabytes} MB")
    pairs = zip(results["striate"], results["torchinfo"], strict=True)
    ratios = [theirs.seconds / ours.seconds for ours, theirs in pairs]
    peak = max(run.megabytes for run in results["striate"])
    print(f"torchinfo / striate: {spread(ratios, 1)} times; goal {GOAL_TIMES}, peak {peak:.1f} of {GOAL_MEGABYTES} MB")
    if statistics.median(ratios) < GOAL_TIMES or peak > GOAL_MEGABYTES:
        sys.exit("a goal was missed")


def check_same_parameters(commands: dict[str, list[str]]) -> None:
    """Both must speak of the same network. torchinfo prints its summary only if told to."""
    texts = [
        subprocess.run(command, capture_output=True, text=True, check=True).stdout
        for command in (commands["striate"], [sys.executable, "-c", TORCHINFO + "\nprint(summary(network))"])
    ]
    counts = [
        re.search(pattern, text)
        for pattern, text in zip((r"Total +([\d,]+)", r"Total params: ([\d,]+)"), texts, strict=True)
    ]
    if not all(counts) or counts[0][1] != counts[1][1]:  # type: ignore[index]
        sys.exit(f"the networks differ: {counts}")


if __name__ == "__main__":
    main()
