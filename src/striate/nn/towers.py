"""A network in towers, each on its own device, which exchange maps only where a row reads all towers.

Krizhevsky et al. 2012, section 3.5 and figure 2: each of two GPUs holds half of AlexNet's maps. Here each tower
is made of the same modules as the network, from its share of each row (`striate.tables.tower_rules`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from striate.errors import ModelError
from striate.nn.modules import build_module
from striate.tables import Add, Concat, Plan, Step, Table


class Towers(nn.Module):
    """A network whose towers are on several devices: images (N, C, H, W) to logits (N, classes) on the first.

    With the same weights the numbers are those of the `Network` on one device, and the state dict is the same too:
    a model saved from one loads into the other. Only dropout, in training, is drawn on each device for itself.

        >>> from striate.nn import build
        >>> towers = build("alexnet:tiny", devices=["cpu", "cpu"], seed=0)
        >>> towers.towers[0].C1.weight.shape, towers.state_dict()["C1.weight"].shape
        (torch.Size([4, 3, 7, 7]), torch.Size([8, 3, 7, 7]))
    """

    def __init__(self, plan: Plan, state: Mapping[str, Tensor], devices: Sequence[torch.device | str]) -> None:
        super().__init__()
        self.plan = plan
        if self.table.towers < 2 or len(devices) != self.table.towers:
            raise ModelError(
                f"table {self.table.name}: has {self.table.towers} tower{'s' * (self.table.towers > 1)}, so it cannot"
                f" be laid on {len(devices)} devices"
            )
        self._last = plan.steps[-1].row.name
        self.towers = nn.ModuleList(
            nn.Sequential(_tower(plan, whole=number == 0)) for number in range(self.table.towers)
        )
        self.register_state_dict_post_hook(_join)  # type: ignore[no-untyped-call]
        self.register_load_state_dict_pre_hook(_split)  # type: ignore[no-untyped-call]
        self.load_state_dict(state)
        for tower, device in zip(self.towers, devices, strict=True):
            try:
                tower.to(device)
            except (RuntimeError, AssertionError) as error:  # no such device, or torch without it
                raise ModelError(f"device {device}: {str(error).splitlines()[0]}") from None

    @property
    def table(self) -> Table:
        """The table that states this network."""
        return self.plan.table

    @property
    def devices(self) -> list[torch.device]:
        """The device of each tower."""
        return [next(tower.parameters()).device for tower in self.towers]

    def forward(self, images_NCHW: Tensor) -> Tensor:
        parts = [images_NCHW.to(device) for device in self.devices]
        for index, row in enumerate(self.table.rows):
            if self.plan.exchanges_towers(index):
                parts = self._exchange(parts, first_only=row.name == self._last)
            parts = [tower.get_submodule(row.name)(part) for tower, part in zip(self.towers, parts, strict=False)]
        return parts[0]

    def _exchange(self, parts: list[Tensor], *, first_only: bool) -> list[Tensor]:
        """All maps, on every device that needs them."""
        devices = self.devices[:1] if first_only else self.devices
        return [torch.cat([part.to(device) for part in parts], dim=1) for device in devices]


def _tower(plan: Plan, *, whole: bool) -> OrderedDict[str, nn.Module]:
    """The modules of one tower. The last row, undivided, belongs to the first."""
    modules: OrderedDict[str, nn.Module] = OrderedDict()
    for index, step in enumerate(plan.steps):
        if index == len(plan.steps) - 1 and not whole:
            break
        undivided = index == 0 or plan.exchanges_towers(index)
        input = step.input if undivided else _part(step.input, plan.table.towers)
        row = plan.tower_share(index)
        assert not isinstance(row, Concat | Add)  # `Table.plan` refuses them in towers
        modules[step.row.name] = build_module(Step(step.path, row, input, row.output(input), row.window(input)))
    return modules


def _part(shape: tuple[int, ...], towers: int) -> tuple[int, ...]:
    return shape[0] // towers, *shape[1:]


def _own_keys(towers: Towers) -> dict[str, list[str]]:
    """For each key of the whole network, the keys of the towers' parts."""
    keys: dict[str, list[str]] = {}
    for number, tower in enumerate(towers.towers):
        for key in tower.state_dict():
            keys.setdefault(key, []).append(f"towers.{number}.{key}")
    return keys


def _join(towers: Any, state: dict[str, Any], prefix: str, _metadata: Any) -> None:
    """The state dict as that of the network on one device: parts put together along the maps, on the first device."""
    for key, parts in _own_keys(towers).items():
        tensors = [state.pop(prefix + part) for part in parts]
        joined = tensors[0] if tensors[0].dim() == 0 else torch.cat([t.to(tensors[0].device) for t in tensors])
        state[prefix + key] = joined


def _split(towers: Any, state: dict[str, Any], prefix: str, *_: Any) -> None:
    """The other way, before loading."""
    for key, parts in _own_keys(towers).items():
        if (whole := state.pop(prefix + key, None)) is not None:
            pieces = [whole] * len(parts) if whole.dim() == 0 else whole.tensor_split(len(parts))
            state.update({prefix + part: piece for part, piece in zip(parts, pieces, strict=True)})
