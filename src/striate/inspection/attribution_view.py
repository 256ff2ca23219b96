"""The picture and the words of `attribute`: four methods beside the picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from striate.inspection.attribution import Attribution, AttributionMethod
from striate.inspection.plotting import SMALL, TEXT, new_figure, show_picture, show_signed
from striate.inspection.sample import Sample
from striate.inspection.view import View

_NAMES: dict[AttributionMethod, str] = {
    "saliency": "saliency",
    "integrated_gradients": "integrated gradients",
    "occlusion": "occlusion",
    "grad_cam": "Grad-CAM",
}
_DESCRIPTIONS: dict[AttributionMethod, str] = {
    "saliency": "how much the logit changes with a pixel, in either direction (Simonyan et al. 2013)",
    "integrated_gradients": "each pixel's share of the rise of the logit from the baseline to the picture; red raises"
    " it, blue lowers it (Sundararajan et al. 2017)",
    "occlusion": "how far the logit falls when a patch is occluded (Zeiler and Fergus 2014)",
    "grad_cam": "the maps of a late row, each weighted by the gradient of the logit (Selvaraju et al. 2017)",
}


def attribution_view(sample: Sample, attributions: Sequence[Attribution], name: str, gap: float) -> View:
    """Attributions of one picture to one class; `gap` is the `completeness_gap` of integrated gradients."""
    words = (
        f"Which pixels of {sample.name} the prediction “{name}” depends on. The methods measure different things; where"
        " they agree, the prediction depends on these pixels.",
        *(f"{_title(attribution)}: {_DESCRIPTIONS[attribution.method]}." for attribution in attributions),
        "Integrated gradients add up to the rise of the logit from the baseline to this picture, except for"
        f" {abs(gap):.2g}, the error of the finite number of steps.",
    )
    numbers = {
        "class": name,
        "left_out": gap,
        "strongest": {attribution.method: _strongest(attribution) for attribution in attributions},
    }
    grad_cam = [attribution.path for attribution in attributions if attribution.path]
    numbers |= {"grad_cam_row": grad_cam[0]} if grad_cam else {}
    return View(
        "attribution", f"Pixels that “{name}” depends on", words, attribution_figure(sample, attributions), numbers
    )


def attribution_figure(sample: Sample, attributions: Sequence[Attribution]) -> Figure:
    """The picture, and a panel for each attribution."""
    height, width = sample.fitted_CHW.shape[1:]
    figure = new_figure(0.7 + 1.75 * height / width)
    axes = figure.subplots(1, 1 + len(attributions))
    show_picture(axes[0], sample.fitted_CHW.numpy())
    axes[0].set_title("the picture", y=1, fontsize=TEXT)
    for axis, attribution in zip(axes[1:], attributions, strict=True):
        _panel(axis, sample, attribution)
        axis.set_title(_title(attribution), y=1, fontsize=TEXT if len(_title(attribution)) < 22 else SMALL)
    return figure


def _panel(axis: Axes, sample: Sample, attribution: Attribution) -> None:
    values = attribution.summed
    if attribution.method in ("integrated_gradients", "occlusion"):
        # A few pixels are far stronger than all others: the scale ends at the 99.5th percentile.
        show_signed(axis, values, float(np.quantile(np.abs(values), 0.995)) or None)
        return
    axis.set_axis_off()
    if attribution.method == "grad_cam":
        axis.imshow(sample.fitted_CHW.float().mean(dim=0).numpy(), cmap="gray", vmin=0, vmax=255)
        axis.imshow(values, cmap="inferno", alpha=0.65)
    else:
        axis.imshow(values, cmap="inferno", vmin=0, vmax=float(np.quantile(values, 0.995)) or None)


def _title(attribution: Attribution) -> str:
    return _NAMES[attribution.method] + (f", {attribution.path}" if attribution.path else "")


def _strongest(attribution: Attribution) -> list[int]:
    """Row and column of the pixel with the largest attribution."""
    return [int(i) for i in np.unravel_index(int(attribution.summed.argmax()), attribution.summed.shape)]
