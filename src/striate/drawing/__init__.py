"""Drawings of networks as SVG, in the style of the papers."""

from striate.drawing.svg import draw_svg

__all__ = [
    "draw_svg",
]
