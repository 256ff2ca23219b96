"""GoogLeNet and the Inception module."""

from __future__ import annotations

from dataclasses import replace

from ledger_entries.analysed import depth, field_size, steps, totals
from ledger_entries.entry import Entry, Finding, Section, cited, in_words
from striate.errors import TableError
from striate.tables import Conv, MaxPool, Table, load_plan, load_table
from striate.tables.googlenet import TABLE_1, inception

_MODULE = "inception_3a"
_VOTED, _ALONE = 6.67, 10.07  # top-5 error in percent, Szegedy et al. 2015, tables 2 and 3


def _depth() -> Finding:
    layers = depth(load_plan("googlenet").steps)
    lenet, alexnet = (depth(load_plan(name).steps) for name in ("lenet5:modern", "alexnet"))
    return Finding(
        layers, f"{layers} rows with weights on the longest path; `lenet5:modern` has {lenet}, AlexNet {alexnet}."
    )


def _a_tenth() -> Finding:
    alexnet, googlenet = totals("alexnet").parameters, totals("googlenet").parameters
    return Finding(
        tuple(round(parameters / 1e6) for parameters in (alexnet, googlenet)),
        f"{alexnet:,} against {googlenet:,}: a factor of {alexnet / googlenet:.1f}. With the two auxiliary heads, in"
        f" training: {load_table('googlenet').expected.parameters_with_heads:,}."  # type: ignore[union-attr]
        f" torchvision's version has {totals('googlenet:torchvision').parameters:,}.",
    )


def _three_plus_one() -> Finding:
    step = steps("googlenet")[f"{_MODULE}.branch2.conv3x3"]
    row = step.row
    assert isinstance(row, Conv)
    return Finding(
        (row.kernel, row.stride, row.padding, step.output[1:] == step.input[1:]),
        f"{_MODULE}: kernel {row.kernel}, stride {row.stride}, padding {row.padding}; {step.input[1]}×{step.input[2]}"
        " in,"
        f" {step.output[1]}×{step.output[2]} out.",
    )


def _stacked() -> Finding:
    step = steps("googlenet")[_MODULE]
    ends = [branch[-1].output for branch in step.branches]
    return Finding(
        len({end[1:] for end in ends}) == 1 and step.output[0] == sum(end[0] for end in ends),
        f"{_MODULE} concatenates {' + '.join(str(end[0]) for end in ends)} = {step.output[0]} maps of"
        f" {step.output[1]}×{step.output[2]}. The branches have one size, and each its own number of maps.",
    )


def _same_needed() -> Finding:
    """The module with VALID instead of SAME."""
    module = inception(_MODULE, TABLE_1["3a"])
    branches = tuple(
        tuple(replace(row, padding="valid") for row in branch if isinstance(row, Conv | MaxPool))
        for branch in module.branches
    )
    valid = Table("valid", (192, 28, 28), (replace(module, branches=branches),))
    try:
        valid.plan()
    except TableError as error:
        return Finding(True, f"With VALID the module is an error: {str(error).removeprefix('table valid: ')}.")
    return Finding(False, "With VALID the module works too.")


def _one_by_one() -> Finding:
    before, after = field_size("googlenet", "pool2"), field_size("googlenet", f"{_MODULE}.branch2.reduce")
    maps = steps("googlenet")[f"{_MODULE}.branch2.reduce"].input[0]
    return Finding(
        after == before,
        f"Its receptive field is as before, {after}×{before} pixels, and it mixes all {maps} maps: a fully connected"
        " layer at every position.",
    )


GOOGLENET = Section(
    "GoogleLeNet",
    "GoogLeNet",
    (
        Entry(
            name="googlenet-name",
            quote="GoogleLeNet",
            english="(heading) the network's name",
            claim=True,
            find=in_words(False, "It is GoogLeNet, after LeNet; the notes also write GoogleNet."),
            why="A typing error.",
            source="Szegedy et al. 2015, section 1",
        ),
        Entry(
            name="googlenet-error",
            quote="Top-5 에러율 7% 이하",
            english="top-5 error 7 % or less",
            claim=True,
            find=cited(
                _VOTED <= 7, f"{_VOTED} % with seven networks and 144 crops; {_ALONE} % with one network and one crop."
            ),
            condition="seven networks are averaged over 144 crops",
            why="One network on one crop, which a table describes, has more than 10 %.",
            source="Szegedy et al. 2015, tables 2 and 3",
        ),
        Entry(
            name="googlenet-depth",
            quote="이전 CNN 보다 훨씬 깊은 구조(22 레이어)",
            english="much deeper than earlier CNNs (22 layers)",
            claim=22,
            find=_depth,
            why="Pooling has no weights and is not counted here; Table 13-1 numbers it.",
        ),
        Entry(
            name="googlenet-a-tenth",
            quote=r"파라미터 수: AlexNet 의 1/10 ($60M \rightarrow 6M$)",
            english="parameters: a tenth of AlexNet's (60M → 6M)",
            claim=(60, 6),
            find=_a_tenth,
            why="In whole millions, 61 and 7. The paper itself says 12 times fewer, which its own table does not"
            " confirm.",
            source="Szegedy et al. 2015, section 1 and table 1",
        ),
        Entry(
            name="three-plus-one-s",
            quote=r"3×3 커널, 스트라이드 1, … SAME 패딩 … (입/출력의 너비, 높이 같음)",
            english="3×3+1(S): kernel 3×3, stride 1, SAME; width and height in = out",
            claim=(3, 1, "same", True),
            find=_three_plus_one,
            why="",
            source="`googlenet`",
        ),
        Entry(
            name="depth-concatenation",
            quote="인셉션 모듈의 큰 특징은 같은 크기, 사이즈의 출력들을 깊게 이어 붙힌다!",
            english="an Inception module concatenates outputs of one size in depth",
            claim=True,
            find=_stacked,
            why="",
            source="`striate.tables.Concat`; `torch.cat(..., dim=1)`",
        ),
        Entry(
            name="same-makes-it-possible",
            quote='"SAME" 패딩으로 2번째 layer들의 필터 사이즈가 다 달라도 출력의 사이즈는 다 같으니',
            english="with SAME the outputs have one size although the filters differ",
            claim=True,
            find=_same_needed,
            condition="every stride in the module is 1",
            why="This holds in all nine modules.",
        ),
        Entry(
            name="why-one-by-one",
            quote="1x1 커널을 생각해보면 한 픽셀씩 읽어들여서 무슨 특징을 잡을 수 있는지에 대한 궁금증",
            english="what can a 1×1 kernel detect, if it reads pixel by pixel?",
            claim=None,
            find=_one_by_one,
            why="Patterns across maps, not across pixels.",
        ),
    ),
)


SECTIONS = (GOOGLENET,)
