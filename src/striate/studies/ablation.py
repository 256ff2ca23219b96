"""A paired ablation: a base and variants of it, trained with the same draws for several seeds, and their differences.

DIR/TABLE/seed-0   a run directory for each table and seed
ablation.json      the result as data
ablation.png       the differences, drawn
README.md          the same in words, with the command
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from striate.analysis import total_cost
from striate.data import DataSource, data_kind
from striate.errors import TrainingError
from striate.nn import Metadata, build, read_metadata
from striate.paths import user_path
from striate.studies.ablation_report import check_free, write_ablation
from striate.studies.ablation_results import Ablation, TableResult, Variant
from striate.studies.ablation_runs import AblationRun, carry_out, plan_runs
from striate.studies.paired import PairedDifference
from striate.tables import Plan, Recipe, Table, load_table
from striate.training import Callback, Options


def ablate(
    base: Table | str,
    variants: Sequence[Table | str],
    data: DataSource,
    out: Path | str,
    *,
    seeds: int = 5,
    recipe: Recipe | None = None,
    options: Options = Options(),
    processes: int = 1,
    callbacks: Sequence[Callback] = (),
    on_run: Callable[[AblationRun], None] = lambda _run: None,
    command: str | None = None,
) -> Ablation:
    """Train a base and its variants with the same draws, seed by seed, and write down their differences.

    For one seed all tables learn from the same images in the same order, with the same augmentation; the first weights
    and dropout are the same as far as the rows before are (`Variant.shared_weights`). A table against itself gives 0.
    Called again, it keeps what is finished and resumes what was interrupted; seeds and variants can be added.

    Args:
        base: a table, a network's name, or the path of a .toml table.
        variants: one or more, likewise.
        data: as for `train`; `options.data.images` bounds the training images.
        out: the directory of the ablation, with a run directory for each table and seed.
        seeds: how many: 0, 1, ..., at least two.
        recipe: how all are trained; by default each by its table's own recipe.
        options: how the trainings are carried out.
        processes: trainings at the same time, which share the cores; callbacks are called for one process only.
        callbacks: called while a network is trained.
        on_run: called when a training is finished, or was before.
        command: the command line that repeats it, for the report.

    Raises:
        TrainingError: the directory holds something else or trainings by other settings, a variant is the base under
            another name, the data have changed, or a training fails.
        DataError, TableError: the data or a table cannot be used.
        TrainingInterrupted: after SIGINT or SIGTERM; what is done is kept.

        >>> import tempfile
        >>> from striate.tables import Recipe
        >>> with tempfile.TemporaryDirectory() as out:
        ...     control = ablate("lenet5:tiny", ["lenet5:tiny"], "digits", out, seeds=2, recipe=Recipe(epochs=1))
        >>> control.variants[0].difference.by_seed
        (0.0, 0.0)
    """
    out = user_path(out, TrainingError)
    tables = [_trained_by(table, recipe) for table in (base, *variants)]
    _check(tables, seeds)
    check_free(out)
    planned = plan_runs(tables, seeds, data, out, options)
    for runs in planned:
        for run in runs:
            run.check_kept()
    # Seed by seed, so that what an interruption leaves is pairs.
    carry_out([run for of_seed in zip(*planned, strict=True) for run in of_seed], processes, callbacks, on_run)
    ablation = _collect(planned, out)
    write_ablation(ablation, command)
    return ablation


def _trained_by(table: Table | str, recipe: Recipe | None) -> Table:
    table = load_table(table) if isinstance(table, str) else table
    return table if recipe is None else replace(table, recipe=recipe)


def _check(tables: Sequence[Table], seeds: int) -> None:
    base, *variants = tables
    if not variants:
        raise TrainingError("an ablation needs a variant beside its base")
    if seeds < 2:
        raise TrainingError(f"an ablation needs at least 2 seeds, for an interval: {seeds}")
    for table in variants:
        renamed = replace(table, name=base.name, source=base.source, expected=base.expected)
        if renamed == base and table.name != base.name:
            raise TrainingError(
                f"{table.name} and {base.name} are trained in the same way: nothing differs (one recipe for all"
                f" replaces those of the tables)"
            )


def _collect(planned: Sequence[Sequence[AblationRun]], out: Path) -> Ablation:
    """The results, as the model files of the finished runs state them."""
    metadata = [[read_metadata(run.directory) for run in runs] for runs in planned]
    first = metadata[0][0]
    for runs, models in zip(planned, metadata, strict=True):
        for run, model in zip(runs, models, strict=True):
            # Of a named set a table that scales it has other pixels, and so other digests.
            if data_kind(run.data) != "named" and model.training["pictures"] != first.training["pictures"]:
                raise TrainingError(
                    f"{run.directory}: was trained on other pictures than {planned[0][0].directory}: the data have"
                    f" changed; begin in another directory"
                )
    base = _result(planned[0], metadata[0], out)
    variants = []
    for runs, models in zip(planned[1:], metadata[1:], strict=True):
        result = _result(runs, models, out)
        points = [100 * (own - other) for own, other in zip(result.accuracies, base.accuracies, strict=True)]
        shared = shared_weights(first.plan, models[0].plan)
        variants.append(Variant(result, PairedDifference.of(points), shared))
    devices = dict.fromkeys(model.training["device"] for models in metadata for model in models)
    return Ablation(
        directory=out,
        data=first.training["data"],
        images=first.training["images"],
        validation_images=first.scores["images"],
        seeds=len(planned[0]),
        devices=tuple(devices),
        base=base,
        variants=tuple(variants),
    )


def _result(runs: Sequence[AblationRun], models: Sequence[Metadata], out: Path) -> TableResult:
    cost = total_cost(models[0].plan)
    return TableResult(
        table=models[0].plan.table.name,
        runs=tuple(run.directory.relative_to(out).as_posix() for run in runs),
        accuracies=tuple(model.scores["top1"] for model in models),
        seconds=tuple(model.training["seconds"] for model in models),
        epochs=max(model.training["epochs"] for model in models),
        parameters=cost.parameters,
        macs=cost.macs,
    )


def shared_weights(base: Plan, variant: Plan, seed: int = 0) -> float:
    """The share of a variant's weights, heads included, that are drawn as those of a row of the base.

    Weights are drawn row after row, those inside a combinator in order, heads last: rows that draw nothing (pooling,
    normalization, dropout, an identity) change nothing for those behind them, and one that draws changes all.

    >>> from striate.tables import load_plan
    >>> plain, residual, projected = map(load_plan, ("plain20", "resnet20", "resnet20:B"))
    >>> shared_weights(residual, plain), round(shared_weights(residual, projected), 2)
    (1.0, 0.1)
    """
    bases, own = (
        [weight for weight in build(plan, seed=seed).parameters() if weight.dim() > 1] for plan in (base, variant)
    )
    same = [weight for weight in own if any(torch.equal(weight, other) for other in bases)]
    return sum(weight.numel() for weight in same) / sum(weight.numel() for weight in own)
