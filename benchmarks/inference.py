"""Inference at 224 pixels: Striate as it comes against every usual way to run torchvision's network.

    python benchmarks/inference.py [--rounds 9] [--seconds 0.6] [NETWORK...]

AlexNet, GoogLeNet, ResNet-18 and ResNet-50, with batches of 1 and 32 normalized images that lie in memory as floats.
Ours is a predictor's engine, chosen by itself (`--engine auto`), in float32 and, where the CPU has bfloat16
instructions, in the precision chosen by itself. The peers are torchvision's network, run by hand: eager; channels last;
compiled by inductor with frozen weights; exported by torch to ONNX and run by ONNX Runtime; converted by OpenVINO. In
bfloat16 they are: eager and inductor under autocast, and OpenVINO with that hint. Every side has a process and all
cores; they take turns. The same weights: every side's logits are compared before anything is timed.

Goals: ours never below 0.95 of the best of them at the same precision; where the CPU has bfloat16 instructions, a
geometric mean over the networks of at least 4 times torchvision eager (float32) at batch 32.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import torch
import torchvision
from processes import machine, spread
from sides import Step, ask, started

from striate.inference import Predictor
from striate.nn import Model, Network, build, to_torchvision_state_dict
from striate.runtime import has_fast_bfloat16

NETWORKS = ("alexnet", "googlenet", "resnet18", "resnet50")
BATCHES = (1, 32)
PEERS = {
    "float32": ("channels last", "inductor", "onnxruntime", "openvino"),
    "bfloat16": ("eager", "channels last", "inductor", "openvino"),
}
BASE = "eager in float32"
REST = 0.2  # seconds between two sides: threads of the one before spin for a while, on cores that the next needs
GOAL, GOAL_MEAN = 0.95, 4.0
CPU, SHAPE = torch.device("cpu"), (3, 224, 224)
Forward = Callable[[torch.Tensor], torch.Tensor]


def main() -> None:
    """Measure, print, and fail if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help=f"of {', '.join(NETWORKS)} (all)")
    parser.add_argument("--rounds", type=int, default=9, help="counted rounds, each side in turn (9)")
    parser.add_argument("--seconds", type=float, default=0.6, help="about what a side computes in a round (0.6)")
    options = parser.parse_args()
    if unknown := set(options.networks) - set(NETWORKS):
        parser.error(f"no such network: {', '.join(sorted(unknown))}")
    fast = has_fast_bfloat16(CPU)
    words = machine("torch", "torchvision", "onnxruntime", "openvino")
    print(f"{words}; bfloat16 instructions: {'yes' if fast else 'no'}")
    print(f"{options.rounds} rounds, in turn; milliseconds a batch, median (min to max)", flush=True)
    worst, gains = [], []
    for name in options.networks or NETWORKS:
        for batch in BATCHES:
            for precision in ("float32", "auto") if fast else ("float32",):
                times = in_turn(name, batch, precision, options.rounds, options.seconds)
                show(f"{name}, batch {batch}, {precision}", times)
                ratio, gain = ratios(times)
                worst.append(ratio)
                if batch == 32 and precision != "float32":
                    gains.append(gain)
    print(f"the least of the ratios to the best peer: {min(worst):.2f}; goal {GOAL}")
    if gains:
        mean = statistics.geometric_mean(gains)
        print(f"batch 32 against eager in float32, geometric mean: {mean:.2f}; goal {GOAL_MEAN}")
    if min(worst) < GOAL or (gains and mean < GOAL_MEAN):
        sys.exit("a goal was missed")


def in_turn(name: str, batch: int, precision: str, rounds: int, seconds: float) -> dict[str, list[float]]:
    """Milliseconds a batch of each round, for "striate", each peer, and "eager in float32" in any case."""
    theirs_at = "float32" if precision == "float32" else "bfloat16"
    peers = {peer: (peer, theirs_at) for peer in PEERS[theirs_at]} | {BASE: ("eager", "float32")}
    with ExitStack() as stack:
        makers = {"striate": (ours, name, batch, precision)}
        makers |= {peer: (theirs, name, batch, *how) for peer, how in peers.items()}
        sides = {}
        for side, how in makers.items():
            sides[side] = stack.enter_context(started(*how))
            ask(sides[side], 2)  # ready before the next begins: one that tries engines tries them undisturbed
        steps = {side: max(1, round(seconds * 1000 / ask(asked, 1))) for side, asked in sides.items()}
        times: dict[str, list[float]] = {side: [] for side in sides}
        for _round in range(rounds):
            for side, asked in sides.items():
                time.sleep(REST)
                times[side].append(ask(asked, steps[side]))
    return times


def show(title: str, times: dict[str, list[float]]) -> None:
    """A line for each side: milliseconds, and how many times as fast ours is."""
    print(title)
    for side, milliseconds in times.items():
        faster = [peer / mine for mine, peer in zip(times["striate"], milliseconds, strict=True)]
        print(f"  {side:<18} {spread(milliseconds, 1):<30} {spread(faster, 2)} times", flush=True)


def ratios(times: dict[str, list[float]]) -> tuple[float, float]:
    """The best peer's median over ours, and that of eager in float32 over ours."""
    medians = {side: statistics.median(milliseconds) for side, milliseconds in times.items()}
    mine = medians.pop("striate")
    return min(medians.values()) / mine, medians[BASE] / mine


@contextmanager
def ours(name: str, batch: int, precision: str) -> Iterator[Step]:
    """The engine that a predictor chooses, by a trial made now."""
    with tempfile.TemporaryDirectory() as empty:
        os.environ["XDG_CACHE_HOME"] = empty  # where an earlier trial would be remembered
        predictor = Predictor(
            Model(our_network(name), tuple(map(str, range(1000))), {}, {}),
            precision="float32" if precision == "float32" else "auto",
        )
        fitted = torch.randint(256, (batch, *SHAPE), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
        engine = predictor.choose_engine(fitted, batch=batch)
    print(f"  (striate answers {name}, batch {batch}, by {engine.describe()})", flush=True)
    images = noise(batch)
    yield lambda: engine.run(images)


@contextmanager
def theirs(name: str, batch: int, peer: str, precision: str) -> Iterator[Step]:
    """torchvision's network, run by hand; its logits are ours."""
    warnings.simplefilter("ignore")  # torch's exporter and compiler warn of their own internals
    network, images = peer_network(name), noise(batch)
    makers = {"onnxruntime": by_onnxruntime, "openvino": by_openvino}
    forward = makers[peer](network, precision) if peer in makers else by_torch(network, peer, precision)
    if peer == "channels last":
        images = images.contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        expected = our_network(name)(images)
        off = (forward(images) - expected).abs().max() / expected.abs().max()
        if not off < (1e-3 if precision == "float32" else 0.1):
            sys.exit(f"{name}: {peer} gives other logits than striate ({off:.1e})")
        yield lambda: forward(images)


def by_torch(network: torch.nn.Module, peer: str, precision: str) -> Forward:
    """Eager, channels last, or compiled with frozen weights."""
    if peer == "channels last":
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if peer == "inductor":
        import torch._inductor.config as settings

        settings.freezing = True
        network = torch.compile(network)  # type: ignore[assignment]

    def forward(images: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bfloat16"):
            return network(images).float()  # type: ignore[no-any-return]

    return forward


def by_onnxruntime(network: torch.nn.Module, _precision: str) -> Forward:
    """Exported by torch, a free batch size."""
    import onnxruntime

    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "network.onnx")
        free = ({0: torch.export.Dim("batch")},)
        torch.onnx.export(
            network,
            (torch.zeros(2, *SHAPE),),
            path,
            dynamo=True,
            dynamic_shapes=free,
            external_data=False,
            verbose=False,
        )
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda images: torch.from_numpy(session.run(None, {name: images.numpy()})[0])


def by_openvino(network: torch.nn.Module, precision: str) -> Forward:
    """Converted from torch, compiled with the hint for latency, which is for one caller."""
    import openvino

    model = openvino.convert_model(network, example_input=torch.zeros(2, *SHAPE))
    hints = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": {"float32": "f32", "bfloat16": "bf16"}[precision],
    }
    compiled = openvino.Core().compile_model(model, "CPU", hints)
    return lambda images: torch.from_numpy(compiled([images.numpy()])[0])


def our_network(name: str) -> Network:
    """The table's network, its first weights always the same."""
    return build(f"{name}:torchvision", seed=0).eval()


def peer_network(name: str) -> torch.nn.Module:
    """torchvision's network with the weights of ours, without auxiliary heads as in use."""
    network = our_network(name)
    heads = {"aux_logits": True, "init_weights": False} if name == "googlenet" else {}
    theirs = torchvision.models.get_model(name, weights=None, **heads)
    theirs.load_state_dict(to_torchvision_state_dict(network.table, network.state_dict()))
    return theirs.eval()  # type: ignore[no-any-return]


def noise(batch: int) -> torch.Tensor:
    """Images float32 (N, 3, 224, 224), always the same."""
    return torch.randn(batch, *SHAPE, generator=torch.Generator().manual_seed(0))


if __name__ == "__main__":
    main()
