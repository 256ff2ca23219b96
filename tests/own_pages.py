"""Pages that carry everything in themselves, as tests open them."""

import contextlib
from pathlib import Path

from browser import visit

ANSWERS = {
    "draw": ".bars .probability",
    "layers": ".arithmetic .formula.number",
    "stress": ".stable-range",
    "table": ".totals",
    "train": ".train-form .primary",
    "filters": ".sum output",
    "cortex": ".roses .selectivity",
    "why": ".extremes",
    "instruments": ".cards .card",
    "lessons": ".contents .title",
}
"""Of each view, something of its answer."""
VIEWS = tuple(ANSWERS)
HOSTILE = (
    "</script><script>wrong=1</script>",
    "<img src=x onerror=wrong=1>",
    "<!--",
    "고양이 \U0001f408",
    "\"'`${wrong}",
)
"""Names of classes."""


def address(written):
    """Where a browser finds a page on the disk."""
    return Path(written.path).as_uri()


@contextlib.contextmanager
def opened(running, written, **options):
    """A page of the disk; it fails if the page asks anybody, or says anything in the console."""
    with visit(running, address(written), base=Path(written.path).parent.as_uri(), **options) as page:
        yield page
