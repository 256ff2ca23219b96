"""The visual cortex: local receptive fields, and the origin of the layers."""

from __future__ import annotations

from ledger_entries.analysed import commas, field_size, steps
from ledger_entries.entry import Entry, Finding, Section, cited, in_words
from striate.tables import Subsample


def _local() -> Finding:
    size, side = field_size("lenet5", "C1"), steps("lenet5")["C1"].input[1]
    return Finding(
        size < side, f"The receptive field of a unit of LeNet-5's C1 is {size}×{size} of the {side}×{side} pixels."
    )


def _hierarchy() -> Finding:
    fields = [field_size("lenet5", name) for name in ("C1", "S2", "C3", "S4", "C5")]
    return Finding(
        sorted(set(fields)) == fields,
        f"In LeNet-5 the receptive field grows with every layer: {commas(fields)} pixels in height.",
    )


def _pooling_before_lenet() -> Finding:
    row = steps("lenet5")["S2"].row
    return Finding(
        not isinstance(row, Subsample),
        f"LeNet-5's own S2 is a {type(row).__name__}, a trainable layer, not pooling without weights.",
    )


CORTEX = Section(
    "사각피질",
    "The visual cortex",
    (
        Entry(
            name="visual-cortex",
            quote="사각피질",
            english="(heading) the *square* cortex",
            claim=True,
            find=in_words(False, "The word is 시각피질, the visual cortex; 사각 means square, or blind spot."),
            why="A typing error of one letter. This library is named after V1, the striate cortex.",
        ),
        Entry(
            name="local-receptive-field",
            quote="뉴런들은 일부 시야 범위 내의 시각 자극에만 반응",
            english="neurons respond only to stimuli in a part of the visual field",
            claim=True,
            find=_local,
            why="A convolution's kernel is such a local receptive field.",
            source="Hubel and Wiesel 1959, 1962 (the cats)",
        ),
        Entry(
            name="hierarchy",
            quote="고수준 뉴런이 이웃한 저수준 뉴런의 출력에 기반하는 구나!",
            english="higher-level neurons are based on the outputs of neighbouring lower-level ones",
            claim=True,
            find=_hierarchy,
            why="Each layer reads a window of the layer before, so its receptive field in the picture is larger.",
        ),
        Entry(
            name="cheques",
            quote="수표의 손으로 쓴 숫자 인식",
            english="LeNet-5 read handwritten digits on cheques",
            claim=True,
            find=cited(True, "The paper describes a system that reads bank cheques in use."),
            why="The network itself was trained and tested on MNIST.",
            source="LeCun et al. 1998, section X",
        ),
        Entry(
            name="who-proposed-pooling",
            quote="합성곱층Convolution layer, 풀링층pooling layer 제안",
            english="LeNet-5 introduced the convolution layer and the pooling layer",
            claim=True,
            find=_pooling_before_lenet,
            why="Both are older: the Neocognitron alternates such layers, and LeCun trained shared kernels by gradient"
            " descent in 1989. LeNet-5 made them known together. Max pooling came into use later.",
            source="Fukushima 1980; LeCun et al. 1989, 1998 II.B",
        ),
    ),
)

SECTIONS = (CORTEX,)
