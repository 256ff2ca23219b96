"""False alarms and misses of "none of these", by the score that decides; and whether the false-alarm rate holds.

    python benchmarks/none_of_these.py [MODEL ...] --cifar DIR [--data-dir DIR] [--fashion-dir DIR] [--pictures 500]

Each model gets pictures of none of its classes: `strange_pictures`, Fashion-MNIST, for photo models MNIST's digits too.
Each score has its threshold by split conformal calibration, at 1 % false alarms, on one half of the validation
pictures. False alarms are of the other half (and of CIFAR-10's test pictures, if the model has them), misses of the
strange pictures: the share that is not said to be of none of the classes. No threshold has seen them. The scores:

- probability: the highest probability, calibrated, is low;
- energy: -log of the sum of exp(logits); of LeNet-5, whose logits are -y, this is in equation 9;
- logit: the highest logit is low; of LeNet-5 the distance from the nearest prototype, as its RBF units have it;
- neighbours: the distance of the last row's input, with length 1, from its 10th neighbour of 5,000 training pictures;
- maps: what Striate keeps (`striate.nn.FeatureDistance`).

Then 200 random splits of the validation pictures into calibration and test: the number of false alarms, and of
prediction sets of 90 % without the true class, has the Beta-binomial distribution of split conformal calibration. The
table says how many of the 200 lie within its central 95 %. Last, what `predict` takes with the distance and without.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import strange_pictures
import torch
from scipy.stats import betabinom
from torch import Tensor
from torch.nn import functional

from striate.data import DataOptions, ImageSet, load_named, normalize, preprocess, preprocessed_batches
from striate.data import load_dataset as load_data
from striate.inference import Predictor
from striate.models import shipped_models
from striate.nn import Network, feature_row, load_model, map_statistics, unit_length
from striate.training import conformal_threshold, fit_distance, fit_temperature, trained_options

RATE, SPLITS = 0.01, 200
_STRANGE = ("letters", "scribbles", "drawings", "textures", "noise", "blank")
_NEIGHBOURS, _TRAINING = 10, 5_000
_TIMED, _RUNS = 512, 8


@dataclass(frozen=True)
class Outputs:
    """Of N pictures: logits, the last row's input, the features of the maps, and labels (none of strange pictures)."""

    logits: Tensor
    last: Tensor
    maps: Tensor
    labels: Tensor | None = None


Score = Callable[[Outputs], Tensor]


def outputs(network: Network, inputs: Iterable[Tensor], labels: Tensor | None = None) -> Outputs:
    """What the network computes for preprocessed pictures."""
    row = feature_row(network.plan)
    assert row is not None
    last, maps, logits = list[Tensor](), list[Tensor](), list[Tensor]()
    hooks = [
        network[len(network) - 1].register_forward_pre_hook(lambda _module, given: last.append(given[0].flatten(1))),
        network.get_submodule(row).register_forward_hook(lambda _module, _given, out: maps.append(map_statistics(out))),
    ]
    with torch.inference_mode():
        for batch in inputs:
            logits.append(network(normalize(batch, network.table.preprocessing)))
    for hook in hooks:
        hook.remove()
    return Outputs(torch.cat(logits), torch.cat(last), torch.cat(maps), labels)


def strange(network: Network, options: argparse.Namespace) -> Iterator[tuple[str, Outputs]]:
    """Pictures of none of the classes, by their kind."""
    channels = network.table.input[0]
    side = 28 if channels == 1 else 32

    def of(pictures_NHWC: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> Outputs:
        images_NCHW = torch.from_numpy(pictures_NHWC).permute(0, 3, 1, 2)
        return outputs(network, (preprocess(part, network.table) for part in torch.split(images_NCHW, 64)))

    def named(name: str, folder: Path | None) -> Outputs:
        images = load_named(name, folder).part("validation").subsample(options.pictures)
        pictures = np.stack([images.pictures[index] for index in range(len(images))])
        return of(np.repeat(pictures, channels, axis=3))

    yield "fashion-mnist", named("fashion-mnist", options.fashion_dir)
    if channels == 3:
        yield "mnist", named("mnist", options.data_dir)
    for kind in _STRANGE:
        yield kind, of(getattr(strange_pictures, kind)(options.pictures, side, channels))


def scores(network: Network, train: Outputs, temperature: float) -> dict[str, Score]:
    """Each score by its name: the higher, the less like the training data."""
    assert train.labels is not None
    row = feature_row(network.plan)
    assert row is not None
    distance = fit_distance(row, train.maps, train.labels, network.table.classes)
    assert distance is not None
    known = unit_length(train.last)

    def neighbours(found: Outputs) -> Tensor:
        parts = torch.split(unit_length(found.last), 500)
        return torch.cat([-(part @ known.T).topk(_NEIGHBOURS, dim=1).values[:, -1] for part in parts])

    return {
        "probability": lambda found: -(found.logits / temperature).softmax(dim=1).max(dim=1).values,
        "energy": lambda found: -found.logits.logsumexp(dim=1),
        "logit": lambda found: -found.logits.max(dim=1).values,
        "neighbours": neighbours,
        "maps": lambda found: distance(found.maps),
    }


def in_band(values: Tensor, rate: float, random: np.random.Generator) -> tuple[float, int]:
    """Over 200 random splits into equal halves: the mean share of test values above the threshold, and how many of the
    splits lie in the central 95 % of the Beta-binomial distribution."""
    calibrated = len(values) // 2
    tested = len(values) - calibrated
    rank = math.ceil((calibrated + 1) * (1 - rate) - 1e-9)
    low, high = betabinom(tested, calibrated + 1 - rank, rank).interval(0.95)
    alarms = []
    for _split in range(SPLITS):
        order = torch.from_numpy(random.permutation(len(values)))
        threshold = conformal_threshold(values[order[:calibrated]], rate)
        assert threshold is not None
        alarms.append(int((values[order[calibrated:]] > threshold).sum()))
    return float(np.mean(alarms)) / tested, sum(low <= count <= high for count in alarms)


def measure(name: str, options: argparse.Namespace) -> None:
    """Print the two tables of a model."""
    model = load_model(name)
    network, digits = model.network, model.network.table.input[0] == 1
    source = "mnist" if digits else options.cifar
    base = DataOptions(data_dir=options.data_dir if digits else None)
    dataset = load_data(source, network.table, trained_options(model.training, base), classes=model.classes)

    def of(images: ImageSet) -> Outputs:
        return outputs(network, preprocessed_batches(images, network.table), images.labels)

    train, validation = of(dataset.train.subsample(_TRAINING)), of(dataset.validation)
    assert validation.labels is not None
    order = torch.from_numpy(np.random.default_rng(0).permutation(len(validation.logits)))
    half, other = order[: len(order) // 2], order[len(order) // 2 :]
    temperature = fit_temperature(validation.logits[half], validation.labels[half])
    known = {"validation": part_of(validation, other)}
    if dataset.test is not None:
        known["test"] = of(dataset.test.subsample(4 * options.pictures))
    none = dict(strange(network, options))
    print(f"\n{name}: % of pictures; false alarms of {', '.join(known)}, misses of the others\n")
    print("| score |", " | ".join([*known, *none]), "| mean miss |\n|---|" + "---|" * (len(known) + len(none) + 1))
    for score_name, score in scores(network, train, temperature).items():
        threshold = conformal_threshold(score(part_of(validation, half)), RATE)
        assert threshold is not None
        alarms = [100 * float((score(found) > threshold).double().mean()) for found in known.values()]
        misses = [100 * float((score(found) <= threshold).double().mean()) for found in none.values()]
        cells = [*alarms, *misses, sum(misses) / len(misses)]
        print(f"| {score_name} |", " | ".join(f"{cell:.1f}" for cell in cells), "|", flush=True)
    print_splits(name, network, train, validation)
    print_time(name)


def print_splits(name: str, network: Network, train: Outputs, validation: Outputs) -> None:
    """Print the shares over random splits, and how many lie in the band. The temperature is fitted on a fifth that the
    splits do not use."""
    assert validation.labels is not None
    random = np.random.default_rng(1)
    order = torch.from_numpy(random.permutation(len(validation.logits)))
    first, rest = order[: len(order) // 5], part_of(validation, order[len(order) // 5 :])
    assert rest.labels is not None
    temperature = fit_temperature(validation.logits[first], validation.labels[first])
    alarms = in_band(scores(network, train, temperature)["maps"](rest), RATE, random)
    losses = functional.cross_entropy(rest.logits / temperature, rest.labels, reduction="none")
    sets = in_band(losses, 0.1, random)
    print(f"\n{name}: {SPLITS} random splits of {len(rest.logits):,} validation pictures\n")
    print("| | asked for | mean | splits in the central 95 % |\n|---|---|---|---|")
    for words, rate, (mean, inside) in (("false alarms", RATE, alarms), ("true class not in its set", 0.1, sets)):
        print(f"| {words} | {rate:.2%} | {mean:.2%} | {inside} of {SPLITS} |", flush=True)


def print_time(name: str) -> None:
    """Print what `predict` takes with the distance and without, in turn: the least of some runs on one set."""
    model = load_model(name)
    side = 28 if model.network.table.input[0] == 1 else 32
    pictures = list(strange_pictures.textures(_TIMED, side, 3))
    predictors = [Predictor(one, device="cpu", engine="torch") for one in (model, replace(model, reliability=None))]
    seconds: list[list[float]] = [[], []]
    for _run in range(_RUNS):
        for predictor, runs in zip(predictors, seconds, strict=True):
            began = time.process_time()
            predictor.predict(pictures, 1)
            runs.append(time.process_time() - began)
    first, second = (min(runs[1:]) for runs in seconds)
    words = f"{1e6 * first / _TIMED:.0f} us of processor time for a picture, {1e6 * second / _TIMED:.0f} us without"
    print(f"\n{name}: predict takes {words}: {first / second - 1:+.1%}", flush=True)


def part_of(found: Outputs, indices: Tensor) -> Outputs:
    """Those of some of the pictures."""
    labels = None if found.labels is None else found.labels[indices]
    return replace(
        found, logits=found.logits[indices], last=found.last[indices], maps=found.maps[indices], labels=labels
    )


def main() -> None:
    """Measure each model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", metavar="MODEL", nargs="*", default=list(shipped_models()))
    parser.add_argument("--cifar", type=Path, help="CIFAR-10 as JPEG: train/ and test/")
    parser.add_argument("--data-dir", type=Path, help="MNIST's folder")
    parser.add_argument("--fashion-dir", type=Path, help="Fashion-MNIST's folder")
    parser.add_argument("--pictures", type=int, default=500, help="of each strange kind")
    options = parser.parse_args()
    for name in options.models:
        measure(name, options)


if __name__ == "__main__":
    main()
