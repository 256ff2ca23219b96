"""What makes a model's answers reliable: the temperature of its probabilities, and its distance from the training data.

The distance is that of Mahalanobis from the nearest class, of features with length 1 (Mueller, Hein: "Mahalanobis++",
ICML 2025; Lee et al.: "A Simple Unified Framework", NeurIPS 2018). The features of a picture are the means and standard
deviations of the maps of one row. A threshold on it is a quantile of validation pictures: split conformal (Vovk,
Gammerman, Shafer 2005; Angelopoulos, Bates 2021, section 1).
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from striate.analysis import trained_cost
from striate.errors import ModelError
from striate.nn.network import Network
from striate.tables import BatchNorm, Dropout, MaxPool, Plan

_SMALL, _LARGE = 30_000, 600_000
"""Numbers that a distance may have in a model file, whose header has bounds: a tenth of the parameters within these."""
_LEAST_LENGTH = 1e-12


@dataclass(frozen=True)
class FeatureDistance:
    """The distance from the training data, of features (N, K) of the row `row`, as `map_statistics` has them.

    `whitening` (K, K) is lower triangular: features of length 1 times it have the unit covariance within a class.
    `centres` (classes, K) are the classes' means, whitened.
    """

    row: str
    whitening: Tensor
    centres: Tensor

    def __call__(self, features: Tensor) -> Tensor:
        """The squared distance from the nearest class (N,).

        >>> distance = FeatureDistance("S4", torch.eye(2), torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
        >>> distance(torch.tensor([[2.0, 0.0], [-3.0, 0.0]])).round()
        tensor([0., 2.])
        """
        whitened = unit_length(features) @ self.whitening.T
        distances = torch.cdist(whitened, self.centres, compute_mode="donot_use_mm_for_euclid_dist")
        return distances.square().min(dim=1).values


@dataclass(frozen=True)
class Reliability:
    """What validation pictures say of a model's answers.

    `temperature` divides the logits. A picture is of none of the classes if its `distance` is above `threshold`, which
    a share of at most `false_alarms` of pictures like the training data is; None where there were too few pictures, or
    no maps. `sets` are thresholds of -log(probability) by the coverage that they give. `report` is what other
    validation pictures say of all this.
    """

    temperature: float
    distance: FeatureDistance | None = None
    false_alarms: float = 0.01
    threshold: float | None = None
    sets: Mapping[float, float] = field(default_factory=dict)
    report: Mapping[str, Any] = field(default_factory=dict)

    @property
    def row(self) -> str | None:
        """The row whose maps tell pictures of none of the classes; None if nothing does."""
        return None if self.distance is None or self.threshold is None else self.distance.row

    def none_of_these(self, features: Tensor) -> Tensor:
        """Whether each picture is less like the training data than a share of 1 - `false_alarms` of it: bool (N,)."""
        assert self.distance is not None and self.threshold is not None
        return self.distance(features) > self.threshold


class WithFeatures(nn.Module):
    """A network whose output (N, classes + K) is its logits and the features of one row."""

    def __init__(self, network: Network, row: str) -> None:
        super().__init__()
        self.network, self.row = network, row

    def forward(self, images_NCHW: Tensor) -> Tensor:
        """Images (N, channels, height, width) to logits and features."""
        x = images_NCHW
        for row in self.network.table.rows:
            x = self.network.get_submodule(row.name)(x)
            if row.name == self.row:
                features = map_statistics(x)
        return torch.cat([x, features], dim=1)


def map_statistics(maps_NCHW: Tensor) -> Tensor:
    """The features of maps: the mean of each, then the standard deviation of each (N, 2 C)."""
    means = maps_NCHW.mean(dim=(2, 3), keepdim=True)
    spreads = (maps_NCHW - means).square().mean(dim=(2, 3)).sqrt()
    return torch.cat([means.flatten(1), spreads], dim=1)


def unit_length(features: Tensor) -> Tensor:
    """Features (N, K) with length 1.

    >>> unit_length(torch.tensor([[3.0, 4.0]]))
    tensor([[0.6000, 0.8000]])
    """
    return functional.normalize(features, dim=1, eps=_LEAST_LENGTH)


def feature_row(plan: Plan) -> str | None:
    """The row whose maps are features: the last with more than one cell in a map that no engine merges with the next
    row, and whose distance is not too large for a model file. None if there is none.

    >>> from striate.tables import load_plan
    >>> feature_row(load_plan("lenet5")), feature_row(load_plan("resnet20"))
    ('S4', 'conv4_3')
    """
    found, most = None, min(max(_SMALL, trained_cost(plan).parameters // 10), _LARGE)
    for step, after in zip(plan.steps, plan.steps[1:], strict=False):
        is_kept = not isinstance(step.row, BatchNorm | Dropout) and not isinstance(after.row, BatchNorm | MaxPool)
        maps, *cells = step.output
        if is_kept and math.prod(cells) > 1 and 2 * maps * (plan.table.classes + maps) <= most:
            found = step.path
    return found


def reliability_to_dict(reliability: Reliability) -> dict[str, Any]:
    """As plain data: tensors are float32 in base64, of `whitening` the lower triangle row by row."""
    distance = reliability.distance
    return {
        "temperature": reliability.temperature,
        "false_alarms": reliability.false_alarms,
        "threshold": reliability.threshold,
        "sets": [[coverage, threshold] for coverage, threshold in reliability.sets.items()],
        "report": dict(reliability.report),
        "distance": distance
        and {
            "row": distance.row,
            "centres": _encode(distance.centres),
            "whitening": _encode(distance.whitening[_triangle(len(distance.whitening))]),
        },
    }


def reliability_from_dict(data: Any, plan: Plan) -> Reliability | None:
    """From plain data; None of a file without it. ModelError if it does not fit the plan."""
    if data is None:
        return None
    try:
        reliability = Reliability(
            float(data["temperature"]),
            _distance(data["distance"], plan),
            float(data["false_alarms"]),
            None if data["threshold"] is None else float(data["threshold"]),
            {float(coverage): float(threshold) for coverage, threshold in data["sets"]},
            dict(data["report"]),
        )
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ModelError(f"the metadata's reliability cannot be read: {error}") from None
    if not reliability.temperature > 0 or not 0 < reliability.false_alarms < 1:
        raise ModelError("the metadata's reliability: a temperature above 0 and a rate from 0 to 1 were expected")
    return reliability


def _distance(data: Any, plan: Plan) -> FeatureDistance | None:
    if data is None:
        return None
    if data["row"] != feature_row(plan):
        raise ValueError(f"row {data['row']!r} gives no features")
    features = 2 * plan.step(data["row"]).output[0]
    whitening = torch.zeros(features, features)
    whitening[_triangle(features)] = _decode(data["whitening"])
    return FeatureDistance(data["row"], whitening, _decode(data["centres"]).view(plan.table.classes, features))


def _triangle(size: int) -> tuple[Tensor, Tensor]:
    rows, columns = torch.tril_indices(size, size)
    return rows, columns


def _encode(numbers: Tensor) -> str:
    return base64.b64encode(numbers.float().contiguous().numpy().astype("<f4").tobytes()).decode()


def _decode(text: str) -> Tensor:
    numbers = torch.frombuffer(bytearray(base64.b64decode(text, validate=True)), dtype=torch.float32)
    if not numbers.isfinite().all():
        raise ValueError("a number is not finite")
    return numbers
