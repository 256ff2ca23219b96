"""The effect of pooling: a table with max pooling, average pooling, none, trained in the same way and measured.

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
from striate.inspection.invariance import Progress, Robustness, accuracy_under, evaluation_forward
from striate.inspection.perturbations import Perturbation, shift
from striate.inspection.pooling_variants import POOLING_KINDS, PoolingKind, pooling_rows, pooling_variants
from striate.nn import Network, Pool2D, build
from striate.runtime import find_device
from striate.tables import MaxPool, Plan, Recipe, Table
from striate.training import StepResult, Trainer, adapt_to_dataset

_DIRECTIONS = ((1, 0), (0, 1), (-1, 0), (0, -1))
_MAX_BYTES = 4 * 2**30
_ROUNDS, _INFERENCE_BATCH = 15, 32


@dataclass(frozen=True)
class Timing:
    """A duration in seconds: the median of several measurements, and the quartiles."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class PoolingVariant:
    """A table with one kind of pooling: its costs by its report, and what was measured.

    `saved_bytes` is the memory that torch saved of a training batch for the backward pass; `step_time` is that of a
    training step, `image_time` that of one picture's inference in a batch of 32. `train_accuracy` is on training
    pictures, `shifted` on validation pictures under shifts.
    """

    report: Report
    parameters: int
    saved_bytes: int
    step_time: Timing
    image_time: Timing
    train_accuracy: float
    shifted: Robustness


@dataclass(frozen=True)
class PooledMap:
    """The map with the strongest response before the first pooling row, for one picture, pooled in both ways.

    The map before the row, and after each kind of pooling, (height, width).
    """

    path: str
    map: int
    fitted_CHW: Bytes
    before_HW: NDArray[np.float32]
    max_HW: NDArray[np.float32]
    average_HW: NDArray[np.float32]


@dataclass(frozen=True)
class PoolingComparison:
    """The variants by kind, and the recipe that trained them; `example` is of the one with max pooling."""

    table: Table
    dataset: str
    recipe: Recipe
    variants: Mapping[PoolingKind, PoolingVariant]
    example: PooledMap


def shift_four_ways(images_NCHW: Tensor, pixels: float, fill: FillMode) -> Tensor:
    """Pictures shifted: the first, fifth, ... to the right, the second, sixth, ... down, then left, up."""
    shifted_NCHW = images_NCHW.clone()
    for side, (right, down) in enumerate(_DIRECTIONS):
        part = images_NCHW[side :: len(_DIRECTIONS)]
        shifted_NCHW[side :: len(_DIRECTIONS)] = shift(part, pixels * right, fill, down=pixels * down)
    return shifted_NCHW


SHIFT_FOUR_WAYS = Perturbation(
    "four-way shift",
    "pixels, a quarter of the pictures in each direction",
    0.0,
    (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0),
    True,
    shift_four_ways,
)
"""The perturbation that measures location invariance."""


def compare_pooling(
    table: Table,
    dataset: Dataset,
    *,
    epochs: int = 3,
    seed: int = 0,
    device: str | None = "cpu",
    on_progress: Progress = lambda _done, _total: None,
) -> PoolingComparison:
    """Train the three variants in the same way on a data set, one epoch of each in turn, and measure them.

    They are trained by `common_recipe`, not by the table's own; `seed` is that of the initialization and of the order
    of the pictures, `device` a name as of `find_device`. Nothing is written; torch's global generator is restored, and
    the bytes that are saved for the backward pass are counted on the CPU. `on_progress(done, total)` counts
    training steps. TableError as from `pooling_variants`, and if a variant needs more than 4 GiB for a training step;
    TrainingError if training fails.

    About 25 s on one core for lenet5:modern on digits, most of it for the network without pooling.
    """
    recipe = replace(common_recipe(table.recipe), epochs=epochs, seed=seed)
    plans = {
        kind: adapt_to_dataset(replace(variant, recipe=recipe), dataset)
        for kind, variant in pooling_variants(table).items()
    }
    reports = {kind: _checked_report(plan) for kind, plan in plans.items()}
    found = find_device("float32", device=device)
    with torch.random.fork_rng(devices=[]):
        saved_bytes = {
            kind: bytes_saved_for_backward(build(plans[kind], seed=seed), dataset.train) for kind in POOLING_KINDS
        }
        trainers = {kind: Trainer(build(plan, seed=seed), dataset, device=found) for kind, plan in plans.items()}
        step_times = _train(trainers, epochs, on_progress)
    networks = {kind: trainer.network for kind, trainer in trainers.items()}
    image_times = _time_inference(networks, dataset.validation)
    variants = {
        kind: PoolingVariant(
            report=reports[kind],
            parameters=total_with_heads(reports[kind]).parameters,
            saved_bytes=saved_bytes[kind],
            step_time=step_times[kind],
            image_time=image_times[kind],
            train_accuracy=_accuracy(network, dataset.train),
            shifted=accuracy_under(network, dataset.validation, [SHIFT_FOUR_WAYS])[0],
        )
        for kind, network in networks.items()
    }
    return PoolingComparison(
        table, dataset.name, recipe, variants, pool_strongest_map(networks["max"], dataset.validation)
    )


def common_recipe(own: Recipe) -> Recipe:
    """A recipe by which all variants can learn: AdamW, whose steps do not depend on the gradient's size.

    The table's own recipe suits its own pooling: with that of lenet5:modern, SGD at a rate of 0.12, the network without
    pooling stays at chance. The loss, the augmentation and the batch size are the table's.
    """
    return Recipe(loss=own.loss, rubbish=own.rubbish, augmentation=own.augmentation, batch_size=own.batch_size)


def bytes_saved_for_backward(network: Network, images: ImageSet) -> int:
    """Bytes that torch saves of a training batch for the backward pass, without the weights."""
    weights = {parameter.untyped_storage().data_ptr() for parameter in network.parameters()}
    storage_bytes: dict[int, int] = {}

    def count_storage(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            storage_bytes[storage.data_ptr()] = storage.nbytes()
        return tensor

    batch_size = network.table.recipe.batch_size
    batch_NCHW = torch.cat(
        list(validation_batches(images.subset(list(range(min(batch_size, len(images))))), network.table))
    )
    with saved_tensors_hooks(count_storage, lambda tensor: tensor):
        outputs = network.train()(batch_NCHW)  # held, so that no storage is freed and its address counted twice
    del outputs
    return sum(storage_bytes.values())


def pool_strongest_map(network: Network, images: ImageSet) -> PooledMap:
    """The strongest map before the first row of max pooling, pooled in both ways, for the first image.

    Without the row's activation, if it has one.
    """
    table = network.table
    step, first = network.plan.step(pooling_rows(network.plan)[0]), images.subset([0])
    assert isinstance(step.row, MaxPool) and step.window is not None
    fitted_NCHW, image_NCHW = next(preprocessed_batches(first, table)), next(validation_batches(first, table))
    with torch.inference_mode():
        before_NCHW = record_activations(network, image_NCHW, [step.path])[step.path].input
        pools = [Pool2D(kind, step.window, ceil=step.row.ceil) for kind in ("max", "average")]
        strongest = int(before_NCHW[0].flatten(1).max(dim=1).values.argmax())
        maps = [maps_NCHW[0, strongest].numpy() for maps_NCHW in (before_NCHW, *(pool(before_NCHW) for pool in pools))]
    return PooledMap(step.path, strongest, fitted_NCHW[0].numpy(), *maps)


def _train(trainers: Mapping[PoolingKind, Trainer], epochs: int, on_progress: Progress) -> dict[PoolingKind, Timing]:
    """Train all, an epoch of each in turn, so that a busy machine slows all of them; return the time of a step."""
    ticks: list[float] = []
    seconds: dict[PoolingKind, list[float]] = {kind: [] for kind in trainers}
    total = sum(trainer.batches.steps * epochs for trainer in trainers.values())

    device = trainers["max"].device

    def tick(_result: StepResult) -> None:
        device.synchronize()
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


def _accuracy(network: Network, images: ImageSet) -> float:
    """The accuracy on pictures as they are."""
    return float(accuracy_under(network, images, [replace(SHIFT_FOUR_WAYS, steps=(0.0,))])[0].accuracy[0])


def _time_inference(networks: Mapping[PoolingKind, Network], images: ImageSet) -> dict[PoolingKind, Timing]:
    """Seconds per picture in a batch; each network in turn in every round, after a warm-up round."""
    some = images.subset(list(range(min(_INFERENCE_BATCH, len(images)))))
    seconds: dict[PoolingKind, list[float]] = {kind: [] for kind in networks}
    for _round in range(1 + _ROUNDS):
        for kind, network in networks.items():
            fitted_NCHW = torch.cat(list(preprocessed_batches(some, network.table)))
            with evaluation_forward(network) as forward:
                started = time.perf_counter()
                forward(fitted_NCHW)
                seconds[kind].append((time.perf_counter() - started) / len(some))
    return {kind: _timing(times[1:]) for kind, times in seconds.items()}


def _timing(seconds: Sequence[float]) -> Timing:
    low, median, high = np.percentile(seconds, [25, 50, 75]).tolist()
    return Timing(median, low, high)


def _checked_report(plan: Plan) -> Report:
    """The report of a variant for a batch of its recipe. TableError if a training step needs too much memory."""
    table = plan.table
    report = summarize(plan, table.recipe.batch_size)
    if report.training_memory > _MAX_BYTES:
        raise TableError(
            f"table {table.name}: a training step of {table.recipe.batch_size} images would need"
            f" {report.training_memory / 2**30:.1f} GiB, more than {_MAX_BYTES // 2**30}; take a smaller network"
        )
    return report
