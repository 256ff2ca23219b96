"""Dropout as an ensemble: thinned networks that share their weights, their mean, and the one whole network.

Dropout sets each unit to 0 with probability `rate` and multiplies the others by 1 / (1 - rate), so that the whole
network needs no other weights; Krizhevsky et al. 2012, section 4.2, multiply the outputs by 1 - rate at test instead,
which is the same network. What is exact: with nothing but one softmax layer behind the dropped units, the normalized
geometric mean of the answers of all thinned networks, each weighted by its probability, is the answer of the whole
network; of a sample of them it is the answer of one network whose units are multiplied by the sample's mean masks. What
is not: the arithmetic mean, and networks with more behind the dropped units. Sources: Hinton et al. 2012 (arXiv
1207.0580), page 2; Baldi and Sadowski 2013, section 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from striate.errors import StriateError
from striate.inspection.feature_space import last_hidden
from striate.inspection.hooks import eval_without_grad, record_activations
from striate.nn import Network, check_logits, device_of
from striate.tables import RBF, Dense, Dropout, Plan

DROPOUT_DRAWS = 1024
"""Thinned networks at most."""


@dataclass(frozen=True)
class DropoutEnsemble:
    """The answers of N thinned networks to one picture, and what becomes of them together; all on the CPU.

    `kept` holds for each row whose values are dropped which of them stay, (N, ...); `values` are that row's values for
    the picture, before any is dropped. Probabilities are double, (classes,), or `thinned` (N, classes). `geometric` is
    their normalized geometric mean; `mean_mask` is the answer of one network whose values are multiplied by the mean of
    the masks; `whole` is that of the network without dropout. `is_exact`: nothing but one softmax layer is behind the
    dropped values, so that `geometric` and `mean_mask` are the same but for rounding.
    """

    rates: Mapping[str, float]
    values: Mapping[str, Tensor]
    kept: Mapping[str, Tensor]
    thinned: Tensor
    geometric: Tensor
    mean_mask: Tensor
    whole: Tensor
    is_exact: bool

    @property
    def arithmetic(self) -> Tensor:
        """The mean of the thinned networks' probabilities (classes,)."""
        return self.thinned.mean(dim=0)


def dropout_rows(plan: Plan) -> dict[str, float | None]:
    """The rows after which values are dropped, with their rates: the dropout rows of the table's top level; without one
    the row before the classifier, which has no rate of its own (None).

    >>> from striate.tables import load_plan
    >>> dropout_rows(load_plan("alexnet")), dropout_rows(load_plan("lenet5"))
    ({'D8': 0.5, 'D9': 0.5}, {'F6': None})
    """
    rows = {row.name: row.rate for row in plan.table.rows if isinstance(row, Dropout)}
    return {**rows} or {last_hidden(plan): None}


def dropout_ensemble(
    network: Network,
    image_NCHW: Tensor,
    *,
    rate: float | None = None,
    draws: int = 8,
    seed: int = 0,
    temperature: float = 1.0,
) -> DropoutEnsemble:
    """The answers of `draws` thinned networks to one normalized picture (1, channels, height, width).

    Values are dropped after `dropout_rows`, each row with `rate`, or with its own (None; 0.5 for a row without one).
    `temperature` is that of the model (`Model.temperature`).
    StriateError if the rate is not in [0, 1), the draws not in 1 to `DROPOUT_DRAWS`, or a logit is not finite.

        >>> from striate.nn import build
        >>> ensemble = dropout_ensemble(build("lenet5", seed=0), torch.zeros(1, 1, 32, 32), rate=0.5, draws=4)
        >>> ensemble.thinned.shape, ensemble.kept["F6"].shape, ensemble.is_exact
        (torch.Size([4, 10]), torch.Size([4, 84]), True)
    """
    if rate is not None and not 0 <= rate < 1:
        raise StriateError(f"rate: expected a number from 0 to less than 1, got {rate}")
    if not 1 <= draws <= DROPOUT_DRAWS:
        raise StriateError(f"draws: expected a whole number from 1 to {DROPOUT_DRAWS}, got {draws}")
    own = dropout_rows(network.plan)
    rates = {path: 0.5 if own_rate is None else own_rate for path, own_rate in own.items()}
    if rate is not None:
        rates = dict.fromkeys(rates, rate)
    masks = _draw_masks(network.plan, rates, draws, seed)
    mean_masks = {path: mask.mean(dim=0, keepdim=True) for path, mask in masks.items()}
    with torch.no_grad():
        activations = record_activations(network, image_NCHW, list(rates))
        whole, thinned, mean = (_forward(network, image_NCHW, each) / temperature for each in ({}, masks, mean_masks))
    return DropoutEnsemble(
        rates=rates,
        values={path: both.output[0] for path, both in activations.items()},
        kept={path: mask > 0 for path, mask in masks.items()},
        thinned=thinned.softmax(dim=1),
        geometric=thinned.log_softmax(dim=1).mean(dim=0).softmax(dim=0),
        mean_mask=mean[0].softmax(dim=0),
        whole=whole[0].softmax(dim=0),
        is_exact=is_softmax_behind(network.plan, list(rates)),
    )


def is_softmax_behind(plan: Plan, paths: list[str]) -> bool:
    """Whether one softmax layer alone is behind the only row whose values are dropped: a Dense without another
    activation; or an RBF, whose squared distances differ between two classes by what is linear in the units.

    >>> from striate.tables import load_plan
    >>> [is_softmax_behind(load_plan(name), list(dropout_rows(load_plan(name)))) for name in ("lenet5", "alexnet")]
    [True, False]
    """
    names = [row.name for row in plan.table.rows]
    behind = plan.table.rows[names.index(paths[0]) + 1 :]
    match behind:
        case [Dense(activation=None | "softmax") | RBF()]:
            return len(paths) == 1
        case _:
            return False


def _draw_masks(plan: Plan, rates: Mapping[str, float], draws: int, seed: int) -> dict[str, Tensor]:
    """Dropout of ones: 0, or 1 / (1 - rate). `F.dropout` would draw others on a machine without MKL."""
    generator = torch.Generator().manual_seed(seed)
    uniform = {path: torch.rand(draws, *plan.step(path).output, generator=generator) for path in rates}
    return {path: (uniform[path] >= rate).float() / (1 - rate) for path, rate in rates.items()}


def _forward(network: Network, image_NCHW: Tensor, masks: Mapping[str, Tensor]) -> Tensor:
    """The logits in evaluation mode, double on the CPU (N, classes), with these rows' outputs multiplied by masks
    (N, ...). One picture goes as far as the first mask, and only from there on as many."""
    with eval_without_grad(network):
        x = image_NCHW.to(device_of(network))
        for row in network.table.rows:
            x = network.get_submodule(row.name)(x)
            if row.name in masks:
                x = x * masks[row.name].to(x)
    return check_logits(x).double().cpu()
