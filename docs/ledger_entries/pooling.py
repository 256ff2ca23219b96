"""The pooling layer, and the definition of a layer."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import prod

import numpy as np

from ledger_entries.ablations import measured_effect
from ledger_entries.analysed import NETWORKS, commas, costs, steps, totals
from ledger_entries.entry import Basis, Entry, Finding, Section
from ledger_entries.measured import SEEDS, shift, spread
from striate import equations, reference
from striate.analysis import summarize
from striate.tables import AveragePool, Conv, MaxPool, Step, Table, load_table

_CELLS = (1.0, 3.0, 2.0, 8.0)
_WINDOW = np.array(_CELLS).reshape(1, 2, 2, 1)


def _pools() -> list[Step]:
    """Every pooling row of five networks."""
    return [step for name in NETWORKS for step in steps(name).values() if isinstance(step.row, MaxPool | AveragePool)]


def _without_pools(name: str) -> Table:
    table = load_table(name)
    rows = tuple(row for row in table.rows if not isinstance(row, MaxPool))
    return replace(table, rows=rows, expected=None)


def _subsampling() -> Finding:
    trained, pooled = costs("lenet5")["S2"], costs("lenet5:notes")["S2"]
    return Finding(
        steps("lenet5")["S2"].output == steps("lenet5:notes")["S2"].output,
        f"Both reduce 28×28 to 14×14. LeNet-5's S2 has {trained.parameters} trainable parameters, pooling"
        f" {pooled.parameters}.",
    )


def _compresses() -> Finding:
    step = steps("lenet5")["S2"]
    before, after = prod(step.input), prod(step.output)
    return Finding(after < before, f"S2 of LeNet-5 reduces {before:,} values to {after:,}.")


def _max() -> Finding:
    largest = reference.max_pooling(_WINDOW, (2, 2), (2, 2)).item()
    return Finding(largest == max(_CELLS), f"Of {commas(_CELLS)} it outputs {largest:g}.")


def _average() -> Finding:
    mean = reference.average_pooling(_WINDOW, (2, 2), (2, 2)).item()
    return Finding(mean == sum(_CELLS) / 4, f"Of {commas(_CELLS)} it outputs {mean:g}.")


def _keeps_maps() -> Finding:
    pools = _pools()
    kept = sum(step.input[0] == step.output[0] for step in pools)
    return Finding(kept == len(pools), f"They are equal in {kept} of {len(pools)} pooling rows of five networks.")


def _shrinks() -> Finding:
    pools = _pools()
    smaller = sum(step.output[1] < step.input[1] for step in pools)
    return Finding(
        smaller > len(pools) / 2,
        f"In {smaller} of {len(pools)} pooling rows the size decreases. The others are in Inception modules, with"
        " stride 1.",
    )


def _less_work() -> Finding:
    tables = (load_table("lenet5:modern"), _without_pools("lenet5:modern"))
    batch = tables[0].recipe.batch_size
    with_pools, without = (summarize(table) for table in tables)
    macs = without.total.macs / with_pools.total.macs
    memory = {
        size: summarize(tables[1], size).training_memory / summarize(tables[0], size).training_memory
        for size in (1, batch)
    }
    return Finding(
        macs > 1 and min(memory.values()) > 1,
        f"`lenet5:modern` without its two pooling rows: {macs:.1f} times the multiply-adds, {memory[batch]:.0f} times"
        f" the memory of a training step at its batch size, {batch}; at batch size 1, where the parameters weigh more,"
        f" {memory[1]:.0f} times.",
    )


def _fewer_parameters() -> Finding:
    lenet, resnet = "lenet5:modern", "resnet18"
    without, dense = costs(_without_pools(lenet)), costs(lenet)
    unchanged = all(without[name].parameters == dense[name].parameters for name in ("C1", "C3", "C5"))
    same = totals(_without_pools(resnet)).parameters == totals(resnet).parameters
    return Finding(
        unchanged and same and dense["F6"].parameters < without["F6"].parameters,
        f"Without its pooling rows `lenet5:modern` has the same C1, C3 and C5, and an F6 of"
        f" {without['F6'].parameters:,} parameters, not {dense['F6'].parameters:,}. ResNet-18 without its pool1 still"
        f" has {totals(resnet).parameters:,}.",
    )


def _invariance() -> Finding:
    one, two = shift(1), shift(2)
    left = "nothing" if max(two["moved along"]) < 1e-12 else spread(two["moved along"])
    return Finding(
        all(pooled < maps for pooled, maps in zip(one["max pooling"], one["convolution"], strict=True)),
        f"Digits shifted by one pixel, C1 of `lenet5:modern` at initialization ({len(SEEDS)} seeds, geometric mean and"
        f" range): the maps change by {spread(one['convolution'])} of their norm, after 2×2 max pooling by"
        f" {spread(one['max pooling'])}, after average pooling by {spread(one['average pooling'])}, with every second"
        f" value kept by {spread(one['every second value'])}. Shifted by two pixels: {spread(two['max pooling'])} after"
        f" max pooling, of which {left} remains if the pooled maps are shifted by one cell too.",
        Basis.MEASURED,
    )


def _two_by_two() -> Finding:
    sizes = {size: equations.output_size(size, kernel=2, stride=2) for size in (28, 5)}
    return Finding(sizes[28] == 14, f"28 becomes {sizes[28]}, 5 becomes {sizes[5]}: an odd last row is ignored.")


def _in_pairs() -> Finding:
    def followed(name: str) -> list[str]:
        """The convolutions directly before a pooling row."""
        pairs = pairwise(load_table(name).rows)
        return [before.name for before, row in pairs if isinstance(before, Conv) and isinstance(row, MaxPool)]

    lenet = followed("lenet5:modern")
    convolutions = sum(isinstance(row, Conv) for row in load_table("alexnet:notes").rows)
    return Finding(
        lenet == ["C1", "C3"],
        f"In LeNet-5 pooling follows {' and '.join(lenet)}, but not C5. In AlexNet it follows"
        f" {len(followed('alexnet:notes'))} of {convolutions} convolutions.",
    )


def _layers_by_the_rule() -> Finding:
    rows = load_table("lenet5:notes").rows
    convolutions = sum(isinstance(row, Conv) for row in rows)
    return Finding(
        convolutions + 1,
        f"By this rule LeNet-5 has {convolutions + 1} layers: C1 with S2, C3 with S4, C5, and the rest. Table 13-1 has"
        f" {len(rows)} rows above its input.",
    )


def _lenet_parameters() -> Finding:
    counts = {name: cost.parameters for name, cost in costs("lenet5:notes").items()}
    c3 = equations.conv_parameters(equations.dense_kernels(6, 16), area=25, biases=16)
    return Finding(
        tuple(counts.values()),
        f"A convolution: kernel area × maps in × maps out + maps out, so C3 of Table 13-1 has 25·6·16 + 16 = {c3:,}."
        " A fully connected layer: (inputs + 1) × units, so F6 has (120 + 1)·84 ="
        f" {equations.dense_parameters(120, 84):,}."
        f" The rows of Table 13-1 from C1 up: {commas(counts.values())}.",
    )


POOLING = Section(
    "풀링층",
    "The pooling layer",
    (
        Entry(
            name="pooling-subsampling",
            quote="풀링 pooling(부표본 subsampling)",
            english="pooling, or subsampling",
            claim=True,
            find=_subsampling,
            condition="it is not about LeNet-5's subsampling, which has a weight and a bias for each map",
            why="The sizes are the same; the trainable parameters are not.",
            source="LeCun et al. 1998, II.B",
        ),
        Entry(
            name="pooling-compresses",
            quote="정보의 압축, 축소",
            english="information is compressed, reduced",
            claim=True,
            find=_compresses,
            why="",
        ),
        Entry(
            name="pooling-channels",
            quote="보통 입력 채널 수 = 출력 채널 수",
            english="usually as many output channels as input channels",
            claim=True,
            find=_keeps_maps,
            why="Pooling processes each map separately, so it holds always.",
        ),
        Entry(
            name="max-pooling",
            quote="강한 자극만 기억",
            english="max pooling keeps only the strongest stimulus",
            claim=True,
            find=_max,
            why="",
            source="`reference.max_pooling`",
        ),
        Entry(
            name="average-pooling",
            quote="평균 자극을 기억",
            english="average pooling keeps the mean stimulus",
            claim=True,
            find=_average,
            why="Libraries differ only at a padded border: torch counts the padding, TensorFlow and Striate do not.",
            source="`reference.average_pooling`",
        ),
        Entry(
            name="pooling-shrinks",
            quote="보통 cnn에서 이미지 특성 크기를 줄이는데 사용",
            english="usually used to make the feature maps smaller",
            claim=True,
            find=_shrinks,
            why="",
        ),
        Entry(
            name="pooling-cost",
            quote="계산량과 메모리 사용량 ↓",
            english="less computation and memory",
            claim=True,
            find=_less_work,
            why="Every layer after the pooling has a quarter of the positions.",
        ),
        Entry(
            name="pooling-parameters",
            quote="파라미터 수 ↓(과적합 방지)",
            english="fewer parameters (against overfitting)",
            claim=True,
            find=_fewer_parameters,
            condition="a fully connected layer follows: the weights of a kernel do not depend on the size of the maps",
            why="Pooling reduces the parameters of the fully connected layer after it, and of no other.",
        ),
        Entry(
            name="location-invariance",
            quote="위치 불변성 location invariance",
            english="location invariance",
            claim=True,
            find=_invariance,
            condition="it means that the output changes less, not that it is unchanged",
            why="One pooling row reduces the change only a little. A shift by the stride shifts the pooled maps: that"
            " is equivariance. The whole network must learn invariance, for which shifted training pictures help.",
        ),
        Entry(
            name="two-by-two",
            quote="최대 풀링층(2x2 풀링 커널, 스트라이드2, 패딩 없음)",
            english="(figure) max pooling with a 2×2 kernel, stride 2, no padding",
            claim=True,
            find=_two_by_two,
            why=measured_effect("alexnet:small-pool-2x2").strip(),
        ),
    ),
)

STRUCTURE = Section(
    "CNN 기본 구조",
    "The basic structure",
    (
        Entry(
            name="basic-structure",
            quote="기본 구조: 합성 곱층, 풀링층 … 합성곱층 + 풀링층!!! (한 세트)",
            english="the basic structure: a convolution and a pooling layer, one set",
            claim=True,
            find=_in_pairs,
            condition="it is about LeNet-5's first four rows",
            why="Later networks have several convolutions before a pooling layer, as the notes say in the next part.",
        ),
        Entry(
            name="what-is-a-layer",
            quote="합성곱층 + 풀링층 하나씩을 layer 하나라고 한다."
            " 후에 fully connected (다층 퍼셉트론) 부분을 다른 한 layer로 본다.",
            english="a convolution with its pooling is one layer; the fully connected part is another",
            claim=7,
            find=_layers_by_the_rule,
            why="The paper counts seven layers, and so does the notes' table, which also numbers pooling layers."
            " GoogLeNet's 22 and AlexNet's eight count rows with weights.",
            source="LeCun et al. 1998, II.B",
        ),
        Entry(
            name="how-to-count-parameters",
            quote="parameter 계산 방법...",
            english="how to count parameters ...",
            claim=None,
            find=_lenet_parameters,
            why="The notes leave it open. The column Parameters of `striate summary` shows these numbers.",
            source="`equations.conv_parameters`, `equations.dense_parameters`",
        ),
    ),
)

SECTIONS = (POOLING, STRUCTURE)
