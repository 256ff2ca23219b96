"""Every claim of the notes, in the order of the notes."""

from __future__ import annotations

from ledger_entries import (
    advanced,
    alexnet,
    bottleneck,
    convolution,
    convolution_sum,
    cortex,
    googlenet,
    lenet5,
    lrn,
    pooling,
    resnet,
)
from ledger_entries.entry import Section

SECTIONS: tuple[Section, ...] = (
    *cortex.SECTIONS,
    *convolution.SECTIONS,
    *convolution_sum.SECTIONS,
    *pooling.SECTIONS,
    *advanced.SECTIONS,
    *lenet5.SECTIONS,
    *alexnet.SECTIONS,
    *lrn.SECTIONS,
    *googlenet.SECTIONS,
    *bottleneck.SECTIONS,
    *resnet.SECTIONS,
)
