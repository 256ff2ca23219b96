"""`striate export --pixels` against `striate predict`: the same pictures, the same probabilities? And what int8 costs.

    python benchmarks/export_pixels.py --photos FOLDER --digits MNIST [--pictures 1000] [--models lenet5 resnet20]

FOLDER holds pictures of any size and format, in a folder for each class or not; MNIST's test digits are drawn large on
paper of uneven brightness. Each model that ships reads the pictures that it is for. Three answers to each picture are
compared, all in float32: `predict` on the file, `predict` on its decoded pixels, and the exported file in ONNX Runtime
on these pixels. The first two differ where a file is decoded in another way: a JPEG's brightness for a gray network,
large JPEGs at a part of their size.

The goal: on the same pixels no probability is further away than 1e-3, and no picture has another class. Bytes are
rounded at the same places, but a mean that lies between two may be rounded otherwise: the script says how many pictures
are further away.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from processes import machine

from striate.data import DataOptions, Dataset, image_paths, load_dataset
from striate.inference import Predictor, calibration_inputs, export_model

GOAL = 1e-3
Pixels = NDArray[np.uint8]


def main() -> None:
    """Compare, print, and fail if the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, help="a folder of pictures")
    parser.add_argument("--digits", type=Path, help="where MNIST lies")
    parser.add_argument("--labelled", type=Path, help="a data folder of the photo models' classes, to measure int8 on")
    parser.add_argument("--pictures", type=int, default=1000, metavar="N")
    parser.add_argument("--models", nargs="*", default=["lenet5", "resnet20", "alexnet:small", "googlenet:small"])
    options = parser.parse_args()
    print(machine("torch", "onnx", "onnxruntime"))
    print(
        f"{'model':<16} {'pictures':>8}  {'compared with':<20} {'mean':>8} {'99 %':>8} {'most':>8}"
        "  over 1e-3  other class"
    )
    missed = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for model in options.models:
            predictor = Predictor.load(model, engine="torch", precision="float32", device="cpu")
            if model == "lenet5":
                paths = draw_digits(options.digits, folder, options.pictures) if options.digits else []
            else:
                paths = list(image_paths([str(options.photos)])) if options.photos else []
            paths = sorted(paths)
            random.Random(0).shuffle(paths)
            if paths[: options.pictures]:
                missed |= compared(model, predictor, paths[: options.pictures], folder / "m.onnx")
    print()
    print(f"{'model':<16} {'file':<10} {'bytes':>12}  {'ms a picture':>12}  top-1")
    for model in options.models:
        predictor = Predictor.load(model, engine="torch", precision="float32", device="cpu")
        data, split = ("mnist", options.digits) if model == "lenet5" else (options.labelled, None)
        if data is not None and (model != "lenet5" or options.digits):
            measure_int8(
                model, predictor, load_dataset(data, predictor.table, DataOptions(data_dir=split)), options.pictures
            )
    if missed:
        sys.exit("the goal was missed")


def draw_digits(mnist: Path, folder: Path, number: int) -> list[Path]:
    """MNIST's first test digits as dark ink on light paper, large, anywhere on it; the light falls off to one side."""
    dataset = load_dataset("mnist", Predictor.load("lenet5").table, DataOptions(data_dir=mnist))
    random_numbers = np.random.default_rng(0)
    out = folder / "digits"
    out.mkdir()
    for index in range(number):
        ink = Image.fromarray(dataset.validation.pictures[index][..., 0])
        side = int(random_numbers.integers(60, 400))
        ink = ink.resize((side, side), Image.Resampling.BICUBIC)
        height, width = (int(side * share) for share in random_numbers.uniform(1.1, 2.5, 2))
        top, left = (
            int(random_numbers.integers(0, height - side + 1)),
            int(random_numbers.integers(0, width - side + 1)),
        )
        paper = (
            235
            - random_numbers.uniform(0, 60) * np.linspace(0, 1, width)
            + random_numbers.normal(0, 2, (height, width))
        )
        shade = np.zeros((height, width))
        shade[top : top + side, left : left + side] = np.asarray(ink) / 255
        gray = (paper * (1 - shade) + 40 * shade).clip(0, 255).astype(np.uint8)
        Image.fromarray(gray).convert("RGB").save(out / f"{index:05}.{'png' if index % 2 else 'jpg'}", quality=92)
    return list(out.iterdir())


def compared(name: str, predictor: Predictor, paths: list[Path], file: Path) -> bool:
    """Print how far the answers are from one another; whether the goal is missed."""
    export_model(predictor.model, file, pixels=True)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    everything = len(predictor.classes)
    differences: dict[str, list[float]] = {"predict, pixels": [], "predict, the file": []}
    other = dict.fromkeys(differences, 0)
    for path in paths:
        picture = decoded(path)
        names, (found,) = session.run(["class", "probabilities"], {"pixels": picture[None]})
        for words, image in zip(differences, (picture, path), strict=True):
            expected = dict(predictor.predict(image, top=everything).top)
            differences[words].append(
                max(abs(expected[each] - float(p)) for each, p in zip(predictor.classes, found, strict=True))
            )
            other[words] += names[0] != max(expected, key=expected.__getitem__)
    for words, found in differences.items():
        mean, most = float(np.mean(found)), max(found)
        over = sum(difference > GOAL for difference in found)
        print(
            f"{name:<16} {len(paths):>8}  {words:<20} {mean:>8.1e} {np.quantile(found, 0.99):>8.1e} {most:>8.1e}"
            f"  {over:>9}  {other[words]:>11}",
            flush=True,
        )
    return max(differences["predict, pixels"]) > GOAL or other["predict, pixels"] > 0


def decoded(path: Path) -> Pixels:
    """A picture as a user decodes it: upright, RGB or RGBA."""
    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image)
        return np.asarray(upright.convert("RGBA" if upright.has_transparency_data else "RGB"))


def measure_int8(name: str, predictor: Predictor, dataset: Dataset, pictures: int) -> None:
    """Print size, time and top-1 of the file in float32 and in 8 bits, on the same validation pictures."""
    calibration_NCHW = calibration_inputs(dataset, predictor.table)
    images = dataset.validation.subsample(pictures)
    with tempfile.TemporaryDirectory() as folder:
        for kind, ranges in (("float32", None), ("int8", calibration_NCHW)):
            file = Path(folder) / f"{kind}.onnx"
            export_model(predictor.model, file, pixels=True, calibration_NCHW=ranges)
            settings = onnxruntime.SessionOptions()
            settings.intra_op_num_threads = 1
            session = onnxruntime.InferenceSession(file, settings, providers=["CPUExecutionProvider"])
            right, seconds = 0, []
            for pixels, label in pairs(images.pictures, images.labels):
                begin = time.perf_counter()
                (names,) = session.run(["class"], {"pixels": pixels[None]})
                seconds.append(time.perf_counter() - begin)
                right += names[0] == dataset.classes[label]
            milliseconds = 1000 * float(np.median(seconds))
            print(
                f"{name:<16} {kind:<10} {file.stat().st_size:>12,}  {milliseconds:>12.2f}  {right / len(images):.2%}",
                flush=True,
            )


def pairs(pictures: object, labels: torch.Tensor) -> Iterator[tuple[Pixels, int]]:
    """The pictures, each with its label."""
    for index, label in enumerate(labels.tolist()):
        yield pictures[index], label  # type: ignore[index]


if __name__ == "__main__":
    main()
