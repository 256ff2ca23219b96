"""A network drawn as SVG, as the papers draw it."""

from striate.drawing.svg import draw_svg

__all__ = [
    "draw_svg",
]
