"""How many bytes a table needs, in single precision: numbers kept and feature maps alive, nothing of the framework.

A framework adds to this what its kernels use as workspace; the sums here are the floor that a network sets.
"""

from __future__ import annotations

from math import prod

from striate.analysis.cost import total
from striate.tables import Step, Table, every_step, walk

BYTES = 4
_COPIES_IN_TRAINING = 3
"""Weights, gradients and SGD's momentum; AdamW keeps one copy more."""


def training_memory(table: Table, batch_size: int = 1) -> int:
    """Bytes for one training step: weights, gradients, momentum, and every row's output kept for the way back.

    >>> from striate.tables import load_table
    >>> training_memory(load_table("lenet5:modern"), batch_size=64)
    3074680
    """
    costs = total(table)
    maps = prod(table.input) + sum(prod(step.output) for step in every_step(walk(table)))
    return BYTES * (_COPIES_IN_TRAINING * costs.parameters + costs.buffers + batch_size * maps)


def inference_memory(table: Table, batch_size: int = 1) -> int:
    """Bytes for one forward pass: weights, and the feature maps alive at the widest moment.

    A row needs its input and its output; while a branch runs, the combinator's input and the branches that are
    done stay alive too.
    """
    costs = total(table)
    return BYTES * (costs.parameters + costs.buffers + batch_size * _peak(walk(table), held=0))


def _peak(steps: tuple[Step, ...], held: int) -> int:
    """The most numbers alive at once while these steps run, besides `held` that others still need."""
    peak = 0
    for step in steps:
        before, after = prod(step.input), prod(step.output)
        if not step.branches:
            peak = max(peak, held + before + after)
            continue
        done = 0
        for branch in step.branches:
            # A branch's first row reads the shared input, which stays alive for the branches after it.
            peak = max(peak, _peak(branch, held + done + before))
            done += prod(branch[-1].output) if branch else before
        peak = max(peak, held + done + after)
    return peak
