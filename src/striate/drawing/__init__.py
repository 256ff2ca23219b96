"""Drawings of networks as SVG, in the style of the papers."""

from striate.drawing.svg import Element, draw_elements, draw_svg

__all__ = [
    "Element",
    "draw_elements",
    "draw_svg",
]
