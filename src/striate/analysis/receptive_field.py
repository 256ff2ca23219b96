"""Receptive fields: size, stride and start along each axis, through branches and shortcuts.

Through Concat and Add it is that of the widest path (more exactly the hull of all paths, which differs only where
no path contains the others). The receptive field after a Dense is the union of those of all positions before it.
"""

from __future__ import annotations

from dataclasses import dataclass

from striate import equations
from striate.tables import Plan, Step

Axis = tuple[int, int, int]
"""(size, stride, start) in input pixels, as in `equations.receptive_field`."""
_PIXEL: Axis = (1, 1, 0)


@dataclass(frozen=True)
class ReceptiveField:
    """The receptive field of a row's units along both axes."""

    height: Axis
    width: Axis


PIXEL = ReceptiveField(_PIXEL, _PIXEL)
"""The receptive field of an input pixel."""


def receptive_fields(plan: Plan) -> dict[str, ReceptiveField]:
    """The receptive field of every row's units, by its path, auxiliary heads included.

    >>> from striate.tables import load_plan
    >>> receptive_fields(load_plan("lenet5"))["S2"].height
    (6, 2, 0)
    """
    fields: dict[str, ReceptiveField] = {}
    _through(plan.steps, PIXEL, fields)
    for head in plan.heads:
        _through(head.steps, fields[head.head.after], fields)
    return fields


def row_field(step: Step) -> ReceptiveField:
    """The receptive field of a row's units in the row's own input.

    >>> from striate.tables import load_plan
    >>> row_field(load_plan("lenet5").step("C3")).height
    (5, 1, 0)
    """
    return _through((step,), PIXEL, {})


def _through(steps: tuple[Step, ...], field: ReceptiveField, fields: dict[str, ReceptiveField]) -> ReceptiveField:
    for step in steps:
        if step.branches:
            ends = [_through(branch, field, fields) for branch in step.branches]
            field = ReceptiveField(_hull([end.height for end in ends]), _hull([end.width for end in ends]))
        else:
            field = ReceptiveField(_after(step, field.height, 0), _after(step, field.width, 1))
        fields[step.path] = field
    return field


def _after(step: Step, axis: Axis, index: int) -> Axis:
    if step.window is not None:
        window = step.window
        return equations.receptive_field(
            axis, window.kernel[index], window.stride[index], window.padding[index][0], window.dilation[index]
        )
    if len(step.input) == 3 and step.input[1:] != step.output[1:]:  # it reads all of its maps, as a Dense does
        return equations.receptive_field(axis, kernel=step.input[1 + index])
    return axis


def _hull(axes: list[Axis]) -> Axis:
    start = min(start for _, _, start in axes)
    size = max(start + size for size, _, start in axes) - start
    return size, max(stride for _, stride, _ in axes), start
