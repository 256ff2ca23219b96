"""`striate inspect --gradient-flow`: the gradient at each layer, at initialization."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from striate.cli.output import print_columns, print_json, print_text
from striate.cli.table import plan_of

if TYPE_CHECKING:
    from striate.inspection import GradientFlow, LayerGradient
    from striate.inspection.views import SavedView


def show_gradient_flow(options: argparse.Namespace) -> None:
    """Measure and print; draw if a directory is given."""
    plans = list(map(plan_of, options.gradient_flow))

    from striate.inspection import gradient_flow

    flows = [gradient_flow(plan, seed=options.seed, device=options.device) for plan in plans]
    saved = _draw(flows, Path(options.out)) if options.out else None
    if options.json:
        picture = None if saved is None else str(saved.picture)
        print_json({"schema": 1, "seed": options.seed, "picture": picture, "networks": list(map(_json, flows))})
        return
    _print(flows, options.seed)
    if saved:
        print_text(f"drawn in {saved.picture}, explained in {saved.picture.with_name('report.html')}")


def _draw(flows: list[GradientFlow], directory: Path) -> SavedView:
    from striate.inspection.views import HtmlReport, gradient_flow_view, save_view, write_html_report

    directory.mkdir(parents=True, exist_ok=True)
    saved = save_view(gradient_flow_view(flows), directory)
    title = f"The gradient in {', '.join(flow.table.name for flow in flows)}"
    write_html_report(HtmlReport(title, tuple(flow.plan for flow in flows), (saved,)), directory)
    return saved


def _json(flow: GradientFlow) -> dict[str, Any]:
    return {"name": flow.table.name, "loss": flow.loss, "layers": [asdict(layer) for layer in flow.layers]}


def _print(flows: list[GradientFlow], seed: int) -> None:
    """A line for each layer with three columns for each network; then how the gradient changes over depth."""
    from striate.inspection import GRADIENT_IMAGES

    header: list[str] = []
    for number, flow in enumerate(flows):
        gap = " " * number  # distinguishes the columns of one network from those of another
        header += [f"{gap}Depth", gap + flow.table.name, f"{gap}Gradient"]
    layers = zip_longest(*(flow.layers for flow in flows))
    lines = [tuple(cell for layer in line for cell in _cells(layer)) for line in layers]
    print_columns(header, lines, right=(*header[::3], *header[2::3]), hide_first=header[::3])
    for flow in flows:
        if flow.layers:
            first, last = flow.layers[0], flow.layers[-1]
            print_text(
                f"{flow.table.name}: loss {flow.loss:.4g}; the gradient by the weights of {first.path} is"
                f" {_times(first.gradient, last.gradient)} that of {last.path}"
            )
    print_text(f"norms at initialization with seed {seed}, for one batch of {GRADIENT_IMAGES} random images")


def _times(first: float, last: float) -> str:
    return f"{first / last:.3g} times" if last else "not comparable with"


def _cells(layer: LayerGradient | None) -> tuple[str, str, str]:
    return ("", "", "") if layer is None else (str(layer.depth), layer.path, f"{layer.gradient:.3g}")
