"""Serving: `striate serve` against LitServe over the same networks, loaded from another process on loopback.

    python benchmarks/serve.py [--rounds 3] [--networks lenet5 resnet18] [--seconds 5] [--without-overload]

LeNet-5 as it ships answers PNGs of 28x28 (scikit-learn's digits), ResNet-18 with random weights JPEGs of 400x500. Each
server in turn, as a process of its own, is asked by 1, 8 and 64 clients on kept connections (`http_load.py`). The peer,
`serve_litserve.py`, batches with the settings below. Goals: 1.5 times its requests a second, its p99 at most. Then
ten times the load that Striate sustained: every request is answered by 200 or 503, memory stays bounded, and 2 s later
it is as fast as before.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import io
import json
import os
import pickle
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from input import draw_folder
from PIL import Image
from processes import machine, resident, spread
from sklearn.datasets import load_digits

from striate.models import shipped_models
from striate.nn import Model, build, save_model

HERE = Path(__file__).parent
CLIENTS = (1, 8, 64)
WANTED, PICTURES = 1.5, 30
MORE, SLACK = 10, 0.9  # times the load; "as fast as before", of a noisy machine
# Found best for LitServe on two cores, among batches of 32 and 64, timeouts of 0, 2, 5 and 10 ms, 1 and 2 workers, 1
# and 2 API servers, with and without its fast queue, 1 and 2 threads (LeNet-5), channels-last (ResNet-18).
PEER = {
    "lenet5": ("--batch", "32", "--timeout", "0.005", "--threads", "1", "--fast-queue"),
    "resnet18": ("--batch", "8", "--timeout", "0.005", "--threads", "2", "--fast-queue", "--channels-last"),
}


def main() -> None:
    """Measure, print, and fail if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="of each server, in turn (3)")
    parser.add_argument("--networks", nargs="+", default=list(PEER), choices=list(PEER))
    parser.add_argument(
        "--seconds", type=float, default=5, help="counted with LeNet-5, three times that with ResNet-18 (5)"
    )
    parser.add_argument("--without-overload", action="store_true")
    options = parser.parse_args()
    load = " ".join(f"{average:.2f}" for average in os.getloadavg())
    packages = ("torch", "fastapi", "uvicorn", "litserve", "pillow")
    print(f"{machine(*packages)}; load {load} before; {options.rounds} rounds, in turn; median (min to max)\n")
    reached = []
    with tempfile.TemporaryDirectory() as folder:
        for network in options.networks:
            seconds = options.seconds * (1 if network == "lenet5" else 3)
            case = Case(network, Path(folder), seconds)
            reached += case.compare(options.rounds)
            if not options.without_overload:
                reached += case.overload()
    if not all(reached):
        sys.exit("a goal was missed")


class Case:
    """One network: its model file, and what is sent to either server."""

    def __init__(self, network: str, folder: Path, seconds: float) -> None:
        self.network, self.folder, self.seconds = network, folder, seconds
        if network == "lenet5":
            self.model, bodies, kind = shipped_models()["lenet5"], digits(), "image/png"
        else:
            self.model, bodies, kind = folder / "resnet18.safetensors", photos(folder), "image/jpeg"
            names = tuple(f"class {index}" for index in range(1000))
            save_model(self.model, Model(build("resnet18:torchvision", seed=0), names, {}, {}))
        as_json = [json.dumps({"image": base64.b64encode(body).decode()}).encode() for body in bodies]
        sent = {
            "striate": (f"/v1/models/{network}/predict", kind, bodies),
            "litserve": ("/predict", "application/json", as_json),
        }
        self.sent = {name: folder / f"{network}.{name}" for name in sent}
        for name, path in self.sent.items():
            path.write_bytes(pickle.dumps(sent[name]))

    def compare(self, rounds: int) -> list[bool]:
        """Both servers in turn; whether each goal is met."""
        results: dict[tuple[str, int], list[dict[str, Any]]] = {}
        for _ in range(rounds):
            for name in self.sent:
                with self.server(name) as port:
                    for clients in CLIENTS:
                        results.setdefault((name, clients), []).append(self.ask(name, port, clients))
        print(f"| {self.network} | clients | requests/s | p50, ms | p99, ms |\n|---|---|---|---|---|")
        for clients in CLIENTS:
            for name in self.sent:
                runs = results[name, clients]
                times = [spread([1000 * run[part] for run in runs], 1) for part in ("p50", "p99")]
                print(f"| {name} | {clients} | {spread([run['rate'] for run in runs], 1)} | {times[0]} | {times[1]} |")
        print()
        self.sustained = statistics.median(run["rate"] for run in results["striate", CLIENTS[-1]])
        return [self.goals(results["striate", clients], results["litserve", clients], clients) for clients in CLIENTS]

    def goals(self, ours: list[dict[str, Any]], theirs: list[dict[str, Any]], clients: int) -> bool:
        """Round by round; the medians decide."""
        rates = [our["rate"] / their["rate"] for our, their in zip(ours, theirs, strict=True)]
        slowest = [our["p99"] / their["p99"] for our, their in zip(ours, theirs, strict=True)]
        met = statistics.median(rates) >= WANTED and statistics.median(slowest) <= 1
        print(
            f"{self.network}, {clients} clients: {spread(rates, 2)} times the requests a second, goal {WANTED};"
            f" p99 {spread(slowest, 2)} of the peer's, goal 1{'' if met else ': MISSED'}"
        )
        return met

    def overload(self) -> list[bool]:
        """Ten times the load that was sustained, and what is left of the speed 2 s later."""
        with self.server("striate") as port:
            before, memory = self.ask("striate", port, 8), resident(self.process)
            rate = MORE * self.sustained
            flood = self.ask("striate", port, MORE * CLIENTS[-1], "--rate", str(rate), "--warm", "0")
            peak = resident(self.process, "VmHWM")
            time.sleep(2)
            after, left = self.ask("striate", port, 8, "--warm", "0.2"), resident(self.process)
        statuses = {status.removeprefix("uncounted "): 0 for status in flood["statuses"]}
        for status, count in flood["statuses"].items():
            statuses[status.removeprefix("uncounted ")] += count
        answered = statuses.keys() <= {"200", "503"} and sum(statuses.values()) == flood["sent"]
        speed = after["rate"] / before["rate"]
        bounded = peak < memory + 300
        sent = flood["sent"] / self.seconds
        times = f"{sent / self.sustained:.1f} times what is sustained"
        print(
            f"\n{self.network}, overload: {sent:.0f} requests a second sent, {times}"
            f" ({flood['not sent, no client free']} more found no client free): {statuses}"
            f"{'' if answered else ': LOST SOME'}; p99 of those answered {1000 * flood['p99']:.0f} ms\n"
            f"memory {memory:.0f} MB before, {peak:.0f} at its peak, {left:.0f} after{'' if bounded else ': MISSED'};"
            f" 2 s later {speed:.2f} times the requests a second of before{'' if speed > SLACK else ': MISSED'}\n"
        )
        return [answered, bounded, speed > SLACK]

    @contextlib.contextmanager
    def server(self, name: str) -> Iterator[int]:
        """One of the servers, ready; its port."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        command = {
            "striate": ["-m", "striate", "serve", f"{self.network}={self.model}", "--port", str(port)],
            "litserve": [str(HERE / "serve_litserve.py"), str(self.model), "--port", str(port), *PEER[self.network]],
        }[name]
        path = {"striate": "/readyz", "litserve": "/health"}[name]
        spin = {"GOMP_SPINCOUNT": "10000"}  # which Striate sets for itself; the peer too is faster with it
        process = subprocess.Popen(
            [sys.executable, *command],
            env={**os.environ, **spin},
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.process = process.pid
        try:
            wait_for(f"http://127.0.0.1:{port}{path}", process)
            yield port
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait()
            time.sleep(1)  # LitServe's processes end one after the other

    def ask(self, name: str, port: int, clients: int, *options: str) -> dict[str, Any]:
        """What comes of a load."""
        command = [sys.executable, HERE / "http_load.py", "127.0.0.1", port, self.sent[name], "--clients", clients]
        done = subprocess.run(
            [*map(str, command), "--seconds", str(self.seconds), *options],
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        result: dict[str, Any] = json.loads(done.stdout)
        return result


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    """Until a server is ready; SystemExit if it ends instead."""
    for _ in range(1200):
        with contextlib.suppress(OSError), urllib.request.urlopen(address):
            return
        if process.poll() is not None:
            sys.exit(f"{process.args}: ended with {process.returncode}")
        time.sleep(0.1)
    sys.exit(f"{address}: not ready within 2 minutes")


def digits() -> list[bytes]:
    """Digits as MNIST has them: 20 pixels high in 28x28, light on black, as PNG."""
    pictures = []
    for image in load_digits().images[:PICTURES]:
        frame = Image.new("L", (28, 28))
        frame.paste(Image.fromarray((image * 15.9).astype(np.uint8)).resize((20, 20), Image.Resampling.BICUBIC), (4, 4))
        buffer = io.BytesIO()
        frame.save(buffer, "PNG")
        pictures.append(buffer.getvalue())
    return pictures


def photos(folder: Path) -> list[bytes]:
    """JPEGs that decode as slowly as photos do."""
    draw_folder(folder / "photos", PICTURES, (400, 500), ".jpg")
    return [path.read_bytes() for path in sorted((folder / "photos" / "train").rglob("*.jpg"))]


if __name__ == "__main__":
    main()
