"""The diagram of a notebook in a browser: its module as anywidget loads it, in a page that stands in for a notebook."""

import base64
import json

import pytest
from browser import visit
from networks import with_statistics
from own_pages import HOSTILE
from playwright.sync_api import expect

from striate.inference import Predictor
from striate.models import load_samples
from striate.nn import Model, build
from striate.web import diagram_html, diagram_widget

NOTEBOOK = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>notebook</title>
<style>iframe { width: 100%; height: 600px; border: 0 }</style><div id="cell"></div><script type="module">
  import widget from "data:text/javascript;base64,WIDGET";
  const traits = TRAITS, listeners = new Map();
  const bytes = (text) => new DataView(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
  traits._picture = bytes(traits._picture);
  window.saved = [];
  window.setPicture = (text) => { traits._picture = bytes(text); listeners.get("change:_picture")?.(); };
  window.left = () => listeners.size;
  window.remove = widget.render({ el: document.getElementById("cell"), model: {
    get: (name) => traits[name],
    set: (name, value) => { traits[name] = value; },
    save_changes: () => window.saved.push([traits.row, traits.unit]),
    on: (event, listener) => listeners.set(event, listener),
    off: (event, listener) => listeners.get(event) === listener && listeners.delete(event),
  } });
</script>"""
"""A notebook's side of anywidget's contract: `render({ model, el })`, and what it returns removes it."""
DIGITS = {sample.label: sample.path.read_bytes() for sample in load_samples("digits")}


def encoded(content):
    return base64.b64encode(content).decode("ascii")


@pytest.fixture
def notebook(chromium, tmp_path):
    """A function that opens a notebook with a diagram: a page whose console must stay empty."""

    def opened(name, predictor, picture, **options):
        traits = {"_page": diagram_html(name, predictor), "_picture": encoded(picture), "row": "", "unit": []}
        text = NOTEBOOK.replace("WIDGET", encoded(diagram_widget().encode()))
        path = tmp_path / "notebook.html"
        path.write_text(
            text.replace("TRAITS", json.dumps(traits).replace("<", "\\u003c")), encoding="utf-8", newline="\n"
        )
        return visit(chromium, path.as_uri(), base=tmp_path.as_uri(), **options)

    return opened


@pytest.mark.parametrize("options", [{}, {"size": "narrow", "dark": True}], ids=["wide", "narrow"])
def test_the_diagram_follows_the_picture_and_says_which_unit_is_open(notebook, predictor, options):
    with notebook("lenet5", predictor, DIGITS["4"], **options) as page:
        frame = page.frame_locator("iframe.striate-diagram")
        expect(frame.locator(".prediction")).to_contain_text("4")
        frame.locator("[data-tiles=C3]").click(position={"x": 5, "y": 5})
        expect(frame.locator(".unit-panel")).to_contain_text("C3")
        row, unit = page.evaluate("saved.at(-1)")
        assert (row, len(unit)) == ("C3", 3)
        page.evaluate("text => setPicture(text)", encoded(DIGITS["7"]))
        expect(frame.locator(".prediction")).to_contain_text("7")
        frame.locator(".unit-panel .close").click()
        page.wait_for_function("saved.length === 2")
        assert page.evaluate("saved.at(-1)") == ["", []]
        page.evaluate("remove()")
        assert page.evaluate("left()") == 0


def test_without_a_picture_the_network_stands_there_and_names_stay_text(notebook):
    network = with_statistics(build("lenet5:tiny", seed=0)).eval()
    classes = (*HOSTILE, *map(str, range(network.table.classes)))[: network.table.classes]
    with notebook(HOSTILE[1], Predictor(Model(network, classes, {}, {})), b"") as page:
        frame = page.frame_locator("iframe.striate-diagram")
        expect(frame.locator("[data-tiles]").first).to_be_visible()
        expect(frame.locator(".prediction")).to_have_text("")
        page.evaluate("text => setPicture(text)", encoded(DIGITS["4"]))
        expect(frame.locator(".bars .name").first).not_to_be_empty()
        assert not any(part.evaluate("'wrong' in window") for part in page.frames)
