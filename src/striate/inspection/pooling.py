"""What pooling buys: a table with max pooling, with average pooling, with none, trained alike and measured.

The notes, "pooling": less computation and memory, fewer parameters (against overfitting), location invariance; max
pooling remembers only the strong stimulus, average pooling the mean one.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks

from striate.analysis import Report, summarize, total_with_heads
from striate.data import Bytes, Dataset, FillMode, ImageSet, preprocessed_batches, validation_batches
from striate.errors import TableError
from striate.inspection.hooks import record_activations
from striate.inspection.invariance import Progress, Robustness, accuracy_under, forwarding
from striate.inspection.perturbations import Perturbation, shift
from striate.inspection.pooling_variants import KINDS, Kind, pooling_rows, pooling_variants
from striate.nn import Network, Pool2D, build
from striate.runtime import Device
from striate.tables import MaxPool, Recipe, Table
from striate.training import StepResult, Trainer, adapt_to_dataset

_SIDES = ((1, 0), (0, 1), (-1, 0), (0, -1))
_MOST_BYTES = 4 * 2**30
_ROUNDS, _AT_ONCE = 15, 32


@dataclass(frozen=True)
class Timing:
    """Seconds: the median of several measurements, and the quartiles."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Variant:
    """A table with one kind of pooling: what it costs by its report, and what was measured of it.

    `kept_bytes` are what torch kept of a training batch for the way back; `step` is the time of a training step,
    `image` that of one picture's inference in a batch of 32. `train_accuracy` is of pictures that were trained on,
    `moved` of held-out ones, moved.
    """

    report: Report
    parameters: int
    kept_bytes: int
    step: Timing
    image: Timing
    train_accuracy: float
    moved: Robustness


@dataclass(frozen=True)
class SavedBytes:
    """What both poolings keep of one map, that of the strongest response, at the first pooling row for one picture.

    The map before it, and what each kind makes of it, (height, width).
    """

    path: str
    map: int
    picture_CHW: Bytes
    before_HW: NDArray[np.float32]
    max_HW: NDArray[np.float32]
    average_HW: NDArray[np.float32]


@dataclass(frozen=True)
class Pooling:
    """The variants by kind, and how they were trained."""

    table: Table
    dataset: str
    recipe: Recipe
    variants: Mapping[Kind, Variant]
    kept: SavedBytes


def shift_four_ways(images_NCHW: Tensor, pixels: float, ground: FillMode) -> Tensor:
    """Pictures moved: the first, fifth, ... to the right, the second ones down, then left, up."""
    moved_NCHW = images_NCHW.clone()
    for side, (right, down) in enumerate(_SIDES):
        part = images_NCHW[side :: len(_SIDES)]
        moved_NCHW[side :: len(_SIDES)] = shift(part, pixels * right, ground, down=pixels * down)
    return moved_NCHW


MOVED = Perturbation(
    "moved",
    "pixels, a quarter of the pictures to each side",
    0.0,
    (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0),
    True,
    shift_four_ways,
)
"""Location invariance: how held-out pictures are changed."""


def compare_pooling(
    table: Table,
    dataset: Dataset,
    *,
    epochs: int = 3,
    seed: int = 0,
    on_progress: Progress = lambda _done, _total: None,
) -> Pooling:
    """Train the three variants alike on a data set, one epoch of each in turn, and measure them, on the CPU.

    They are trained by `common_recipe`, not the table's own; `seed` draws the first weights and the order of the
    pictures. Nothing is written; torch's global generator is left as it was. `on_progress` is told of training steps.
    TableError as from `pooling_variants`, and if a variant needs more than 4 GiB for a training step; TrainingError if
    training fails.

    About 25 s on one core for lenet5:modern on digits, most of it for the network without pooling.
    """
    recipe = replace(common_recipe(table.recipe), epochs=epochs, seed=seed)
    tables = {
        kind: adapt_to_dataset(replace(variant, recipe=recipe), dataset, world_size=1)
        for kind, variant in pooling_variants(table).items()
    }
    reports = {kind: _report(variant) for kind, variant in tables.items()}
    device = Device(torch.device("cpu"), "float32")
    with torch.random.fork_rng(devices=[]):
        kept_bytes = {kind: bytes_saved_for_backward(build(tables[kind], seed=seed), dataset.train) for kind in KINDS}
        trainers = {
            kind: Trainer(build(variant, seed=seed), dataset, device=device) for kind, variant in tables.items()
        }
        steps = _train(trainers, epochs, on_progress)
    networks = {kind: trainer.network for kind, trainer in trainers.items()}
    images = _time_inference(networks, dataset.validation)
    variants = {
        kind: Variant(
            report=reports[kind],
            parameters=total_with_heads(reports[kind]).parameters,
            kept_bytes=kept_bytes[kind],
            step=steps[kind],
            image=images[kind],
            train_accuracy=float(accuracy_under(network, dataset.train, [replace(MOVED, steps=(0.0,))])[0].accuracy[0]),
            moved=accuracy_under(network, dataset.validation, [MOVED])[0],
        )
        for kind, network in networks.items()
    }
    return Pooling(table, dataset.name, recipe, variants, measure_saved_bytes(networks["max"], dataset.validation))


def common_recipe(own: Recipe) -> Recipe:
    """A recipe that all variants can learn by: AdamW, whose steps are as large whatever the gradient's size.

    The table's own suits the table's own pooling: by lenet5:modern's, SGD at a rate of 0.12, the network without
    pooling stays at chance. The loss, the augmentation and the batch are the table's.
    """
    return Recipe(loss=own.loss, rubbish=own.rubbish, augmentation=own.augmentation, batch_size=own.batch_size)


def bytes_saved_for_backward(network: Network, images: ImageSet) -> int:
    """Bytes that torch keeps of a training batch from the way forth to the way back, the weights not counted."""
    weights = {parameter.untyped_storage().data_ptr() for parameter in network.parameters()}
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    batch_size = network.table.recipe.batch_size
    batch_NCHW = torch.cat(
        list(validation_batches(images.subset(list(range(min(batch_size, len(images))))), network.table))
    )
    with saved_tensors_hooks(keep, lambda tensor: tensor):
        outputs = network.train()(batch_NCHW)  # held, so that nothing is freed and its place counted twice
    del outputs
    return sum(kept.values())


def measure_saved_bytes(network: Network, images: ImageSet) -> SavedBytes:
    """Both poolings of what a network with max pooling has before its first pooling row, for the first image.

    Without the row's activation, where it has one.
    """
    table = network.table
    step, first = network.plan.step(pooling_rows(network.plan)[0]), images.subset([0])
    assert isinstance(step.row, MaxPool) and step.window is not None
    picture_NCHW, image_NCHW = next(preprocessed_batches(first, table)), next(validation_batches(first, table))
    with torch.inference_mode():
        before_NCHW = record_activations(network, image_NCHW, [step.path])[step.path].input
        pools = [Pool2D(kind, step.window, ceil=step.row.ceil) for kind in ("max", "average")]
        strongest = int(before_NCHW[0].flatten(1).max(dim=1).values.argmax())
        maps = [maps_NCHW[0, strongest].numpy() for maps_NCHW in (before_NCHW, *(pool(before_NCHW) for pool in pools))]
    return SavedBytes(step.path, strongest, picture_NCHW[0].numpy(), *maps)


def _train(trainers: Mapping[Kind, Trainer], epochs: int, on_progress: Progress) -> dict[Kind, Timing]:
    """Train them all, an epoch of each in turn, so that a busy machine is busy for all; the time of a step of each."""
    ticks: list[float] = []
    seconds: dict[Kind, list[float]] = {kind: [] for kind in trainers}
    total = sum(trainer.batches.steps * epochs for trainer in trainers.values())

    def tick(_result: StepResult) -> None:
        ticks.append(time.perf_counter())
        on_progress(sum(map(len, seconds.values())) + len(ticks) - 1, total)

    runs = {kind: trainer.run(tick) for kind, trainer in trainers.items()}
    for _epoch in range(epochs):
        for kind, run in runs.items():
            ticks[:] = [time.perf_counter()]
            next(run)
            seconds[kind] += np.diff(ticks).tolist()
            ticks.clear()
    return {kind: _timing(times) for kind, times in seconds.items()}


def _time_inference(networks: Mapping[Kind, Network], images: ImageSet) -> dict[Kind, Timing]:
    """Seconds for a picture in a batch, each network in turn in every round, after one that does not count."""
    some = images.subset(list(range(min(_AT_ONCE, len(images)))))
    seconds: dict[Kind, list[float]] = {kind: [] for kind in networks}
    for _round in range(1 + _ROUNDS):
        for kind, network in networks.items():
            fitted_NCHW = torch.cat(list(preprocessed_batches(some, network.table)))
            with forwarding(network) as answer:
                started = time.perf_counter()
                answer(fitted_NCHW)
                seconds[kind].append((time.perf_counter() - started) / len(some))
    return {kind: _timing(times[1:]) for kind, times in seconds.items()}


def _timing(seconds: Sequence[float]) -> Timing:
    low, median, high = np.percentile(seconds, [25, 50, 75]).tolist()
    return Timing(median, low, high)


def _report(table: Table) -> Report:
    """What a variant costs for a batch of its recipe. TableError if that is more than a step may take."""
    report = summarize(table, table.recipe.batch_size)
    if report.training_memory > _MOST_BYTES:
        raise TableError(
            f"table {table.name}: a training step of {table.recipe.batch_size} images would need"
            f" {report.training_memory / 2**30:.1f} GiB, more than {_MOST_BYTES // 2**30}; take a smaller network"
        )
    return report
