"""The visual cortex: what a neuron sees, and where the layers come from."""

from __future__ import annotations

from ledger_entries.analysed import commas, sees, steps
from ledger_entries.entry import Entry, Finding, Section, cited, in_words
from striate.tables import Subsample


def _local() -> Finding:
    size, side = sees("lenet5", "C1"), steps("lenet5")["C1"].input[1]
    return Finding(size < side, f"A unit of LeNet-5's C1 sees {size}×{size} of the {side}×{side} pixels.")


def _hierarchy() -> Finding:
    fields = [sees("lenet5", name) for name in ("C1", "S2", "C3", "S4", "C5")]
    return Finding(
        sorted(set(fields)) == fields,
        f"In LeNet-5 a unit sees more with every layer: {commas(fields)} pixels in height.",
    )


def _pooling_before_lenet() -> Finding:
    row = steps("lenet5")["S2"].row
    return Finding(
        not isinstance(row, Subsample),
        f"LeNet-5's own S2 is a {type(row).__name__}, a trainable layer; pooling without weights is another.",
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
            find=in_words(False, "The word is 시각피질, the visual cortex; 사각 is a square, or a blind spot."),
            why="A slip of one letter. V1, the striate cortex, gave this library its name.",
        ),
        Entry(
            name="local-receptive-field",
            quote="뉴런들은 일부 시야 범위 내의 시각 자극에만 반응",
            english="neurons react only to stimuli in a part of the visual field",
            claim=True,
            find=_local,
            why="A convolution's kernel is such a local receptive field.",
            source="Hubel and Wiesel 1959, 1962 (the cats)",
        ),
        Entry(
            name="hierarchy",
            quote="고수준 뉴런이 이웃한 저수준 뉴런의 출력에 기반하는 구나!",
            english="higher neurons rest on the outputs of neighbouring lower ones",
            claim=True,
            find=_hierarchy,
            why="Each layer reads a window of the layer before, so what it sees is a larger window of the picture.",
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
            english="LeNet-5 proposed the convolution layer and the pooling layer",
            claim=True,
            find=_pooling_before_lenet,
            why="Both are older: the Neocognitron alternates such layers, and LeCun trained shared kernels by"
            " gradient in"
            " 1989. LeNet-5 is where they became known together. Max pooling came into use later.",
            source="Fukushima 1980; LeCun et al. 1989, 1998 II.B",
        ),
    ),
)

SECTIONS = (CORTEX,)
