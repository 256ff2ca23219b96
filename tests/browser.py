"""A real browser for tests of the lab page: Chromium where there is one, watched for errors and foreign requests."""

import contextlib
import functools
import os
import shutil
from pathlib import Path

import pytest
from node import node_modules

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
WAIT = 60_000  # ms: for whatever a page does, on a machine that does other things too
CAMERA = """navigator.mediaDevices.getUserMedia = async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 240 });
    const context = canvas.getContext("2d");
    setInterval(() => context.fillRect(40, 40, 60, 150), 50);
    const stream = canvas.captureStream(20);
    window.tracks = stream.getTracks();
    return stream;
};"""
"""A script of a page that stands in for a camera, whose tracks it keeps."""
SMALL_TARGETS = """() => [...document.querySelectorAll("button, select, input, summary, textarea, [tabindex='0'], #views a, .brand")]
  .filter((target) => target.checkVisibility() && target.type !== "file")
  .map((target) => [target.getBoundingClientRect(), target.outerHTML.slice(0, 120)])
  .filter(([box]) => box.width && box.height && (box.width < 23.9 || box.height < 23.9))
  .map(([box, markup]) => `${box.width.toFixed(1)} x ${box.height.toFixed(1)} ${markup}`)"""
"""The visible targets that a finger misses; links within text are exempt (WCAG 2.5.8)."""
SIZES = {"wide": (1280, 800), "tablet": (820, 1180), "narrow": (390, 844)}


@functools.cache
def found():
    """Where Chromium is: the system's, or Playwright's own. Without one the test is skipped, or fails where a browser
    was promised."""
    path = shutil.which("chromium") or _playwrights_own()
    if path is None:
        reason = "no Chromium: install Debian's package chromium, or run `playwright install chromium`"
        if os.environ.get("STRIATE_BROWSER") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def _playwrights_own():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


@contextlib.contextmanager
def browser():
    """Chromium, with a fresh profile."""
    path = found()
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=WAIT)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield running
        finally:
            running.close()


@contextlib.contextmanager
def visit(running, address, *, size="wide", locale="en-US", dark=False, allowed=(), init="", base=None):
    """A page of its own at the lab, English and light unless told otherwise. It fails if the page does what it must not.

    An error in the console, or a request to another host, is one; `allowed` are parts of messages that a test provokes.
    `init` is a script that runs before the page's own; `base` is where the page's files are, if not below its address.
    """
    width, height = SIZES[size]
    context = running.new_context(
        viewport={"width": width, "height": height}, locale=locale, color_scheme="dark" if dark else "light"
    )
    wrong = []
    page = context.new_page()
    page.set_default_timeout(WAIT)
    if init:
        page.add_init_script(init)
    page.on("console", lambda message: message.type in ("error", "warning") and wrong.append(_told(message)))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "request", lambda request: _is_own(request.url, base or address) or wrong.append(f"request to {request.url}")
    )
    try:
        page.goto(address)
        yield page
    finally:
        context.close()
    unexpected = [line for line in wrong if not any(part in line for part in allowed)]
    assert not unexpected, unexpected


def _told(message):
    return f"{message.text} ({message.location['url']})"


def _is_own(url, address):
    return url.startswith((address.partition("#")[0].rstrip("/") + "/", "data:", "blob:"))


def violations(page):
    """What axe-core finds wrong by WCAG 2 A and AA, contrast included, in a line each."""
    if not page.evaluate("'axe' in window"):
        page.evaluate((node_modules() / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] })")
    return [
        f"{each['id']}: {node['html'][:150]} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]
