"""Every engine at every precision against the plain network in float32, on whole test sets.

    python benchmarks/same_answer.py --data-dir DIR [--networks lenet5:modern minivggnet:tiny]

For MNIST (found in DIR) and Fashion-MNIST: the model that ships (MNIST only), and networks trained here for one epoch.
What a user gets, `Predictor.forward` on preprocessed pictures, is compared with the network as torch runs it alone.
bfloat16 is emulated where the CPU has no instructions for it: slowly, with the same rounding.

Goals: in float32 no probability further away than 1e-4; in bfloat16 at least 99.5 % of the classes the same. int8 is
printed and has no goal.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch
from processes import machine

from striate.data import DataOptions, Dataset, load_dataset, normalize, preprocessed_batches
from striate.errors import StriateError
from striate.inference import EngineName, EnginePrecision, Predictor
from striate.nn import Model, load_model
from striate.tables import load_table
from striate.training import Options, train

PAIRS: tuple[tuple[EngineName, EnginePrecision], ...] = (
    ("torch", "float32"),
    ("onnxruntime", "float32"),
    ("openvino", "float32"),
    ("torch", "bfloat16"),
    ("openvino", "bfloat16"),
    ("onnxruntime", "int8"),
    ("openvino", "int8"),
)
GOALS = {"float32": 1e-4, "bfloat16": 0.995}


def main() -> None:
    """Compare, print, and fail if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, help="where MNIST lies")
    parser.add_argument("--networks", nargs="*", default=["lenet5:modern", "minivggnet:tiny"], metavar="TABLE")
    options = parser.parse_args()
    print(machine("torch", "onnxruntime", "openvino"))
    print(f"{'data':<14} {'network':<16} {'engine':<12} {'precision':<9} {'largest difference':<19} the same class")
    missed = False
    for model, dataset in models(options.networks, options.data_dir):
        for engine, precision in PAIRS:
            missed |= compared(model, dataset, engine, precision)
    if missed:
        sys.exit("a goal was missed")


def models(networks: list[str], data_dir: Path | None) -> Iterator[tuple[Model, Dataset]]:
    """Trained networks, each with the data set that it was trained on."""
    shipped = load_model(Path("lenet5"))
    yield shipped, load_dataset("mnist", shipped.network.table, DataOptions(data_dir=data_dir))
    for data in ("mnist", "fashion-mnist"):
        for name in networks:
            table = load_table(name)
            table = replace(table, recipe=replace(table.recipe, epochs=1))
            with tempfile.TemporaryDirectory() as folder:
                options = Options(data=DataOptions(data_dir=data_dir), precision="float32")
                train(table, data, Path(folder) / "run", options=options)
                model = load_model(Path(folder) / "run")
            yield model, load_dataset(data, model.network.table, DataOptions(data_dir=data_dir))


def compared(model: Model, dataset: Dataset, engine: EngineName, precision: EnginePrecision) -> bool:
    """Print how an engine's answers differ from the plain network's, and say whether its goal is missed."""
    predictor = Predictor(model, engine=engine, precision=precision)
    words = f"{dataset.name:<14} {model.network.table.name:<16} {engine:<12} {precision:<9}"
    try:
        predictor.calibrate(dataset)
    except StriateError as error:
        print(words, str(error))
        return False
    largest, same, images = 0.0, 0, 0
    for fitted_NCHW in preprocessed_batches(dataset.validation, model.network.table):
        found = predictor.forward(fitted_NCHW)
        with torch.inference_mode():
            expected = model.network(normalize(fitted_NCHW, model.network.table.preprocessing))
        largest = max(largest, float((found.softmax(1) - expected.softmax(1)).abs().max()))
        same += int((found.argmax(1) == expected.argmax(1)).sum())
        images += len(fitted_NCHW)
    print(f"{words} {largest:<19.1e} {same / images:.2%}", flush=True)
    if precision == "float32":
        return largest > GOALS["float32"]
    return precision == "bfloat16" and same / images < GOALS["bfloat16"]


if __name__ == "__main__":
    main()
