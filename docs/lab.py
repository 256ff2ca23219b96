"""Make the pictures of the lab page: every view, in both languages and two sizes, in a real browser.

    python docs/lab.py [VIEW ...]

They are written to docs/pictures/lab/VIEW-LANGUAGE-SIZE.png. Chromium and a Korean font are required (Debian's packages
chromium and fonts-noto-cjk).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from browser import browser, visit

PICTURES = Path(__file__).parent / "pictures" / "lab"
LANGUAGES = {"en": "en-US", "ko": "ko"}
SHOWN = ("wide", "narrow")
RUNS = ({"table": "lenet5:modern"}, {"table": "lenet5", "batch_size": 16})


@contextmanager
def serving(runs: Path, trainings: Iterable[dict[str, Any]] = ()) -> Iterator[str]:
    """The address of a server in a process of its own, with these runs finished."""
    command = [sys.executable, "-m", "striate", "serve", "--port", "0", "--json", "--runs", str(runs)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout is not None
        try:
            address = json.loads(process.stdout.readline())["address"]
            for run in trainings:
                _train(address, run)
            yield address
        finally:
            process.terminate()


def _train(address: str, run: dict[str, Any]) -> None:
    body = json.dumps({"data": "digits", "epochs": 12, "replay": 12, **run}).encode()
    request = urllib.request.Request(f"{address}/lab/runs", body, {"Content-Type": "application/json"})
    name = json.load(urllib.request.urlopen(request))["name"]
    while json.load(urllib.request.urlopen(f"{address}/lab/run?name={name}"))["state"] != "finished":
        time.sleep(1)


def _draw(page: Page) -> None:
    expect(page.locator("#view:not([data-behind]) .bars li").first).to_be_visible()
    for column in page.locator(".diagram .column").all():  # maps are painted when they come into sight
        column.scroll_into_view_if_needed()
    page.evaluate("scrollTo(0, 0)")
    box = page.locator('[data-tiles="C3"]').bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.47 * box["height"])


def _layers(page: Page) -> None:
    page.locator("#layers-row").select_option("C3")
    expect(page.locator(".sheet .tiles canvas")).to_be_visible()


def _stress(page: Page) -> None:
    page.locator("#view input[type=range]").nth(2).fill("-30")


def _table(page: Page) -> None:
    page.locator("tr.line td.column-kernel input").first.fill("3")
    page.locator("#table-second").select_option("name:lenet5:3x3")


def _train_view(page: Page) -> None:
    for box in page.locator("#view input[type=checkbox]").all():
        box.check()
    page.locator("#train-replay-step").fill("7")
    expect(page.locator(".train-replay[aria-busy=false] .chart")).to_be_visible()


def _filters(page: Page) -> None:
    expect(page.locator("#view canvas").first).to_be_visible()


def _cortex(page: Page) -> None:
    page.get_by_role("button", name="Measure").or_(page.get_by_role("button", name="측정")).click()
    expect(page.locator(".stimuli strong")).to_have_count(2)


def _why(page: Page) -> None:
    expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=60_000)


def _instrument(page: Page) -> None:
    expect(page.locator(".instrument .main")).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def _lessons(page: Page) -> None:
    page.goto(page.url.partition("#")[0] + "#lessons?lesson=4&exercise=2&seed=7")
    expect(page.locator(".question")).to_be_visible()


PREPARE: dict[str, Callable[[Page], None]] = {
    "draw": _draw,
    "layers": _layers,
    "stress": _stress,
    "table": _table,
    "train": _train_view,
    "filters": _filters,
    "cortex": _cortex,
    "why": _why,
    "instruments/overlap": _instrument,
    "instruments/pooling": _instrument,
    "instruments/lrn": _instrument,
    "lessons": _lessons,
}
"""The actions in each view before the screenshot."""


def main() -> None:
    """Take the pictures of all views, or of the views that are named."""
    views = sys.argv[1:] or list(PREPARE)
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as runs, serving(Path(runs), RUNS) as address, browser() as chromium:
        for language, locale in LANGUAGES.items():
            for size in SHOWN:
                with visit(chromium, address, size=size, locale=locale) as page:
                    for view in views:
                        page.goto(f"{address}/#{view}")
                        page.locator(f"#view.view-{view.partition('/')[0]} h1").wait_for(state="attached")
                        page.wait_for_timeout(1500)
                        PREPARE[view](page)
                        page.wait_for_timeout(1000)
                        name = f"{view.replace('/', '-')}-{language}-{size}.png"
                        page.screenshot(path=PICTURES / name, full_page=True)


if __name__ == "__main__":
    main()
