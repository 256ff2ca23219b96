"""How many bytes a table needs, in single precision: numbers kept and feature maps alive, nothing of the framework.

A framework adds to this what its kernels use as workspace; the sums here are the floor that a network sets.
"""

from __future__ import annotations

from math import prod

from striate.analysis.cost import total_cost, trained_cost
from striate.tables import Plan, Step

BYTES_PER_VALUE = 4
_COPIES_IN_TRAINING = 3
"""Weights, gradients and SGD's momentum; AdamW keeps one copy more."""


def maps_memory(step: Step) -> int:
    """Bytes of what a row puts out for one image.

    >>> from striate.tables import load_plan
    >>> maps_memory(load_plan("lenet5").step("C1"))
    18816
    """
    return BYTES_PER_VALUE * prod(step.output)


def training_memory(plan: Plan, batch_size: int = 1) -> int:
    """Bytes for one training step: weights, gradients, momentum, and every row's output kept for the way back.

    Auxiliary heads count.

    >>> from striate.tables import load_plan
    >>> training_memory(load_plan("lenet5:modern"), batch_size=64)
    3074680
    """
    costs = trained_cost(plan)
    maps = prod(plan.table.input) + sum(prod(step.output) for step in plan.flat_with_heads)
    return BYTES_PER_VALUE * (_COPIES_IN_TRAINING * costs.parameters + costs.buffers + batch_size * maps)


def inference_memory(plan: Plan, batch_size: int = 1) -> int:
    """Bytes for one forward pass: weights, and the feature maps alive at the widest moment.

    A row needs its input and its output. While a branch runs, the branches that are done stay alive too, and the
    input that they share, until the last one has read it.
    """
    costs = total_cost(plan)
    return BYTES_PER_VALUE * (costs.parameters + costs.buffers + batch_size * _peak(plan.steps, done=0, shared=0))


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
