"""Recording a network's activations by hooks; afterwards its modes, its gradients and its hooks are as before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from torch import Tensor, nn

from striate.errors import StriateError
from striate.nn import Network, device_of
from striate.tables import Conv, Plan, Step


@dataclass(frozen=True)
class Activations:
    """The input and the output of a row: (N, maps, height, width), or (N, units)."""

    input: Tensor
    output: Tensor


@contextmanager
def eval_without_grad(network: Network) -> Iterator[Network]:
    """The network in evaluation mode and its weights without gradients; both are restored afterwards.

    Each module's mode is restored by itself, since a network may train with some modules in evaluation mode.
    """
    modes = [(module, module.training) for module in network.modules()]
    gradients = [(parameter, parameter.requires_grad) for parameter in network.parameters()]
    try:
        network.eval()
        for parameter, _ in gradients:
            parameter.requires_grad_(False)
        yield network
    finally:
        for module, mode in modes:
            module.training = mode
        for parameter, requires_grad in gradients:
            parameter.requires_grad_(requires_grad)


def record_activations(network: Network, images_NCHW: Tensor, paths: Sequence[str]) -> dict[str, Activations]:
    """The inputs and outputs of the rows at these paths for normalized images, in evaluation mode.

    They are on the CPU, whatever the network's device is. The network runs only as far as the last of them. Gradients
    flow back to `images_NCHW` if it requires them. StriateError if there is no such row.

        >>> import torch
        >>> from striate.nn import build
        >>> record_activations(build("lenet5", seed=0), torch.zeros(2, 1, 32, 32), ["S2"])["S2"].output.shape
        torch.Size([2, 6, 14, 14])
    """
    steps = [network.plan.step(path) for path in paths]
    names = [row.name for row in network.table.rows]
    last = max((names.index(step.path.partition(".")[0]) for step in steps), default=-1)
    activations: dict[str, Activations] = {}
    hooks = []
    try:
        for step in steps:
            module = network.get_submodule(step.path)
            hooks.append(module.register_forward_hook(partial(_record, activations, step.path)))
        with eval_without_grad(network):
            x = images_NCHW.to(device_of(network))
            for row in network.table.rows[: last + 1]:
                x = network.get_submodule(row.name)(x)
    finally:
        for hook in hooks:
            hook.remove()
    return {step.path: activations[step.path] for step in steps}


def convolutions(plan: Plan) -> list[Step]:
    """The convolutions in the table's order.

    >>> from striate.tables import load_plan
    >>> [step.path for step in convolutions(load_plan("lenet5"))]
    ['C1', 'C3', 'C5']
    """
    return [step for step in plan.flat if isinstance(step.row, Conv)]


def middle_unit(step: Step) -> tuple[int, int]:
    """(row, column) of the unit in the middle of a row's maps; for an even size the second of the two.

    StriateError if the row has no maps.

    >>> from striate.tables import load_plan
    >>> middle_unit(load_plan("lenet5").step("S2"))
    (7, 7)
    """
    if len(step.output) != 3:
        raise StriateError(f"row {step.path}: its units have no row and column")
    _, height, width = step.output
    return height // 2, width // 2


def _record(
    activations: dict[str, Activations], path: str, _module: nn.Module, inputs: tuple[Tensor], output: Tensor
) -> None:
    activations[path] = Activations(inputs[0].cpu(), output.cpu())
