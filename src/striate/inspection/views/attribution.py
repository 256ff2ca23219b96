"""Which pixels an answer rests on, four ways, beside the picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from striate.inspection.attribution import Attribution, AttributionMethod
from striate.inspection.sample import Sample
from striate.inspection.views.style import SMALL, TEXT, new_figure, show_picture, show_signed
from striate.inspection.views.view import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NAMES: dict[AttributionMethod, str] = {
    "saliency": "saliency",
    "integrated_gradients": "integrated gradients",
    "occlusion": "occlusion",
    "grad_cam": "Grad-CAM",
}
_SAYS: dict[AttributionMethod, str] = {
    "saliency": "how much the logit moves when a pixel does, whichever way (Simonyan et al. 2013)",
    "integrated_gradients": "each pixel's share of the logit, from nothing to the picture; red speaks for the class,"
    " blue against it (Sundararajan et al. 2017)",
    "occlusion": "how far the logit falls when a patch is covered (Zeiler and Fergus 2014)",
    "grad_cam": "the maps of a late row, each weighed by how much the class gains by it (Selvaraju et al. 2017)",
}


def attribution_view(seen: Sample, found: Sequence[Attribution], name: str, left_out: float) -> View:
    """Attributions of one picture to one class; `left_out` is what integrated gradients miss of the logit."""
    words = (
        f"What speaks for “{name}” in {seen.name}. Four methods, four questions; where they agree, the answer can be"
        " trusted to rest there.",
        *(f"{_title(one)}: {_SAYS[one.method]}." for one in found),
        "Integrated gradients add up to how far the logit rises from nothing to this picture, but for"
        f" {abs(left_out):.2g}, the error of so many steps.",
    )
    numbers = {"class": name, "left_out": left_out, "strongest": {one.method: _strongest(one) for one in found}}
    grad_cam = [one.path for one in found if one.path]
    numbers |= {"grad_cam_row": grad_cam[0]} if grad_cam else {}
    return View("attribution", f"Why “{name}”", words, attribution_figure(seen, found), numbers)


def attribution_figure(seen: Sample, found: Sequence[Attribution]) -> Figure:
    """The picture, and a panel for each attribution."""
    height, width = seen.fitted_CHW.shape[1:]
    figure = new_figure(0.7 + 1.75 * height / width)
    axes = figure.subplots(1, 1 + len(found))
    show_picture(axes[0], seen.fitted_CHW.numpy())
    axes[0].set_title("the picture", y=1, fontsize=TEXT)
    for axis, one in zip(axes[1:], found, strict=True):
        _panel(axis, seen, one)
        axis.set_title(_title(one), y=1, fontsize=TEXT if len(_title(one)) < 22 else SMALL)
    return figure


def _panel(axis: Axes, seen: Sample, one: Attribution) -> None:
    values = one.summed
    if one.method in ("integrated_gradients", "occlusion"):
        # A few pixels are far stronger than all others: the scale ends at the 99.5th percentile.
        show_signed(axis, values, float(np.quantile(np.abs(values), 0.995)) or None)
        return
    axis.set_axis_off()
    if one.method == "grad_cam":
        axis.imshow(seen.fitted_CHW.float().mean(dim=0).numpy(), cmap="gray", vmin=0, vmax=255)
        axis.imshow(values, cmap="inferno", alpha=0.65)
    else:
        axis.imshow(values, cmap="inferno", vmin=0, vmax=float(np.quantile(values, 0.995)) or None)


def _title(one: Attribution) -> str:
    return _NAMES[one.method] + (f", {one.path}" if one.path else "")


def _strongest(one: Attribution) -> list[int]:
    """Row and column of the pixel that counts most."""
    return [int(i) for i in np.unravel_index(int(one.summed.argmax()), one.summed.shape)]
