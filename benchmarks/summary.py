"""`striate summary` against torchinfo on the same networks, as processes in one run: time and peak memory.

    python benchmarks/summary.py [--runs 11]

Goal: at least 15 times faster, at most 60 MB. torchinfo summarises a plain torch copy of each network, so that it
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
MINIVGGNET = """
from torch import nn
from torchinfo import summary
def block(maps_in, maps):
    return [nn.Conv2d(maps_in, maps, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(maps),
            nn.Conv2d(maps, maps, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(maps), nn.MaxPool2d(2), nn.Dropout(0.25)]
network = nn.Sequential(*block(3, 32), *block(32, 64), nn.Flatten(), nn.Linear(4096, 512), nn.ReLU(),
                        nn.BatchNorm1d(512), nn.Dropout(0.5), nn.Linear(512, 10))
PRINTED = summary(network, input_size=(1, 3, 32, 32))
"""

# ResNet-152 without Striate, the stride on the first 1x1 as in the paper.
RESNET152 = """
from torch import nn
from torchinfo import summary
def conv(maps_in, maps, kernel, stride=1):
    return [nn.Conv2d(maps_in, maps, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(maps)]
class Unit(nn.Module):
    def __init__(self, maps_in, maps, stride):
        super().__init__()
        self.body = nn.Sequential(*conv(maps_in, maps, 1, stride), nn.ReLU(), *conv(maps, maps, 3), nn.ReLU(),
                                  *conv(maps, 4 * maps, 1))
        self.shortcut = nn.Sequential(*conv(maps_in, 4 * maps, 1, stride)) if maps_in != 4 * maps else nn.Identity()
        self.relu = nn.ReLU()
    def forward(self, x):
        return self.relu(self.body(x) + self.shortcut(x))
units, maps_in = [], 64
for maps, count, stride in ((64, 3, 1), (128, 8, 2), (256, 36, 2), (512, 3, 2)):
    for number in range(count):
        units.append(Unit(maps_in, maps, stride if number == 0 else 1))
        maps_in = 4 * maps
network = nn.Sequential(*conv(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1), *units,
                        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000))
PRINTED = summary(network, input_size=(1, 3, 224, 224))
"""

TORCHINFO = {"minivggnet": MINIVGGNET, "resnet152": RESNET152}
GOAL_TIMES, GOAL_MEGABYTES = 15, 60


def main() -> None:
    """Measure, print, and fail if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=11, help="counted runs of each (11)")
    runs = parser.parse_args().runs
    print(f"{machine('torch', 'torchinfo')}; {runs} runs each, in turn; median (min to max)")
    reached = [reaches_goal(name, program, runs) for name, program in TORCHINFO.items()]  # all of them, whatever fails
    if not all(reached):
        sys.exit("a goal was missed")


def reaches_goal(name: str, program: str, runs: int) -> bool:
    """Measure one network, print, and say whether the goals are met."""
    commands = {
        "striate": [str(Path(sys.executable).with_name("striate")), "summary", name],
        "torchinfo": [sys.executable, "-c", program],
    }
    check_same_parameters(commands["striate"], program)
    results = in_turn(commands, runs)
    for peer, measured in results.items():
        seconds = spread([run.seconds for run in measured], 3)
        megabytes = spread([run.megabytes for run in measured], 1)
        print(f"{name:<10} {peer:<10} {seconds} s   {megabytes} MB")
    pairs = zip(results["striate"], results["torchinfo"], strict=True)
    ratios = [theirs.seconds / ours.seconds for ours, theirs in pairs]
    peak = max(run.megabytes for run in results["striate"])
    print(f"torchinfo / striate: {spread(ratios, 1)} times; goal {GOAL_TIMES}, peak {peak:.1f} of {GOAL_MEGABYTES} MB")
    return statistics.median(ratios) >= GOAL_TIMES and peak <= GOAL_MEGABYTES


def check_same_parameters(command: list[str], program: str) -> None:
    """Both must speak of the same network. torchinfo prints its summary only if told to."""
    texts = [
        subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout
        for command in (command, [sys.executable, "-c", program + "\nprint(PRINTED)"])
    ]
    counts = [
        re.search(pattern, text)
        for pattern, text in zip((r"Total +([\d,]+)", r"Total params: ([\d,]+)"), texts, strict=True)
    ]
    if not all(counts) or counts[0][1] != counts[1][1]:  # type: ignore[index]
        sys.exit(f"the networks differ: {counts}")


if __name__ == "__main__":
    main()
