"""Make the film of the lab page: a digit is drawn, cells light up, a sum opens, a kernel slides; in a real browser.

    python docs/film.py [LANGUAGE ...]

It is written to docs/pictures/lab/film-LANGUAGE.webp, an animated WebP of less than 3 MB. Every frame is a screenshot
of the page at rest, so that the film is the same on a fast machine and on a slow one. Needs what docs/lab.py needs.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from lab import LANGUAGES, PICTURES, serving
from PIL import Image
from playwright.sync_api import Locator, Page, expect

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from browser import browser, visit
from handwriting import STROKES

SIZE = (1024, 640)  # pixels of a frame; the page has 1280x800
MOVE_MS, LOOK_MS, READ_MS = (
    70,
    500,
    1900,
)  # how long a frame stays: the pointer moves, something lights up, text is read
MOST_BYTES = 3_000_000
DIGIT = 3

CURSOR = """() => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const arrow = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 16 24");
  arrow.setAttribute("d", "M1 1v17l4.2-3.8 2.9 6.6 3-1.3-2.9-6.5h5.6z");
  Object.assign(arrow.style, { fill: "#000", stroke: "#fff", strokeWidth: "1.3px" });
  Object.assign(svg.style, { position: "fixed", left: 0, top: 0, width: "22px", zIndex: 99, pointerEvents: "none" });
  svg.append(arrow);
  document.body.append(svg);
  addEventListener("pointermove", ({ clientX, clientY }) =>
    (svg.style.transform = `translate(${clientX}px, ${clientY}px)`), { capture: true });
}"""
"""A pointer in the page: a screenshot has none."""


@dataclass
class Film:
    """The frames of a page, and how long each stays."""

    page: Page
    frames: list[Image.Image] = field(default_factory=list)
    durations: list[int] = field(default_factory=list)
    at: tuple[float, float] = (640, 400)

    def shoot(self, duration: int) -> None:
        """One frame, when the page has answered."""
        expect(self.page.locator("[data-behind], [aria-busy=true]")).to_have_count(0)
        image = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
        self.frames.append(image.resize(SIZE, Image.Resampling.LANCZOS))
        self.durations.append(duration)

    def move(self, to: tuple[float, float], steps: int = 5) -> None:
        """Move the pointer there, slower at the ends."""
        (x, y), (to_x, to_y) = self.at, to
        for step in range(1, steps + 1):
            share = step / steps
            share = share * share * (3 - 2 * share)
            self.page.mouse.move(x + share * (to_x - x), y + share * (to_y - y))
            self.shoot(MOVE_MS)
        self.at = to

    def click(self, target: Locator, steps: int = 5) -> None:
        """Move to the middle of an element and click it."""
        self.move(place(target, 0.5, 0.5), steps)
        self.page.mouse.down()
        self.page.mouse.up()

    def save(self, path: Path) -> None:
        """Write the film; an error if it is too large for a README."""
        first, *others = self.frames
        compression = {"quality": 70, "method": 4, "kmax": 60}
        first.save(path, save_all=True, append_images=others, duration=self.durations, loop=0, **compression)
        assert path.stat().st_size < MOST_BYTES, path.stat().st_size


def place(target: Locator, x: float, y: float) -> tuple[float, float]:
    """A place in an element, as shares of its width and height."""
    box = target.bounding_box()
    assert box is not None
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def draw(film: Film) -> None:
    """A digit, stroke by stroke: the network follows the pen."""
    pad = film.page.locator("canvas.pad")
    for stroke in STROKES[DIGIT]:
        points = [place(pad, 0.2 + 0.6 * x, 0.12 + 0.76 * y) for x, y in _thinned(stroke)]
        film.move(points[0])
        film.page.mouse.down()
        for point in points[1:]:
            film.move(point, steps=1)
        film.page.mouse.up()
    film.shoot(READ_MS)


def _thinned(stroke: list[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Each second point, and the last."""
    yield from stroke[::2]
    if len(stroke) % 2 == 0:
        yield stroke[-1]


def look(film: Film) -> None:
    """Point at cells of one column after the other, and open the sum of one."""
    cells = (
        ("C1", 0.5, 0.24),
        ("C1", 0.6, 0.27),
        ("S2", 0.5, 0.58),
        ("C3", 0.45, 0.30),
        ("C3", 0.5, 0.47),
        ("F6", 0.5, 0.4),
    )
    for before, (path, x, y) in pairwise((("", 0.0, 0.0), *cells)):
        film.move(place(film.page.locator(f"[data-tiles='{path}']"), x, y), steps=4 if before[0] == path else 6)
        film.shoot(LOOK_MS)
    film.move(place(film.page.locator("[data-tiles='C1']"), 0.62, 0.42), steps=7)
    film.page.mouse.down()
    film.page.mouse.up()
    expect(film.page.locator(".unit-panel")).to_be_visible()
    film.shoot(READ_MS)


def slide(film: Film) -> None:
    """In Layers the kernel slides over the input, and its output grows cell by cell."""
    page = film.page
    film.click(page.locator(".unit-panel a"))
    expect(page.locator("#layers-row")).to_have_value("C1")
    expect(page.locator(".sheet .tiles canvas")).to_be_visible()
    film.shoot(LOOK_MS)
    page.locator(".kernel-animation").evaluate("element => element.scrollIntoView({ block: 'end' })")
    controls = page.get_by_role("group", name="Slide the kernel").or_(page.get_by_role("group", name="커널 이동"))
    play, step = controls.get_by_role("button").first, controls.get_by_role("button").nth(2)
    film.click(play)  # it begins where the picture has ink
    page.mouse.down()
    page.mouse.up()
    film.shoot(LOOK_MS)
    film.move(place(step, 0.5, 0.5))
    for _ in range(34):
        for _ in range(9):
            page.mouse.down()
            page.mouse.up()
        film.shoot(MOVE_MS)
    film.shoot(READ_MS)


def main() -> None:
    """Make the film in all languages, or in those that are named."""
    languages = sys.argv[1:] or list(LANGUAGES)
    with tempfile.TemporaryDirectory() as runs, serving(Path(runs)) as address, browser() as chromium:
        for language in languages:
            with visit(chromium, address, locale=LANGUAGES[language]) as page:
                expect(page.locator("#view:not([data-behind]) .bars li").first).to_be_visible()
                page.locator("#clear").click()
                page.evaluate(CURSOR)
                film = Film(page)
                film.move(film.at, steps=1)
                draw(film)
                look(film)
                slide(film)
                film.save(PICTURES / f"film-{language}.webp")
                print(f"film-{language}.webp: {len(film.frames)} frames, {sum(film.durations) / 1000:.0f} s")


if __name__ == "__main__":
    main()
