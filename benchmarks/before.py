"""Whether pictures in and requests out are as fast as in another checkout, in one run.

    python benchmarks/before.py CHECKOUT [--rounds 5] [--photos 500] [--small 10000] [--seconds 4]

The checkout is a worktree of an earlier commit (`git worktree add CHECKOUT COMMIT`). Both run in turn as processes of
their own: the first epoch and later ones over the folders of `input.py`, and `striate serve lenet5` asked by 1, 8 and
64 clients as in `serve.py`. It prints images and requests a second, and the ratio of each round; there is no goal.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from input import CASES, CLASSES, WORKERS, Case, draw_folder, first_epoch_of_ours, speed
from processes import machine, spread
from serve import CLIENTS, HERE, digits, wait_for

from striate.data import Batches, DataOptions, load_dataset
from striate.tables import IMAGENET_MEAN, IMAGENET_STD, Preprocessing, Table, load_table

Rates = dict[str, float]


def main() -> None:
    """Measure both in turn, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=Path, help="the other checkout, or with --side the folder of pictures")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--photos", type=int, default=500, help="pictures of 400x500 (500)")
    parser.add_argument("--small", type=int, default=10_000, help="pictures of 32x32 (10000)")
    parser.add_argument("--seconds", type=float, default=4, help="for each number of clients (4)")
    parser.add_argument("--side", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        print(json.dumps({name: rate for case in CASES for name, rate in input_rates(case, options.checkout).items()}))
        return
    load = " ".join(f"{average:.2f}" for average in os.getloadavg())
    print(f"{machine('torch', 'pillow', 'uvicorn')}; load {load} before; {options.rounds} rounds, in turn")
    sides = {"ours": HERE.parent, "theirs": options.checkout.resolve()}
    rates: dict[str, list[Rates]] = {side: [] for side in sides}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        draw_folder(folder / "photos", options.photos, (400, 500), ".jpg")
        draw_folder(folder / "small", options.small, (32, 32), ".png")
        sent = folder / "sent"
        sent.write_bytes(pickle.dumps(("/v1/models/lenet5/predict", "image/png", digits())))
        for number in range(options.rounds):
            for side in sorted(sides, reverse=number % 2 == 1):
                paths = {**os.environ, "PYTHONPATH": str(sides[side] / "src"), "GOMP_SPINCOUNT": "10000"}
                measured = measure_input(folder, paths) | measure_serve(sent, options.seconds, paths)
                rates[side].append(measured)
    print("images or requests a second, median (min to max)")
    for name in rates["ours"][0]:
        ours, theirs = ([rate[name] for rate in rates[side]] for side in sides)
        ratios = [our / their for our, their in zip(ours, theirs, strict=True)]
        print(f"{name:<48} now {spread(ours, 0)}, then {spread(theirs, 0)}: {spread(ratios, 2)} times")


def measure_input(folder: Path, environment: dict[str, str]) -> Rates:
    """Images a second of each case, in a process with this environment."""
    command = [sys.executable, __file__, str(folder), "--side"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, encoding="utf-8", check=True)
    rates: Rates = json.loads(done.stdout)
    return rates


def input_rates(case: Case, root: Path) -> Rates:
    """Images a second of the first epoch, which decodes, and of the best of later ones."""
    table = table_of(case)
    first_epoch_of_ours(table, root / case.folder)  # it imports
    first = first_epoch_of_ours(table, root / case.folder)
    with tempfile.TemporaryDirectory() as cache:
        images = load_dataset(root / case.folder, table, DataOptions(cache_dir=cache)).train
        batches = Batches(images, table, workers=WORKERS)
        later = max(speed(lambda number=number: batches.epoch(number)) for number in range(1, 5))
    return {f"{case.name}: first epoch": first, f"{case.name}: later": later}


def table_of(case: Case) -> Table:
    """The table of a case of `input.py`."""
    base = load_table(case.table).with_classes(CLASSES)
    recipe = replace(base.recipe, augmentation=case.augmentation, batch_size=case.batch_size)
    return replace(base, preprocessing=Preprocessing(mean=IMAGENET_MEAN, std=IMAGENET_STD), recipe=recipe)


def measure_serve(sent: Path, seconds: float, environment: dict[str, str]) -> Rates:
    """Requests a second by the number of clients."""
    with server(environment) as port:
        return {f"serve lenet5: {clients} clients": ask(sent, port, clients, seconds)["rate"] for clients in CLIENTS}


@contextmanager
def server(environment: dict[str, str]) -> Iterator[int]:
    """`striate serve lenet5` with this environment, ready; its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "striate", "serve", "lenet5", "--port", str(port)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, env=environment, start_new_session=True, **quiet)
    try:
        wait_for(f"http://127.0.0.1:{port}/readyz", process)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def ask(sent: Path, port: int, clients: int, seconds: float) -> dict[str, Any]:
    """What comes of a load, by `http_load.py`."""
    words = ["127.0.0.1", port, sent, "--clients", clients, "--seconds", seconds]
    command = [sys.executable, str(HERE / "http_load.py"), *map(str, words)]
    done = subprocess.run(command, stdout=subprocess.PIPE, encoding="utf-8", check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


if __name__ == "__main__":
    main()
