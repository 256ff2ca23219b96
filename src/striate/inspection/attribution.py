"""Which pixels a prediction depends on: saliency, integrated gradients, occlusion and Grad-CAM, by captum.

The logit of a class is attributed. For an RBF output the logit is minus the distance from the class's prototype.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, assert_never, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from striate.analysis import total_cost
from striate.data import normalize
from striate.errors import StriateError
from striate.inspection.hooks import eval_without_grad, record_activations
from striate.nn import Network, device_of
from striate.tables import Add, BatchNorm, Concat, Conv, Plan, Table

AttributionMethod = Literal["saliency", "integrated_gradients", "occlusion", "grad_cam"]
ATTRIBUTION_METHODS: tuple[AttributionMethod, ...] = get_args(AttributionMethod)
_STEPS, _SLOW_STEPS, _SLOW_MACS = 200, 24, 1e8
"""Steps of integrated gradients from the baseline to the picture, and where the network is slow. LeNet-5's saturated
tanh needs many: of a logit's rise by 220, 24 steps miss 19, 50 miss 1, 200 miss nothing."""
_SAME = 1e-4
"""Cells whose values differ by less than this share of the largest are the same, but for rounding."""
ATTRIBUTION_BATCH_SIZE = 16
"""Images in one forward pass of integrated gradients and of occlusion."""


@dataclass(frozen=True)
class Attribution:
    """The attribution of each pixel to a class, (channels, height, width) of the input; Grad-CAM has one channel.

    Saliency and Grad-CAM are not negative; the others are below zero where a pixel lowers the class's logit. `path` is
    the row whose maps Grad-CAM weighted.
    """

    method: AttributionMethod
    target: int
    values_CHW: NDArray[np.float32]
    path: str | None = None

    @property
    def summed(self) -> NDArray[np.float32]:
        """The sum over the channels (height, width)."""
        return np.asarray(self.values_CHW.sum(axis=0), dtype=np.float32)


def default_layer(plan: Plan) -> str:
    """The row whose maps Grad-CAM weights: the last, at the table's top level, that makes maps of more than one cell.

    Pooling and dropout do not count. Source: Selvaraju et al. 2017, section 3, "the last convolutional layer"
    as the best compromise between semantics and location. StriateError if there is none.

        >>> from striate.tables import load_plan
        >>> [default_layer(load_plan(name)) for name in ("lenet5", "alexnet", "googlenet", "resnet50")]
        ['C3', 'C7', 'inception_5b', 'conv5_3']
    """
    if (path := _last_maps(plan)) is None:
        raise StriateError(f"table {plan.table.name}: has no maps of more than one cell, which Grad-CAM needs")
    return path


def attribution_methods(plan: Plan) -> tuple[AttributionMethod, ...]:
    """The methods that apply to a plan: all, or all but Grad-CAM where there are no maps."""
    return (
        ATTRIBUTION_METHODS
        if _last_maps(plan)
        else tuple(method for method in ATTRIBUTION_METHODS if method != "grad_cam")
    )


def _last_maps(plan: Plan) -> str | None:
    for step in reversed(plan.steps):
        if isinstance(step.row, Conv | Concat | Add | BatchNorm) and len(step.output) == 3 and max(step.output[1:]) > 1:
            return step.path
    return None


def baseline_input(table: Table) -> Tensor:
    """The baseline of an attribution, normalized (1, channels, 1, 1): black, or the mean of the training images.

    Black where the table's pictures are light on dark; elsewhere black is a colour like any other.
    """
    if table.preprocessing.light_on_dark:
        return normalize(torch.zeros(1, table.input[0], 1, 1, dtype=torch.uint8), table.preprocessing)
    return torch.zeros(1, table.input[0], 1, 1)


def evident_pixels(network: Network, image_NCHW: Tensor, path: str | None = None) -> NDArray[np.bool_]:
    """The pixels (height, width) under the cells of a row's maps that differ from those for the baseline.

    Grad-CAM weights a row's maps, which are not 0 for an empty picture either: over a bare background it has values
    that say nothing of this picture. `path` is as for `attribute`. StriateError if there is no such row, or it has no
    maps.

        >>> from striate.nn import build
        >>> network = build("lenet5", seed=0)
        >>> bool(evident_pixels(network, baseline_input(network.table).expand(1, 1, 32, 32)).any())
        False
    """
    row = _maps_row(network.plan, path)
    pictures = torch.cat([baseline_input(network.table).expand_as(image_NCHW), image_NCHW])
    empty_CHW, maps_CHW = record_activations(network, pictures.to(device_of(network)), [row])[row].output.float().cpu()
    differs_HW = (maps_CHW - empty_CHW).abs().amax(dim=0) > _SAME * maps_CHW.abs().max()
    pixels = F.interpolate(differs_HW[None, None].float(), network.table.input[1:], mode="nearest")[0, 0]
    evident: NDArray[np.bool_] = pixels.numpy() > 0
    return evident


def attribute(
    network: Network,
    image_NCHW: Tensor,
    target: int,
    method: AttributionMethod,
    *,
    path: str | None = None,
) -> Attribution:
    """The attribution of each pixel of one normalized image (1, channels, height, width) to a class's logit.

    `path` is the row for Grad-CAM, `default_layer` if none is given. StriateError if there is no such row, or it has no
    maps.

        >>> from striate.nn import build
        >>> network = build("lenet5", seed=0)
        >>> attribute(network, torch.zeros(1, 1, 32, 32), 7, "saliency").summed.shape
        (32, 32)
    """
    row = _maps_row(network.plan, path) if method == "grad_cam" else None
    image_NCHW = image_NCHW.detach().clone().to(device_of(network)).requires_grad_()
    with eval_without_grad(network):
        values_NCHW = _by_captum(network, image_NCHW, target, method, row)
    return Attribution(method, target, values_NCHW.detach()[0].float().cpu().numpy(), row)


def _maps_row(plan: Plan, path: str | None) -> str:
    """The row whose maps Grad-CAM weights: this one, or the default."""
    path = path or default_layer(plan)
    if len(plan.step(path).output) != 3:
        raise StriateError(f"row {path}: its units have no row and column, which Grad-CAM needs")
    return path


def _by_captum(network: Network, image_NCHW: Tensor, target: int, method: AttributionMethod, row: str | None) -> Tensor:
    """The attribution by captum's class of this method (1, channels, height, width); `row` is that of Grad-CAM."""
    from captum.attr import IntegratedGradients, LayerAttribution, LayerGradCam, Occlusion, Saliency

    baseline = baseline_input(network.table).to(image_NCHW.device).expand_as(image_NCHW)
    values: Tensor
    match method:
        case "saliency":
            values = Saliency(network).attribute(image_NCHW, target=target)
        case "integrated_gradients":
            values = IntegratedGradients(network).attribute(
                image_NCHW,
                baseline,
                target=target,
                n_steps=integration_steps(network.plan),
                internal_batch_size=ATTRIBUTION_BATCH_SIZE,
            )
        case "occlusion":
            window, strides = occlusion_window(network.table)
            with torch.no_grad():
                values = Occlusion(network).attribute(
                    image_NCHW,
                    window,
                    strides,
                    baseline,
                    target=target,
                    perturbations_per_eval=ATTRIBUTION_BATCH_SIZE,
                )
        case "grad_cam":
            assert row is not None
            cam = LayerGradCam(network, network.get_submodule(row))
            weighted = cam.attribute(image_NCHW, target=target, relu_attributions=True)
            values = LayerAttribution.interpolate(weighted, network.table.input[1:], "bilinear")
        case _:
            assert_never(method)
    return values


def integration_steps(plan: Plan) -> int:
    """The number of steps of integrated gradients.

    >>> from striate.tables import load_plan
    >>> integration_steps(load_plan("lenet5")), integration_steps(load_plan("resnet50"))
    (200, 24)
    """
    return _STEPS if total_cost(plan).macs < _SLOW_MACS else _SLOW_STEPS


def occlusion_window(table: Table) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """(channels, height, width) of the patch that occludes a part of the picture, and of its stride: about 64 places.

    >>> from striate.tables import load_table
    >>> occlusion_window(load_table("lenet5")), occlusion_window(load_table("resnet50"))
    (((1, 6, 6), (1, 4, 4)), ((3, 44, 44), (3, 29, 29)))
    """
    channels, *sides = table.input
    height, width = (max(1, side // 5) for side in sides)
    return (channels, height, width), (channels, max(1, 2 * height // 3), max(1, 2 * width // 3))


def completeness_gap(network: Network, image_NCHW: Tensor, attribution: Attribution) -> float:
    """The completeness error of integrated gradients: the rise of the logit from the baseline, minus their sum.

    In theory 0 (Sundararajan et al. 2017, proposition 1); it is the error of the finite number of steps.
    """
    pictures = torch.cat([baseline_input(network.table).expand_as(image_NCHW), image_NCHW]).to(device_of(network))
    with eval_without_grad(network), torch.no_grad():
        before, after = network(pictures)[:, attribution.target].tolist()
    return float(after - before - attribution.values_CHW.sum())
