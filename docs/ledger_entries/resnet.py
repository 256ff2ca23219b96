"""ResNet: shortcuts, vanishing gradients, and the whole structure."""

from __future__ import annotations

from ledger_entries.ablations import measured_effect
from ledger_entries.analysed import steps
from ledger_entries.entry import Basis, Entry, Finding, Section, cited
from ledger_entries.gradients import HE, HE_NORMED, NETWORKS, SETTINGS, SMALL, measured
from ledger_entries.measured import IMAGES, SEEDS, add_is_sum, identity_path, spread, unit
from striate.course import Words
from striate.errors import TableError
from striate.tables import Add, Conv, Gaussian, He, Table, load_plan
from striate.tables.resnet import basic_unit
from striate.words import Language

_TINY = Gaussian(std=0.001)
_OVER_SEEDS = f"Over {len(SEEDS)} seeds, geometric mean and range."


def _measured(value: object, text: str) -> Finding:
    return Finding(value, f"{text} {_OVER_SEEDS}", Basis.MEASURED)


def _adds() -> Finding:
    return Finding(
        add_is_sum(), "A unit with random weights gives relu(body(x) + x), to the last bit. Seed 0.", Basis.MEASURED
    )


def _near_zero() -> Finding:
    tiny, he, normed = unit(_TINY, batch_norm=False), unit(He(), batch_norm=False), unit(He(), batch_norm=True)
    return _measured(
        max(tiny.plain_output) < 1e-3,
        f"Two 3×3 convolutions, weights N(0, 0.001): the output is {spread(tiny.plain_output)} of the input's norm."
        f" With He initialization {spread(he.plain_output)}; with batch normalization too"
        f" {spread(normed.plain_output)}.",
    )


def _same_as_input() -> Finding:
    tiny, he, normed = unit(_TINY, batch_norm=False), unit(He(), batch_norm=False), unit(He(), batch_norm=True)
    return _measured(
        max(tiny.residual_change) < 1e-3,
        f"With a shortcut and N(0, 0.001) the output differs from the input by {spread(tiny.residual_change)} of its"
        f" norm. With He initialization by {spread(he.residual_change)}; with batch normalization too by"
        f" {spread(normed.residual_change)}.",
    )


def _starts_untrained() -> Finding:
    plain, residual = (measured(name, SMALL) for name in ("plain56", "resnet56"))
    return _measured(
        max(plain.output_ratio) < 1e-10 and min(residual.output_ratio) > 0.1,
        "With weights N(0, 0.01) the gradient by the first convolution's output is"
        f" {spread(plain.output_ratio)} of that by the last's in plain56, {spread(residual.output_ratio)} in resnet56;"
        " the other settings are in [the table below](#gradients-at-the-start).",
    )


_TABLE = Words(
    "The norm of the gradient at the first 3×3 convolution over that at the last, at initialization, on a batch of"
    " {images} random pictures, in double precision: the geometric mean over {seeds} seeds, which draw weights and"
    " pictures, and the range. *By output* is the gradient by the convolution's output, *by weights* that by its"
    " weights. Below 1 it shrinks towards the input. The last row with weights, the fully connected one, is not"
    " compared: its gradient has another size from the start. `python docs/gradients.py` measures it.",
    "학습 전에 무작위 그림 {images}장의 배치에서 배정밀도로 잰, 첫 3×3 합성곱에서의 기울기의 크기(노름)를"
    " 마지막의 것으로 나눈 값입니다. 가중치와 그림을 뽑는 시드 {seeds}개의 기하평균과 범위입니다. *출력*은"
    " 합성곱의 출력에 대한 기울기, *가중치*는 가중치에 대한 기울기입니다. 1보다 작으면 입력 쪽으로 갈수록"
    " 작아집니다. 가중치가 있는 마지막 층인 완전 연결층은 기울기의 크기가 처음부터 다르므로 비교하지"
    " 않습니다. `python docs/gradients.py`로 잽니다.",
)
_SETTING_NAMES = {
    HE_NORMED: Words(HE_NORMED, "He, 배치 정규화"),
    HE: Words(HE, "He, 배치 정규화 없음"),
    SMALL: Words(SMALL, "N(0, 0.01), 배치 정규화 없음"),
}
_BY = (Words("by output", "출력"), Words("by weights", "가중치"))


def gradients_at_the_start(language: Language = "en") -> str:
    """The norm of the gradient at the first convolution over that at the last, for every network and setting, as
    Markdown."""
    heads = [f"{_SETTING_NAMES[setting].of(language)}: {by.of(language)}" for setting in SETTINGS for by in _BY]
    lines = [
        '<a id="gradients-at-the-start"></a>',
        _TABLE.of(language).format(images=IMAGES, seeds=len(SEEDS)),
        "",
        f"| {Words('network', '신경망').of(language)} | {' | '.join(heads)} |",
        f"|{'---|' * (len(heads) + 1)}",
    ]
    for name in NETWORKS:
        found = [measured(name, setting) for setting in SETTINGS]
        ratios = [spread(numbers) for one in found for numbers in (one.output_ratio, one.weights_ratio)]
        lines.append(f"| `{name}` | {' | '.join(ratios)} |")
    return "\n".join(lines)


def _direction() -> Finding:
    small = measured("plain56", SMALL)
    return _measured(
        all(last < first for first, last in zip(small.first, small.last, strict=True)),
        f"In plain56 with weights N(0, 0.01) the gradient by a convolution's output is {spread(small.last)} at the last"
        f" of {_convolutions('plain56')}, {spread(small.middle)} in the middle, {spread(small.first)} at the first.",
    )


def _vanishes_often() -> Finding:
    normed, he, small = (measured("plain56", setting) for setting in (HE_NORMED, HE, SMALL))
    return _measured(
        max(small.output_ratio) < 1e-10,
        f"In plain56 with weights N(0, 0.01) at least {min(small.rounded_to_0)} of {_convolutions('plain56')}"
        " convolutions have a gradient by weights that single precision rounds to 0: first and last alike, since each"
        f" is a product over all other layers (the first's is {spread(small.weights_ratio)} times the last's). With He"
        f" initialization it is {spread(he.weights_ratio)} times the last's by weights, {spread(he.output_ratio)} by"
        f" output; with batch normalization too it grows: {spread(normed.weights_ratio)} times by weights,"
        f" {spread(normed.output_ratio)} by output.",
    )


def _skips() -> Finding:
    residual = measured("resnet56", SMALL)
    exact = identity_path() < 1e-12
    return _measured(
        max(residual.rounded_to_0) > 0 or not exact,
        f"In resnet56 with weights N(0, 0.01) at most {max(residual.rounded_to_0)} of {_convolutions('resnet56')}"
        f" convolutions have no gradient; the smallest norm is {spread(residual.least)}. A unit's gradient is the one"
        " through its body plus the incoming one, to 12 decimal places.",
    )


def _convolutions(name: str) -> int:
    return sum(isinstance(step.row, Conv) for step in load_plan(name).flat)


def _stages() -> list[tuple[int, int, int]]:
    """Units, maps and size of each stage of ResNet-34."""
    stages: dict[str, list[tuple[int, ...]]] = {}
    for step in load_plan("resnet34").steps:
        if isinstance(step.row, Add):
            stages.setdefault(step.path.split("_")[0], []).append(step.output)
    return [(len(outputs), outputs[0][0], outputs[0][1]) for outputs in stages.values()]


def _doubles() -> Finding:
    stages = _stages()
    _, first_maps, first_size = stages[0]
    return Finding(
        all(
            (maps, size) == (first_maps * 2**index, first_size // 2**index)
            for index, (_, maps, size) in enumerate(stages)
        ),
        "ResNet-34: " + ", ".join(f"{units} units of {maps} maps {size}×{size}" for units, maps, size in stages) + ".",
    )


def _changing_shortcut() -> Finding:
    step = steps("resnet34")["conv3_1.shortcut.conv"]
    refused = False
    try:
        body = basic_unit("conv3_1", 64, 128, stride=2).body
        Table("identity", (64, 56, 56), (Add("conv3_1", body=body),)).plan()
    except TableError:
        refused = True
    return Finding(
        refused and step.output == steps("resnet34")["conv3_1.body.conv2"].output,
        f"conv3_1 has a 1×1 convolution, stride 2, on its shortcut: {step.output[0]} maps of {step.output[1]}×"
        f"{step.output[2]}, like its body. An identity there is an error in Striate.",
    )


RESNET = Section(
    "ResNet",
    "ResNet",
    (
        Entry(
            name="is-deeper-better",
            quote="깊은 네트워크가 항상 좋은가?",
            english="is a deep network always better?",
            claim=None,
            find=cited(
                None,
                "No: top-1 error 27.94 % with plain-18, 28.54 % with plain-34, whose training error is higher too.",
            ),
            why="According to the paper, vanishing gradients are not the reason: batch normalization keeps their norms"
            " healthy." + measured_effect("plain20", "plain32", "plain44"),
            source="He et al. 2016, table 2 and section 4.1",
        ),
        Entry(
            name="skip-adds",
            quote="어떤 레이어에 입력되는 신호가 상위 레이어의 출력에도 더해짐",
            english="a layer's input is also added to the output of a higher layer",
            claim=True,
            find=_adds,
            why="",
            source="`striate.tables.Add`",
        ),
        Entry(
            name="output-near-zero",
            quote="초기화 가중치가 0에 가깝기 때문에 출력 또한 0에 가까움",
            english="(left, plain) initial weights are near 0, so the output is near 0",
            claim=True,
            find=_near_zero,
            condition="the initial weights are far smaller than He's, and no batch normalization follows",
            why="He initialization keeps the variance of the output, and batch normalization restores it in any case.",
            source="He et al. 2015, equation 10",
        ),
        Entry(
            name="output-is-input",
            quote="입력과 같은 값을 출력",
            english="(right, with a shortcut) the output is the same as the input",
            claim=True,
            find=_same_as_input,
            condition="the body's weights are near 0, and the input has no negative values, which the last ReLU would"
            " remove",
            why="With the paper's own initialization, body and shortcut have about the same norm, and the output is not"
            " the input.",
        ),
        Entry(
            name="skip-against-vanishing",
            quote="일부 레이어가 미학습 상태더라도 훈련 시작 가능 (gradient vanishing 문제 방지)",
            english="training can start although some layers have not learned; no vanishing gradient",
            claim=True,
            find=_starts_untrained,
            condition="the weights start near 0 without batch normalization",
            why="With He initialization the gradient of a plain network by output shrinks a little towards the input,"
            " but does not vanish; with batch normalization it grows, more than with shortcuts. Shortcuts without batch"
            " normalization need small weights: each unit adds to the output.",
            source="He et al. 2016, section 4.1",
        ),
        Entry(
            name="where-it-vanishes",
            quote="왼쪽의 그림은 output에 가까울 수록 gradient가 0의 값에 가깝게 변하게 됨",
            english="(left) the nearer to the output, the nearer the gradient is to 0",
            claim=True,
            find=_direction,
            why="It is the reverse: the gradient starts at the output and shrinks towards the input. The forward signal"
            " is what is near 0 at the output.",
        ),
        Entry(
            name="vanishes-often",
            quote="깊은 레이어에서는 gradient 가 0이 되는 일이 잦음",
            english="in deep layers the gradient often becomes 0",
            claim=True,
            find=_vanishes_often,
            condition="the weights start near 0 without batch normalization",
            why="It depends on initialization and normalization, not on depth alone.",
        ),
        Entry(
            name="skips-backpropagation",
            quote="skip connection을 사용하여 gradient가 0과 가까우면 그 unit을 backpropagation에서 건너뜀",
            english="if the gradient is near 0, the shortcut lets backpropagation skip that unit",
            claim=True,
            find=_skips,
            why="Nothing is skipped. The shortcut adds an identity path, so the gradient always has a term that no"
            " weight multiplies, and the body gets its own gradient as well.",
            source="He et al. 2016 (b), Identity Mappings, equation 5",
        ),
        Entry(
            name="maps-double",
            quote="특성 맵 Feature map 의 수 → 2배씩 늘어남 … 너비와 높이 → 절반",
            english="every few units the number of maps doubles, width and height halve",
            claim=True,
            find=_doubles,
            why="From ResNet-50 on, the first stage has four times the maps of conv1.",
            source="He et al. 2016, table 1",
        ),
        Entry(
            name="shortcut-across-sizes",
            quote="Figure 13-15. Skip connection when changing feature map size and depth",
            english="the same",
            claim=True,
            find=_changing_shortcut,
            why="Option B. Option A subsamples the identity and appends maps of zeros; it has no parameters."
            + measured_effect("resnet20:B", "resnet20:C"),
            source="He et al. 2016, section 3.3",
        ),
    ),
    after=gradients_at_the_start,
)

SECTIONS = (RESNET,)
