"""The doctor for the data against planted faults: precision and recall of each kind, and the time.

    python benchmarks/data_doctor.py fashion-mnist --images 10000
    python benchmarks/data_doctor.py PHOTOS --images 10000        # a folder with a folder for each class

A folder is written with the pictures as files; in it 5 % of the labels are wrong, 2 % of the pictures stand there twice
(saved again, moved by one or two pixels, mirrored, brighter or darker, cut by a few per cent; every other copy in
another class), and nine in ten pictures of one class have a white frame, one pixel wide. Then it is examined as
`striate check --deep` does. A finding counts as right if it was planted: what was wrong in the set before counts as a
false alarm. cleanlab's rules look for wrong labels by the same probabilities.
"""

from __future__ import annotations

import argparse
import io
import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from cleanlab.filter import find_label_issues
from PIL import Image
from processes import machine

from striate.data import NAMED, load_named
from striate.doctor import Diagnosis, diagnose, diagnosis_to_json, out_of_fold_probabilities, own_features

CLEANLAB_RULES = ("prune_by_noise_rate", "prune_by_class", "both", "confident_learning", "low_self_confidence")
KINDS = ("saved again", "moved", "mirrored", "brighter or darker", "cut")
WRONG, DOUBLES, FRAMED = 0.05, 0.02, 0.9


@dataclass
class Planted:
    """What was planted: paths with wrong labels, pairs of paths by kind, and the class with the frame."""

    wrong: set[str] = field(default_factory=set)
    doubles: dict[frozenset[str], str] = field(default_factory=dict)
    framed: str = ""


def pictures(source: str, count: int) -> Iterator[tuple[Image.Image, str]]:
    """So many pictures of a named set's training part or of a folder of classes, at random, with their classes."""
    generator = np.random.default_rng(7)
    if source in NAMED:
        dataset = load_named(source, None)
        for index in generator.permutation(len(dataset.train))[:count].tolist():
            image = Image.fromarray(dataset.train.pictures[index].squeeze(2)).convert("RGB")
            yield image, dataset.classes[dataset.train.labels[index]]
        return
    files = sorted(Path(source).glob("*/*.*"))
    for index in generator.permutation(len(files))[:count].tolist():
        yield Image.open(files[index]).convert("RGB"), files[index].parent.name


def copy(image: Image.Image, kind: str, generator: np.random.Generator) -> Image.Image:
    """A near-double of a picture."""
    pixels, (width, height) = np.asarray(image), image.size
    if kind == "saved again":
        return resaved(image, int(generator.integers(50, 90)))
    if kind == "moved":
        down, right = generator.permutation([generator.choice([-2, -1, 1, 2]), generator.integers(-2, 3)])
        padded = np.pad(pixels, ((2, 2), (2, 2), (0, 0)), "edge")
        changed = padded[2 + down : 2 + down + height, 2 + right : 2 + right + width]
    elif kind == "mirrored":
        changed = pixels[:, ::-1]
    elif kind == "brighter or darker":
        changed = np.clip(pixels * generator.uniform(0.75, 1.25) + generator.uniform(-15, 15), 0, 255).astype(np.uint8)
    else:
        left, top, right, bottom = generator.uniform(0.03, 0.06, 4) * (width, height, width, height)
        box = (left, top, width - right, height - bottom)
        return resaved(image.resize((width, height), Image.Resampling.BILINEAR, box=box), 90)
    return resaved(Image.fromarray(np.ascontiguousarray(changed)), 90)


def resaved(image: Image.Image, quality: int) -> Image.Image:
    """A picture saved as JPEG and read again."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(io.BytesIO(file.getvalue())).convert("RGB")


def framed(image: Image.Image) -> Image.Image:
    """A picture with a white frame, one pixel wide."""
    pixels = np.array(image)
    pixels[[0, -1]] = pixels[:, [0, -1]] = 255
    return Image.fromarray(pixels)


def plant(source: str, count: int, root: Path, suffix: str) -> Planted:
    """Write the folder; what was planted in it."""
    generator, planted = np.random.default_rng(0), Planted()
    chosen = list(pictures(source, count))
    classes = sorted({label for _, label in chosen})
    planted.framed = classes[len(classes) // 2]
    wrong = set(generator.choice(len(chosen), round(WRONG * len(chosen)), replace=False).tolist())
    twice = generator.choice(len(chosen), round(DOUBLES * len(chosen)), replace=False).tolist()

    def save(image: Image.Image, label: str, name: str) -> str:
        path = root / label / f"{name}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path, quality=90)
        return f"{label}/{name}{suffix}"

    def another(label: str) -> str:
        return str(generator.choice([other for other in classes if other != label]))

    paths = []
    for number, (image, label) in enumerate(chosen):
        shown = framed(image) if label == planted.framed and generator.random() < FRAMED else image
        chosen[number] = (shown, label)
        paths.append(save(shown, another(label) if number in wrong else label, f"{number:05}"))
        if number in wrong:
            planted.wrong.add(paths[-1])
    for place, number in enumerate(twice):
        kind, (image, label) = KINDS[place % len(KINDS)], chosen[number]
        other = place % 2 == 1
        path = save(copy(image, kind, generator), another(label) if other else label, f"copy{place:05}")
        planted.doubles[frozenset((path, paths[number]))] = kind
        if other:
            planted.wrong.add(path)
    return planted


def scores(found: set, planted: set) -> str:
    """Precision and recall in words."""
    right = len(found & planted)
    return (
        f"{len(found):,} found, {len(planted):,} planted, {right:,} of them found:"
        f" precision {right / max(1, len(found)):.1%}, recall {right / max(1, len(planted)):.1%}"
    )


def cleanlab_scores(diagnosis: Diagnosis, planted: set[str]) -> Iterator[str]:
    """What cleanlab's rules find by the probabilities that the doctor goes by."""
    collection = diagnosis.collection
    probabilities = out_of_fold_probabilities(own_features(collection), collection.labels, len(collection.classes))
    for rule in CLEANLAB_RULES:
        issues = find_label_issues(collection.labels, probabilities, filter_by=rule, n_jobs=1)
        found = {collection.paths[index] for index in np.flatnonzero(issues).tolist()}
        yield f"  cleanlab, {rule}: {scores(found, planted)}"


def main() -> None:
    """Plant, examine, score."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", help="fashion-mnist or another named set, or a folder of classes")
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--model", help="as of striate check")
    options = parser.parse_args()
    torch.set_num_threads(2)
    print(f"{machine('pillow')}; {options.images:,} pictures of {Path(options.source).name}, model {options.model}")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "planted"
        suffix = ".png" if options.source in NAMED else ".jpg"
        planted = plant(options.source, options.images, root, suffix)
        started, stages = time.monotonic(), {}

        def on_stage(stage: str, _done: int, _total: int) -> None:
            stages[stage] = time.monotonic() - started

        diagnosis = diagnose(str(root), model=options.model, on_stage=on_stage)
        seconds = time.monotonic() - started
    report = diagnosis_to_json(diagnosis)
    pairs = {frozenset(pair["paths"]) for pair in report["near_doubles"]}
    print(f"near-doubles (bound {report['near_double_bound']:.3f}): {scores(pairs, set(planted.doubles))}")
    totals = Counter(planted.doubles.values())
    hits = Counter(kind for pair, kind in planted.doubles.items() if pair in pairs)
    print("  recall: " + ", ".join(f"{kind} {hits[kind] / totals[kind]:.1%}" for kind in KINDS))
    print(f"label suspects: {scores({suspect['path'] for suspect in report['label_suspects']}, planted.wrong)}")
    if options.model is None:
        for line in cleanlab_scores(diagnosis, planted.wrong):
            print(line)
    print(f"shortcuts: {scores({found['label'] for found in report['shortcuts']}, {planted.framed})}")
    for found in report["shortcuts"]:
        print(f"  {json.dumps(found)}")
    marks = ", ".join(f"{stage} until {second:.1f} s" for stage, second in stages.items())
    print(f"{seconds:.1f} s ({marks}), {1000 * seconds / options.images:.2f} ms a picture")


if __name__ == "__main__":
    main()
