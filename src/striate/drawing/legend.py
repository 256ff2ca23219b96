"""The lines below a drawing: an explanation of the symbols that it contains."""

from __future__ import annotations

from collections.abc import Sequence

from striate.drawing.layout import shared_activation
from striate.tables import LRN, Add, BatchNorm, Dense, Plan, Step
from striate.words import translate


def legend(plan: Plan, *, blocks: bool) -> str:
    """The legend of a network drawn as blocks, or as a flow."""
    steps = plan.flat_with_heads
    notes = ["Sizes are maps × height × width."]
    if blocks:
        notes.append("A block's face grows with height and width, its depth with the number of maps, neither to scale.")
    if plan.table.towers > 1:
        notes.append("Dotted: maps that a row reads from the other tower.")
    if not blocks and any(step.window and step.window.stride != (1, 1) for step in steps):
        notes.append("/n: stride n.")
    return " ".join(map(translate, (*notes, *_of_rows(steps, blocks=blocks))))


def _of_rows(steps: Sequence[Step], *, blocks: bool) -> list[str]:
    notes = []
    kinds = {type(step.row) for step in steps}
    if not blocks and (activation := shared_activation(steps)):
        notes.append(f"{activation[0]} after every convolution.")
    if BatchNorm in kinds:
        notes.append("BN: batch normalization.")
    if LRN in kinds:
        notes.append("LRN: local response normalization.")
    if not blocks and Dense in kinds:
        notes.append("fc: fully connected.")
    if any(isinstance(step.row, Add) and step.input != step.output for step in steps):
        notes.append("Dotted: a shortcut that changes the shape.")
    return notes
