"""GET and POST /lab/instruments/NAME: the numbers of each small instrument, a module for each."""

from __future__ import annotations

from starlette.routing import Route

from striate.web.lab.instruments import (
    augmentation,
    dropout,
    gradient_flow,
    learned_filter,
    lrn,
    overlap,
    pooling,
    residual,
)
from striate.web.lab.lab import Lab

_INSTRUMENTS = (overlap, learned_filter, pooling, lrn, dropout, augmentation, residual, gradient_flow)


def routes(lab: Lab) -> list[Route]:
    """The routes of all instruments."""
    return [route for instrument in _INSTRUMENTS for route in instrument.routes(lab)]
