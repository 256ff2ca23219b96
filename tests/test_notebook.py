"""The diagram of a notebook: its module in Chromium, as anywidget loads it; its traits in Python."""

import base64
import json

import pytest
from browser import browser, visit

from striate.models import load_samples
from striate.notebook import NetworkDiagram

HOST = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><div id="cell"></div><script type="module">
  import widget from "data:text/javascript;base64,ESM";
  const bytes = (text) => new DataView(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
  const traits = STATE;
  traits._picture = bytes(traits._picture);
  const listeners = new Map();
  window.saved = [];
  window.setPicture = (text) => { traits._picture = bytes(text); listeners.get("change:_picture")?.(); };
  window.remove = widget.render({ el: document.getElementById("cell"), model: {
    get: (name) => traits[name],
    set: (name, value) => { traits[name] = value; },
    save_changes: () => window.saved.push([traits.row, traits.unit]),
    on: (event, listener) => listeners.set(event, listener),
    off: (event) => listeners.delete(event),
  } });
</script>"""
"""A notebook's side of anywidget's contract: `render({ model, el })`."""


@pytest.fixture(scope="module")
def chromium():
    with browser() as running:
        yield running


def hosted(diagram, folder):
    """The address of a page that shows a diagram as a notebook does."""
    state = {"_page": diagram._page, "_picture": base64.b64encode(diagram._picture).decode(), "row": "", "unit": []}
    esm = base64.b64encode(diagram._esm.encode()).decode()
    page = HOST.replace("ESM", esm).replace("STATE", json.dumps(state).replace("<", "\\u003c"))
    page += f"<style>{diagram._css}</style>"
    path = folder / "notebook.html"
    path.write_text(page, encoding="utf-8", newline="\n")
    return path.as_uri()


def digit(number):
    return next(sample.path for sample in load_samples("digits") if sample.label == str(number))


def test_the_diagram_follows_the_picture_and_says_which_unit_is_opened(chromium, tmp_path):
    diagram = NetworkDiagram("lenet5", digit(4))
    with visit(chromium, hosted(diagram, tmp_path), base=tmp_path.as_uri()) as page:
        frame = page.frame_locator("iframe.striate-diagram")
        frame.locator(".prediction", has_text="4").wait_for()
        frame.locator("[data-tiles=C3]").click(position={"x": 5, "y": 5})
        frame.locator(".unit-panel").get_by_text("C3").first.wait_for()
        row, unit = page.evaluate("saved.at(-1)")
        assert (row, len(unit)) == ("C3", 3)
        diagram.picture = digit(7)
        page.evaluate("text => setPicture(text)", base64.b64encode(diagram._picture).decode())
        frame.locator(".prediction", has_text="7").wait_for()
        frame.locator(".unit-panel .close").click()
        page.wait_for_function("saved.length === 2")
        assert page.evaluate("saved.at(-1)") == ["", []]
