"""How many bytes a table needs, in single precision: numbers kept and feature maps alive, nothing of the framework.

A framework adds to this what its kernels use as workspace; the sums here are the floor that a network sets.
"""

from __future__ import annotations

from math import prod

from striate.analysis.cost import total_cost
from striate.tables import Step, flatten

BYTES_PER_VALUE = 4
_COPIES_IN_TRAINING = 3
"""Weights, gradients and SGD's momentum; AdamW keeps one copy more."""


def maps_memory(step: Step) -> int:
    """Bytes of what a row puts out for one image.

    >>> from striate.tables import load_table, walk
    >>> maps_memory(walk(load_table("lenet5"))[0])
    18816
    """
    return BYTES_PER_VALUE * prod(step.output)


def training_memory(steps: tuple[Step, ...], batch_size: int = 1) -> int:
    """Bytes for one training step: weights, gradients, momentum, and every row's output kept for the way back.

    `steps` are a walk's, followed by those of auxiliary heads.

    >>> from striate.tables import load_table, walk
    >>> training_memory(walk(load_table("lenet5:modern")), batch_size=64)
    3074680
    """
    costs = total_cost(steps)
    maps = prod(steps[0].input) + sum(prod(step.output) for step in flatten(steps))
    return BYTES_PER_VALUE * (_COPIES_IN_TRAINING * costs.parameters + costs.buffers + batch_size * maps)


def inference_memory(steps: tuple[Step, ...], batch_size: int = 1) -> int:
    """Bytes for one forward pass: weights, and the feature maps alive at the widest moment.

    A row needs its input and its output. While a branch runs, the branches that are done stay alive too, and the
    input that they share, until the last one has read it.
    """
    costs = total_cost(steps)
    return BYTES_PER_VALUE * (costs.parameters + costs.buffers + batch_size * _peak(steps, done=0, shared=0))


def _peak(steps: tuple[Step, ...], done: int, shared: int) -> int:
    """The most numbers alive at once while these steps run.

    `done` are outputs that others wait for; `shared` is the size of the first step's input if others still need it
    when that step is through, else 0.
    """
    peak = done
    for step in steps:
        peak = max(peak, _peak_inside(step, done, shared) if step.branches else done + _both_ends(step))
        done, shared = done + shared, 0  # from the second step on, the shared input is one thing more that waits
    return peak


def _peak_inside(step: Step, done: int, shared: int) -> int:
    """The same for one combinator: its branches in turn, then their outputs and the result."""
    before, outputs, peak = prod(step.input), 0, 0
    # An identity shortcut is the input itself: it waits, and there is nothing to run.
    running = [branch for branch in step.branches if branch]
    waits = shared or (before if len(running) < len(step.branches) else 0)
    for number, branch in enumerate(running, 1):
        needed_later = before if number < len(running) else waits
        peak = max(peak, _peak(branch, done + outputs, needed_later))
        outputs += prod(branch[-1].output)
    return max(peak, done + waits + outputs + prod(step.output))


def _both_ends(step: Step) -> int:
    return prod(step.input) + prod(step.output)
