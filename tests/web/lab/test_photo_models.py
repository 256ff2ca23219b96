"""The page with models of digits and of photographs beside each other: each opens on its own kind of picture."""

import base64

import pytest
import torch
from browser import visit
from playwright.sync_api import expect
from serving import png, serving

from striate.inference import Predictor
from striate.models import load_samples
from striate.nn import Model, build
from striate.tables import load_table

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
PHOTO_MODELS = ("alexnet:small", "googlenet:small", "resnet20")
VIEWS = ("draw", "layers", "stress", "table", "train", "filters", "cortex", "why", "instruments")


def untrained(name):
    """A network of photographs at initialization; its batch normalization has seen a few batches of noise."""
    network = build(load_table(name), seed=0).train()
    draw = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for _ in range(30):
            network(0.25 / network.table.preprocessing.std[0] * torch.randn(16, 3, 32, 32, generator=draw))
    return Predictor(Model(network.eval(), CLASSES, {}, {}))


@pytest.fixture(scope="module")
def server():
    with serving({"lenet5": Predictor.load("lenet5"), **{name: untrained(name) for name in PHOTO_MODELS}}) as client:
        yield client


@pytest.fixture
def page(chromium, server):
    with visit(chromium, f"http://127.0.0.1:{server.port}/") as opened:
        yield opened


def choose(page, name):
    page.locator("#model").select_option(name)


def settled(page):
    expect(page.locator("#view.view-draw:not([data-behind]) .bars li").first).to_be_visible()


def pad(page):
    """The colours of the pad at a few places."""
    script = "c => Array.from(c.getContext('2d').getImageData(0, 0, 280, 280).data.filter((_, i) => i % 4004 < 3))"
    return page.locator("canvas.pad").evaluate(script)


def test_the_samples_over_http(server):
    for name in ("photos", "digits"):
        sent = server.ask(f"/lab/samples?set={name}").json["samples"]
        assert [one["class"] for one in sent] == [sample.label for sample in load_samples(name)]
        assert base64.b64decode(sent[0]["content"]) == load_samples(name)[0].path.read_bytes()
        assert all(one["author"] and one["licence"] and one["source"] for one in sent)
    assert server.ask("/lab/samples?set=pets").error == "set: expected one of digits, photos"
    photo = load_samples("photos")[0].path.read_bytes()
    assert server.predict(photo, "image/jpeg", model="alexnet:small").json["model"] == "alexnet:small"
    models = {model["name"]: model["samples"] for model in server.ask("/lab/models").json["models"]}
    assert models == {"lenet5": "digits", **dict.fromkeys(PHOTO_MODELS, "photos")}


@pytest.mark.parametrize("name", PHOTO_MODELS)
def test_every_view_looks_into_a_network_of_photographs(page, server, name):
    settled(page)
    choose(page, name)
    photo = load_samples("photos")[0].path.read_bytes()
    answer = server.ask(f"/lab/layers?model={name}", photo, "image/jpeg").json
    expect(page.locator(".bars .name").first).to_have_text(answer["top"][0]["class"])
    expect(page.locator(".about")).to_contain_text("True class: cat")
    assert page.locator(".input-image").evaluate("c => [c.width, c.height]") == [32, 32]
    red, green, blue = (torch.tensor(pad(page)).reshape(-1, 3)[:, channel] for channel in range(3))
    assert not torch.equal(red, green) and not torch.equal(green, blue)  # a photograph in colour
    for view in VIEWS:
        page.goto(page.url.partition("#")[0] + f"#{view}")
        expect(page.locator(f"#view.view-{view} h1")).to_be_attached()
        expect(page.locator("[data-behind], [aria-busy=true]")).to_have_count(0)
        expect(page.locator("#notice")).to_have_text("")
    page.goto(page.url.partition("#")[0] + "#layers")
    expect(page.locator("#view:not([data-behind]) #layers-row option").first).to_be_attached()
    paths = page.locator("#layers-row option").evaluate_all("options => options.map(option => option.value)")
    assert set(paths) == set(_paths(answer["rows"]))


def _paths(rows):
    for row in rows:
        yield row["path"]
        for branch in row.get("branches", ()):
            yield from _paths(branch)


def test_each_kind_of_model_has_its_own_picture(page):
    settled(page)
    page.get_by_role("button", name="Draw a 7").click()
    expect(page.locator(".bars .name").first).to_have_text("7")
    choose(page, "resnet20")
    expect(page.get_by_role("button", name="Draw a 7")).to_have_count(0)
    page.get_by_role("button", name="Sample: dog").click()
    expect(page.locator(".about")).to_contain_text("True class: dog")
    choose(page, "googlenet:small")  # of the same kind: the same picture
    settled(page)
    expect(page.locator(".about")).to_contain_text("True class: dog")
    choose(page, "lenet5")
    expect(page.locator(".bars .name").first).to_have_text("7")
    expect(page.locator(".about")).to_have_text("")
    page.get_by_role("button", name="Sample: 4").click()
    expect(page.locator(".bars .name").first).to_have_text("4")
    choose(page, "resnet20")
    expect(page.locator(".about")).to_contain_text("True class: dog")


def test_a_photo_of_ones_own_stays_with_its_kind(page):
    settled(page)
    choose(page, "resnet20")
    page.get_by_role("button", name="Sample: none of them").click()
    expect(page.locator(".about")).to_contain_text("CC0")
    page.locator("#photo").set_input_files({"name": "own.png", "mimeType": "image/png", "buffer": png(5)})
    expect(page.locator(".about")).to_have_text("")
    own = pad(page)
    choose(page, "lenet5")
    expect(page.locator(".bars .name").first).to_have_text("3")
    choose(page, "resnet20")
    settled(page)
    assert pad(page) == own


def test_a_loaded_tab_keeps_the_model_and_opens_on_its_kind_of_picture(page):
    settled(page)
    page.get_by_role("button", name="Draw a 7").click()
    settled(page)
    choose(page, "resnet20")
    expect(page.locator(".about")).to_contain_text("True class: cat")
    page.reload()
    expect(page.locator("#model")).to_have_value("resnet20")
    expect(page.locator(".about")).to_contain_text("True class: cat")
    page.goto(page.url.partition("#")[0] + "#filters")
    expect(page.locator("#view canvas").first).to_be_visible()
    before = page.locator("#view canvas").first.evaluate("c => c.toDataURL()")
    choose(page, "lenet5")
    page.wait_for_function("before => document.querySelector('#view canvas').toDataURL() !== before", arg=before)


def test_in_korean(chromium, server):
    with visit(chromium, f"http://127.0.0.1:{server.port}/", locale="ko", size="narrow") as page:
        settled(page)
        choose(page, "resnet20")
        expect(page.locator(".about")).to_contain_text("실제 클래스: cat")
        expect(page.get_by_role("button", name="예시: 해당 없음")).to_be_visible()


CLASSES_ARE_IN_SIGHT = """(left) => {
  const diagram = document.querySelector(".diagram");
  const parts = [...document.querySelectorAll(".classes :is(.name, .bar, .probability)")];
  if (document.querySelector("[data-behind]") || parts.length === 0) return false;
  diagram.scrollLeft = left;
  const box = diagram.getBoundingClientRect();
  return parts.every((part) => {
    const { left, right, top, width } = part.getBoundingClientRect();
    const above = document.elementFromPoint(right - 2, top + 4); // null out of the window
    const isWide = width >= (part.className === "bar" ? 24 : 8);
    return isWide && left >= box.left && right <= box.right + 1 && (!above || above.closest(".classes"));
  });
}"""
"""Whether names, bars and probabilities can be seen, however far the diagram is scrolled."""


@pytest.mark.parametrize("size", ["wide", "tablet"])
def test_the_classes_are_in_sight_beside_a_diagram_that_scrolls(chromium, server, size):
    with visit(chromium, f"http://127.0.0.1:{server.port}/", size=size) as page:
        settled(page)
        for presents in (False, True):
            if presents:
                page.keyboard.press("F8")
                expect(page.locator("#presentation")).to_have_attribute("aria-pressed", "true")
            for name in ("lenet5", *PHOTO_MODELS):
                choose(page, name)
                expect(page.locator("#model")).to_have_value(name)
                for left in (0, 100_000):
                    page.wait_for_function(CLASSES_ARE_IN_SIGHT, arg=left)
