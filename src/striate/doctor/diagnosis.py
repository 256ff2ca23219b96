"""The doctor's findings on a data set, for `striate check DATA --deep`."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from striate.data import data_kind, folder_of, list_decided, load_named
from striate.doctor.collection import Collection, collect_folder, collect_named
from striate.doctor.features import model_features, own_features
from striate.doctor.label_suspects import LabelSuspect, find_label_suspects, out_of_fold_probabilities
from striate.doctor.near_doubles import NearDoubles, OnStage, find_near_doubles
from striate.doctor.shortcuts import Shortcut, find_shortcuts
from striate.inference import Predictor
from striate.text import quantity

SMALLEST_INPUT = 32
"""Pixels of the sides of the smallest inputs of networks here: what pictures are held to without a model."""
_IMBALANCE = 3.0  # times as many pictures in the largest class as in the smallest
_FEW = 0.5  # of the mean: what counts as few pictures of a class


@dataclass(frozen=True)
class Diagnosis:
    """What the doctor found in a data set.

    Attributes:
        collection: its pictures; the others refer to them by index.
        near_doubles: pairs that are one picture.
        label_suspects: pictures that probably are of another class.
        shortcuts: classes that a simple number gives away.
        small: pictures whose shorter side has less than `side` pixels.
        side: pixels of the shorter side of the model's input, or `SMALLEST_INPUT`.
        imbalance: what to do about classes of few training pictures, in words; "" if there are none.
    """

    collection: Collection
    near_doubles: NearDoubles
    label_suspects: tuple[LabelSuspect, ...]
    shortcuts: tuple[Shortcut, ...]
    small: tuple[int, ...]
    side: int
    imbalance: str

    def leaks(self, first: int, second: int) -> tuple[str, ...]:
        """What two pictures differ in though they are one: "part", "class", both or nothing."""
        parts, labels = self.collection.parts, self.collection.labels
        differs = {"part": parts[first] != parts[second], "class": labels[first] != labels[second]}
        return tuple(name for name, does in differs.items() if does)


def diagnose(
    data: str,
    *,
    data_dir: Path | None = None,
    model: str | None = None,
    on_stage: OnStage = lambda _stage, _done, _total: None,
) -> Diagnosis:
    """Examine every picture of a named set or a folder that can be read; no file is changed.

    `model` is a run directory, a model file or the name of a model that ships: its features are looked for label
    suspects in, and its input is what pictures may be too small for. The classifier on the features is fitted in folds,
    so that its probabilities are out of fold; the features themselves are not where the model was trained on these
    pictures. Pictures that were decided on before are no suspects again.

    DataError if there is no such data set, ModelError if there is no such model.
    """
    if data_kind(data) == "named":
        collection = collect_named(load_named(data, data_dir))
    else:
        listing = list_decided(folder_of(data))
        collection = collect_folder(listing, on_progress=lambda *done: on_stage("reading", *done))
    predictor = None if model is None else Predictor.load(model)
    doubles = find_near_doubles(collection.thumbnails, on_stage)
    if predictor is None:
        features = own_features(collection, lambda *done: on_stage("features", *done))
    else:
        features = model_features(collection, data, predictor, data_dir, lambda *done: on_stage("features", *done))
    probabilities = out_of_fold_probabilities(features, collection.labels, len(collection.classes))
    decided = {entry.path for entry in collection.decided}
    is_new = [path not in decided for path in collection.paths]
    side = SMALLEST_INPUT if predictor is None else min(predictor.table.input[1:])
    return Diagnosis(
        collection,
        NearDoubles(tuple(pair for pair in doubles.pairs if is_new[pair.first] and is_new[pair.second]), doubles.bound),
        tuple(suspect for suspect in find_label_suspects(probabilities, collection.labels) if is_new[suspect.index]),
        find_shortcuts(collection),
        tuple(index for index in np.flatnonzero(collection.sizes.min(axis=1) < side).tolist() if is_new[index]),
        side,
        describe_imbalance(collection),
    )


def describe_imbalance(collection: Collection) -> str:
    """What to do about classes that have few training pictures; "" if the largest class is less than three times the
    smallest."""
    trained = [
        label for label, part in zip(collection.labels.tolist(), collection.parts, strict=True) if part == "train"
    ]
    counts = Counter(trained)
    if len(counts) < 2 or max(counts.values()) < _IMBALANCE * min(counts.values()):
        return ""
    (most, largest), (fewest, smallest) = counts.most_common()[0], counts.most_common()[-1]
    mean = len(trained) / len(counts)
    few = sorted((count, collection.classes[label]) for label, count in counts.items() if count < _FEW * mean)
    names = ", ".join(f"{name} ({count})" for count, name in few[:5]) or f"{collection.classes[fewest]} ({smallest})"
    return (
        f"{collection.classes[most]} has {quantity(largest, 'training picture')}, {collection.classes[fewest]}"
        f" {smallest}. Add pictures of {names}, and judge a model by each class's recall, which `striate evaluate`"
        " prints, not by its accuracy alone; the recipe's loss counts each picture once, whatever its class."
    )


def diagnosis_to_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """The findings by paths and names, as `check --deep --json` prints them."""
    collection = diagnosis.collection
    paths, classes = collection.paths, collection.classes
    return {
        "near_doubles": [
            {
                "paths": [paths[pair.first], paths[pair.second]],
                "correlation": round(pair.correlation, 4),
                "leak": list(diagnosis.leaks(pair.first, pair.second)),
            }
            for pair in diagnosis.near_doubles.pairs
        ],
        "near_double_bound": round(diagnosis.near_doubles.bound, 4),
        "label_suspects": [
            {
                "path": paths[suspect.index],
                "class": collection.class_of(suspect.index),
                "suggested": classes[suspect.label],
                "probability": round(suspect.own, 4),
                "suggested_probability": round(suspect.other, 4),
            }
            for suspect in diagnosis.label_suspects
        ],
        "shortcuts": [{**asdict(shortcut), "label": classes[shortcut.label]} for shortcut in diagnosis.shortcuts],
        "small": [
            {"path": paths[index], "width": int(collection.sizes[index, 0]), "height": int(collection.sizes[index, 1])}
            for index in diagnosis.small
        ],
        "side": diagnosis.side,
        "imbalance": diagnosis.imbalance,
    }
