"""Every network and variant through everything: what the test suite does with the small ones, for all.

    python benchmarks/every_network.py [NAME...] > benchmarks/every_network.md

For each: parameters and MACs of the built module against the analysis; a TOML round trip; an SVG; a forward and a
backward pass at batch 2; a training step that lowers the loss on one batch; an ONNX export whose outputs agree with
PyTorch's at batches 1, 2 and 7. Goes on after a failure, names it in the table, and exits with an error at the end.
"""

from __future__ import annotations

import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import onnxruntime
import torch
from processes import machine

from striate.analysis import total_cost, trained_cost
from striate.drawing import draw_svg
from striate.nn import Network, build
from striate.tables import ARCHITECTURES, Table, dumps_table, load_table, loads_table
from striate.training import eval_loss, total_loss

ONNX_TOLERANCE = 1e-4  # relative to the largest logit
RATES = (1e-3, 1e-4, 1e-5)


def main() -> None:
    """Check, print a Markdown table, fail if anything failed."""
    names = sys.argv[1:] or list(ARCHITECTURES)
    failed = False
    print("# Every network through everything\n")
    print(
        f"{machine('torch', 'onnxruntime')}. Made by `python benchmarks/every_network.py`, which says what it checks.\n"
    )
    print(f"| network | {' | '.join(CHECKS)} | seconds |")
    print(f"|---|{'---|' * len(CHECKS)}---|")
    for name in names:
        started = time.perf_counter()
        cells = [outcome(check, load_table(name)) for check in CHECKS.values()]
        failed |= any(cell.startswith("FAILED") for cell in cells)
        print(f"| {name} | {' | '.join(cells)} | {time.perf_counter() - started:.0f} |", flush=True)
    if failed:
        sys.exit("a check failed")


def outcome(check: Callable[[Table], str], table: Table) -> str:
    """What a check found, or that it failed and why."""
    try:
        return check(table)
    except Exception as error:  # every failure has its place in the table
        return f"FAILED: {type(error).__name__} {' '.join(str(error).split())[:200]}"


def counts(table: Table) -> str:
    """Parameters and MACs counted from the table, those parameters in the module, and those stated beside the table."""
    plan = table.plan()
    counted, trained = total_cost(plan), trained_cost(plan).parameters
    assert sum(parameter.numel() for parameter in build(table).parameters()) == trained
    if table.expected:
        assert (counted.parameters, counted.macs) == (table.expected.parameters, table.expected.macs)
    return f"{counted.parameters:,}; {counted.macs:,}"


def round_trip(table: Table) -> str:
    """TOML and back."""
    assert loads_table(dumps_table(table)) == table
    return "equal"


def svg(table: Table) -> str:
    """A drawing that is XML."""
    text = draw_svg(table)
    ElementTree.fromstring(text)
    return f"{len(text) / 1000:.0f} kB"


def batch(table: Table, images: int) -> torch.Tensor:
    """Noise, always the same."""
    return torch.randn(images, *table.input, generator=torch.Generator().manual_seed(0))


def losses(network: Network, images: int = 2) -> Iterator[torch.Tensor]:
    """The loss on one batch, again and again; the same units drop out."""
    table = network.table
    weights, labels = [head.weight for head in table.heads], torch.arange(images)
    while True:
        torch.manual_seed(0)
        yield total_loss(eval_loss(table.recipe), network(batch(table, images)), labels, weights)[0]


def backward(table: Table) -> str:
    """A forward and a backward pass at batch 2: a finite gradient for every parameter."""
    network = build(table, seed=0).train()
    loss = next(losses(network))
    loss.backward()  # type: ignore[no-untyped-call]
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())
    return f"loss {loss.item():.3g}"


def learns(table: Table) -> str:
    """One step of gradient descent lowers the loss on its batch, at a rate small enough."""
    for rate in RATES:
        network = build(table, seed=0).train()
        optimizer, on_batch = torch.optim.AdamW(network.parameters(), lr=rate), losses(network)
        before = next(on_batch)
        before.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        with torch.no_grad():
            after = next(on_batch)
        if after < before:
            return f"{before.item():.3g} to {after.item():.3g}"
    raise AssertionError(f"no step lowers the loss: {before.item()} to {after.item()}")


def onnx(table: Table) -> str:
    """An export with a free batch size agrees at batches 1, 2 and 7."""
    network = build(table, seed=0).eval()
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's exporter warns of its own internals
        path = str(Path(folder) / "network.onnx")
        shapes = ({0: torch.export.Dim("batch")},)
        torch.onnx.export(network, (batch(table, 2),), path, dynamo=True, dynamic_shapes=shapes, verbose=False)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        for images in (1, 2, 7):
            x = batch(table, images)
            (theirs,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
            with torch.inference_mode():
                ours = network(x).numpy()
            worst = max(worst, float(np.abs(ours - theirs).max() / np.abs(ours).max()))
    assert worst <= ONNX_TOLERANCE, f"differs by {worst:.1e} of the largest logit"
    return f"within {worst:.0e}"


CHECKS: dict[str, Callable[[Table], str]] = {
    "parameters; MACs": counts,
    "TOML": round_trip,
    "SVG": svg,
    "backward at 2": backward,
    "a step": learns,
    "ONNX at 1, 2, 7": onnx,
}

if __name__ == "__main__":
    main()
