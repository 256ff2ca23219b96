"""A folder of photos: `striate predict` against the script that one would write with torchvision and a DataLoader.

    python benchmarks/predict_folder.py [--pictures 1000] [--runs 3] [--sizes 500x375 4000x3000]

JPEG photos, made here of drawn colours and noise (quality 90), of ResNet-18 with the same weights. Whole processes from
start to exit, in turn, each writing a JSON line for each picture; the classes are compared. The script is the usual
one: PIL, `Resize(256)`, `CenterCrop(224)`, `ToTensor`, `Normalize`, a DataLoader with a worker for each core and
batches of 32, torchvision's network in evaluation mode under `inference_mode`.

Goal: at least 3 times as fast.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from processes import machine, measure, spread

from striate.nn import Model, build, save_model, to_torchvision_state_dict

GOAL = 3.0
STRIATE = [sys.executable, "-m", "striate", "predict"]
SCRIPT = """
import json, os, sys
from pathlib import Path
import torch, torchvision
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

class Photos(Dataset):
    def __init__(self, folder):
        self.paths = sorted(Path(folder).iterdir())
        self.transform = transforms.Compose([
            transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor(),
            transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ])
    def __len__(self):
        return len(self.paths)
    def __getitem__(self, index):
        return self.transform(Image.open(self.paths[index]).convert("RGB")), str(self.paths[index])

if __name__ == "__main__":
    weights, folder, out = sys.argv[1:]
    network = torchvision.models.resnet18()
    network.load_state_dict(torch.load(weights, weights_only=True))
    network.eval()
    with torch.inference_mode(), open(out, "w") as file:
        for images, paths in DataLoader(Photos(folder), batch_size=32, num_workers=os.cpu_count()):
            best = network(images).softmax(dim=1).max(dim=1)
            for path, number, share in zip(paths, best.indices.tolist(), best.values.tolist()):
                file.write(json.dumps({"path": path, "class": str(number), "probability": share}) + "\\n")
"""


def main() -> None:
    """Measure, print, and fail if the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=1000, help="photos (1000)")
    parser.add_argument("--runs", type=int, default=3, help="counted runs of each side (3)")
    parser.add_argument("--sizes", nargs="+", default=["500x375", "4000x3000"], help="of the photos, width x height")
    options = parser.parse_args()
    print(f"{machine('torch', 'torchvision', 'onnxruntime', 'openvino', 'simplejpeg', 'pillow')}")
    print(
        f"{options.pictures} JPEG photos, {options.runs} runs each, in turn; seconds, median (min to max)", flush=True
    )
    medians = [measured(size, options.pictures, options.runs) for size in options.sizes]
    print(f"goal {GOAL} times as fast")
    if min(medians) < GOAL:
        sys.exit("the goal was missed")


def measured(size: str, pictures: int, runs: int) -> float:
    """Print both sides and the ratio for photos of a size; its median."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        photos, model, weights, script = place / "photos", place / "m.safetensors", place / "m.pt", place / "script.py"
        make_photos(photos, size, pictures)
        network = build("resnet18:torchvision", seed=0)
        save_model(model, Model(network, tuple(map(str, range(1000))), {}, {}))
        torch.save(to_torchvision_state_dict(network.table, network.state_dict()), weights)
        script.write_text(SCRIPT, encoding="utf-8")
        theirs = [sys.executable, str(script), str(weights), str(photos), str(place / "theirs.jsonl")]
        ours = [*STRIATE, str(model), str(photos), "--jsonl", "--top", "1"]
        agreement = same_classes(ours, theirs, place / "theirs.jsonl")
        times = [(measure(ours).seconds, measure(theirs).seconds) for _run in range(runs)]
    mine, other = zip(*times, strict=True)
    ratios = [b / a for a, b in zip(mine, other, strict=True)]
    print(
        f"{size}: striate predict {spread(mine, 1)} s, torchvision {spread(other, 1)} s, {spread(ratios, 2)} times;",
        end=" ",
    )
    print(f"the same class for {agreement:.1%}", flush=True)
    return statistics.median(ratios)


def same_classes(ours: list[str], theirs: list[str], file: Path) -> float:
    """The share of photos that both take for the same class: scaling is not the same to the bit."""
    subprocess.run(theirs, check=True)
    lines = subprocess.run(ours, check=True, capture_output=True, encoding="utf-8").stdout.splitlines()
    mine = {one["path"]: one["top"][0]["class"] for one in map(json.loads, lines)}
    other = {one["path"]: one["class"] for one in map(json.loads, file.read_text(encoding="utf-8").splitlines())}
    assert mine.keys() == other.keys()
    return sum(mine[path] == other[path] for path in mine) / len(mine)


def make_photos(folder: Path, size: str, pictures: int) -> None:
    """Photos of drawn blobs of colour with some noise, so that they are as large as a camera's files."""
    folder.mkdir()
    width, height = map(int, size.split("x"))
    generator = np.random.default_rng(0)
    noise = generator.normal(0, 6, (height, width, 1))
    different = min(pictures, 50)
    for number in range(different):
        blobs = Image.fromarray(generator.integers(0, 256, (9, 12, 3), dtype=np.uint8)).resize(
            (width, height), Image.Resampling.BICUBIC
        )
        pixels = (np.asarray(blobs) + noise).clip(0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:05}.jpg", quality=90)
    for number in range(different, pictures):  # the same bytes again, under another name
        os.link(folder / f"{number % different:05}.jpg", folder / f"{number:05}.jpg")


if __name__ == "__main__":
    main()
