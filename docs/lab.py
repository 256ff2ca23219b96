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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from browser import SIZES, browser, visit

PICTURES = Path(__file__).parent / "pictures" / "lab"
LANGUAGES = {"en": "en-US", "ko": "ko"}
RUNS = ({"table": "lenet5:modern"}, {"table": "lenet5", "batch_size": 16})


@contextmanager
def serving(runs: Path) -> Iterator[str]:
    """The address of a server in a process of its own, with two finished runs."""
    command = [sys.executable, "-m", "striate", "serve", "--port", "0", "--json", "--runs", str(runs)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout is not None
        try:
            address = json.loads(process.stdout.readline())["address"]
            for run in RUNS:
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


def _layers(page: Page) -> None:
    expect(page.locator(".row canvas").first).to_be_visible()


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
    page.locator("#play").click()
    page.wait_for_timeout(6000)


def _why(page: Page) -> None:
    expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=60_000)


PREPARE: dict[str, Callable[[Page], None]] = {
    "draw": _draw,
    "layers": _layers,
    "stress": _stress,
    "table": _table,
    "train": _train_view,
    "filters": _filters,
    "cortex": _cortex,
    "why": _why,
}
"""The actions in each view before the screenshot."""


def main() -> None:
    """Take the pictures of all views, or of the views that are named."""
    views = sys.argv[1:] or list(PREPARE)
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as runs, serving(Path(runs)) as address, browser() as chromium:
        for language, locale in LANGUAGES.items():
            for size in SIZES:
                with visit(chromium, address, size=size, locale=locale) as page:
                    for view in views:
                        page.goto(f"{address}/#{view}")
                        page.locator(f"#view.view-{view} h1").wait_for(state="attached")
                        page.wait_for_timeout(1500)
                        PREPARE[view](page)
                        page.wait_for_timeout(1000)
                        page.screenshot(path=PICTURES / f"{view}-{language}-{size}.png", full_page=True)


if __name__ == "__main__":
    main()
