"""Memory of a table in bytes, in single precision: parameters, buffers and live feature maps, without the framework.

A framework needs workspace for its kernels in addition; the sums here are the minimum for a network.
"""

from __future__ import annotations

from math import prod

from striate.analysis.cost import total_cost, trained_cost
from striate.tables import Plan, Step

BYTES_PER_VALUE = 4
_COPIES_IN_TRAINING = 3
"""Weights, gradients and SGD's momentum; AdamW keeps one copy more."""


def maps_memory(step: Step) -> int:
    """Bytes of a row's output for one image.

    >>> from striate.tables import load_plan
    >>> maps_memory(load_plan("lenet5").step("C1"))
    18816
    """
    return BYTES_PER_VALUE * prod(step.output)


def training_memory(plan: Plan, batch_size: int = 1) -> int:
    """Bytes for one training step: weights, gradients, momentum, and every row's output kept for the backward pass.

    Auxiliary heads count.

    >>> from striate.tables import load_plan
    >>> training_memory(load_plan("lenet5:modern"), batch_size=64)
    3074680
    """
    costs = trained_cost(plan)
    maps = prod(plan.table.input) + sum(prod(step.output) for step in plan.flat_with_heads)
    return BYTES_PER_VALUE * (_COPIES_IN_TRAINING * costs.parameters + costs.buffers + batch_size * maps)


def inference_memory(plan: Plan, batch_size: int = 1) -> int:
    """Bytes for one forward pass: weights, and the peak of the live feature maps.

    A row needs its input and its output. While a branch runs, the outputs of the finished branches stay alive, and
    so does their shared input until the last branch has read it.
    """
    costs = total_cost(plan)
    return BYTES_PER_VALUE * (costs.parameters + costs.buffers + batch_size * _peak(plan.steps, done=0, shared=0))


def _peak(steps: tuple[Step, ...], done: int, shared: int) -> int:
    """The most numbers alive at once while these steps run.

    `done` counts outputs that are needed later; `shared` is the size of the first step's input if it is still needed
    after that step, else 0.
    """
    peak = done
    for step in steps:
        peak = max(peak, _peak_inside(step, done, shared) if step.branches else done + _both_ends(step))
        done, shared = done + shared, 0  # after the first step, the shared input is also needed later
    return peak


def _peak_inside(step: Step, done: int, shared: int) -> int:
    """The same for one combinator: its branches in turn, then their outputs and the result."""
    before, outputs, peak = prod(step.input), 0, 0
    # An identity shortcut is the input itself: it stays alive, and nothing runs.
    running = [branch for branch in step.branches if branch]
    waits = shared or (before if len(running) < len(step.branches) else 0)
    for number, branch in enumerate(running, 1):
        needed_later = before if number < len(running) else waits
        peak = max(peak, _peak(branch, done + outputs, needed_later))
        outputs += prod(branch[-1].output)
    return max(peak, done + waits + outputs + prod(step.output))


def _both_ends(step: Step) -> int:
    return prod(step.input) + prod(step.output)
