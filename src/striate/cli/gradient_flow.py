"""`striate inspect --gradient-flow`: how strong the gradient arrives at each layer, plain against residual."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from striate.cli.output import print_columns, print_json, print_text

if TYPE_CHECKING:
    from striate.inspection import GradientFlow, LayerGradient, SavedView


def show_gradient_flow(options: argparse.Namespace) -> None:
    """Measure, print, and draw where a directory is given."""
    from striate.tables import load_plan

    plans = [load_plan(name) for name in options.gradient_flow]

    from striate.inspection import gradient_flow

    flows = [gradient_flow(plan, seed=options.seed) for plan in plans]
    kept = _draw(flows, Path(options.out)) if options.out else None
    if options.json:
        picture = None if kept is None else str(kept.picture)
        print_json({"schema": 1, "seed": options.seed, "picture": picture, "networks": list(map(_json, flows))})
        return
    _print(flows)
    if kept:
        print_text(f"drawn in {kept.picture}, with words in {kept.picture.with_name('report.html')}")


def _draw(flows: list[GradientFlow], directory: Path) -> SavedView:
    from striate.inspection import save_view, write_html_report
    from striate.inspection.views.gradient_flow import gradient_flow_view

    directory.mkdir(parents=True, exist_ok=True)
    kept, tables = save_view(gradient_flow_view(flows), directory), [flow.table for flow in flows]
    write_html_report([kept], directory, f"The gradient in {', '.join(table.name for table in tables)}", tables)
    return kept


def _json(flow: GradientFlow) -> dict[str, Any]:
    return {"name": flow.table.name, "loss": flow.loss, "layers": [asdict(layer) for layer in flow.layers]}


def _print(flows: list[GradientFlow]) -> None:
    """A line for each layer, three columns for each network; then how the gradient changes on its way."""
    header: list[str] = []
    for number, flow in enumerate(flows):
        gap = " " * number  # tells the columns of one network from those of another
        header += [f"{gap}Depth", gap + flow.table.name, f"{gap}Gradient"]
    layers = zip_longest(*(flow.layers for flow in flows))
    lines = [tuple(cell for layer in line for cell in _cells(layer)) for line in layers]
    print_columns(header, lines, right=(*header[::3], *header[2::3]), hide_first=(*header[::3], *header[1::3]))
    for flow in flows:
        if flow.layers:
            first, last = flow.layers[0].gradient, flow.layers[-1].gradient
            print_text(
                f"{flow.table.name}: loss {flow.loss:.4g}; by the first layer's weights its gradient is"
                f" {_times(first, last)} that by the last's"
            )


def _times(first: float, last: float) -> str:
    return f"{first / last:.3g} times" if last else "not comparable with"


def _cells(layer: LayerGradient | None) -> tuple[str, str, str]:
    return ("", "", "") if layer is None else (str(layer.depth), layer.path, f"{layer.gradient:.3g}")
