"""The file in Firefox and in WebKit, opened from the disk: every view, drawing, the other language."""

import time

import pytest
from drivers import firefox, webkit
from own_pages import ANSWERS, address

SECONDS = 120
FOLLOW_ERRORS = """(() => {
    window.wrong = [];
    const told = console.error;
    console.error = (...words) => { wrong.push(words.join(" ")); told(...words); };
    addEventListener("error", ({ message }) => wrong.push(message));
    addEventListener("unhandledrejection", ({ reason }) => wrong.push(String(reason)));
})()"""
"""A browser whose driver does not hand on its console tells here what goes wrong from now on."""


def until(condition):
    """Wait until a condition holds."""
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.2)


@pytest.mark.parametrize("browser", [firefox, webkit], ids=["Firefox", "WebKit"])
def test_another_browser(written, tmp_path, browser):
    with browser(tmp_path) as driver:
        driver.visit(f"{address(written)}#draw?picture=digit:7&lang=en")
        driver.evaluate(FOLLOW_ERRORS)
        answer = "document.querySelector('#view:not([data-behind]) .prediction')?.textContent ?? ''"
        until(lambda: driver.evaluate(answer).startswith("7,"))
        for view, selector in ANSWERS.items():
            driver.evaluate(f"(location.hash = '#{view}')")
            shown = f"document.querySelector('#view.view-{view} {selector}')?.textContent.trim() ?? ''"
            until(lambda shown=shown: driver.evaluate(shown))
            until(lambda: driver.evaluate("!document.querySelector('[data-behind], [aria-busy=true]')"))
        until(lambda: driver.evaluate("document.querySelector('#proof button')?.textContent ?? ''").startswith("✓"))
        driver.evaluate(
            "(select => { select.value = 'ko'; select.dispatchEvent(new Event('change')); })(document.getElementById('language'))"
        )
        until(lambda: "그리기" in driver.evaluate("document.getElementById('views').textContent"))
        assert driver.evaluate("document.getElementById('notice').textContent") == ""
        assert driver.evaluate("document.documentElement.scrollWidth <= innerWidth")
        others = "performance.getEntriesByType('resource').map(({ name }) => name).filter(name => !/^(blob|data):/.test(name))"
        assert driver.evaluate(others) == []
        assert driver.errors == [] and driver.evaluate("wrong") == []
