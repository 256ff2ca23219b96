"""Why, as a person does: a photo is given, another class asked about, and the numbers are the library's."""

import numpy as np
import pytest
import torch
from browser import visit
from playwright.sync_api import expect
from serving import png, serving

from striate.inference import Predictor
from striate.inspection import attribute, evident_pixels, gradient_flow, gradient_growth, load_sample
from striate.nn import Model, build
from striate.tables import load_table

METHODS = ("grad_cam", "occlusion", "saliency", "integrated_gradients")
SIGNS = """method => {
  const heat = document.querySelector(`[data-method="${method}"] .heatmap`);
  const copy = new OffscreenCanvas(heat.width, heat.height).getContext("2d");
  copy.drawImage(heat, 0, 0);
  const d = copy.getImageData(0, 0, heat.width, heat.height).data;
  return [heat.height, heat.width, Array.from({ length: d.length / 4 }, (_, i) => (d[4 * i] > 128 ? 1 : -1) * d[4 * i + 3]),
    Array.from({ length: d.length / 4 }, (_, i) => (d[4 * i + 3] ? d[4 * i + 2] > 128 : false))];
}"""


@pytest.fixture(scope="module")
def lenet5():
    return Predictor.load("lenet5").model


@pytest.fixture
def seven(tmp_path):
    path = tmp_path / "seven.png"
    path.write_bytes(png(7))
    return path


@pytest.fixture
def why(page, lab, seven):
    page.goto(f"{lab.address}/#draw")
    expect(page.locator(".bars .name").first).to_be_visible()
    page.locator("input[type=file]").set_input_files(seven)
    expect(page.locator(".bars .name").first).to_have_text("7")
    page.get_by_role("link", name="Why", exact=True).click()
    return page


def number(value):
    return f"{float(f'{value:.3g}'):+g}"


def test_the_maps_are_the_librarys_for_each_class(why, lenet5, seven):
    image = load_sample(seven, lenet5.network.table).input_NCHW
    for target in (7, 2):
        if target == 2:
            why.get_by_label("Class to explain").select_option("2")
        for method in METHODS:
            found = attribute(lenet5.network, image, target, method).summed
            panel = why.locator(f"[data-method={method}]")
            row, column = np.unravel_index(found.argmax(), found.shape)
            expect(panel.locator("strong")).to_have_text(str(target))
            expect(panel.locator(".extremes")).to_contain_text(
                f"largest {number(found.max())} at row {row}, column {column}"
            )
            expect(panel).to_have_attribute("aria-busy", "false")
            height, width, drawn, bluish = why.evaluate(SIGNS, method)
            drawn, bluish = np.reshape(drawn, (height, width)), np.reshape(bluish, (height, width))
            assert (height, width) == found.shape
            evident = (
                evident_pixels(lenet5.network, image) if method == "grad_cam" else np.full(found.shape, fill_value=True)
            )
            shares = np.where(evident, found, 0)
            shares /= np.abs(shares).max()
            strong = np.abs(shares) > 0.15
            assert (np.sign(drawn[strong]) == np.sign(shares[strong])).all()
            assert bluish[strong & (shares > 0)].all() == (method == "saliency")  # sensitivity is never orange
            np.testing.assert_allclose(
                np.abs(drawn) / 255, np.sqrt(np.maximum(np.abs(shares) - 0.1, 0) / 0.9), atol=0.09
            )
    expect(why.get_by_role("img", name="Grad-CAM for 2")).to_be_visible()


def test_a_background_that_is_evidence_of_nothing_has_no_colour(page, lab, lenet5, tmp_path):
    """Beside a 1 the maps, and so Grad-CAM's values, are those of an empty picture."""
    one = tmp_path / "one.png"
    one.write_bytes(png(1))
    image = load_sample(one, lenet5.network.table).input_NCHW
    found = attribute(lenet5.network, image, 1, "grad_cam").summed
    bare = ~evident_pixels(lenet5.network, image)
    assert found[bare].max() > 0.2 * found.max()  # Grad-CAM alone would colour it
    page.goto(f"{lab.address}/#draw")
    expect(page.locator(".bars .name").first).to_be_visible()
    page.locator("input[type=file]").set_input_files(one)
    expect(page.locator(".bars .name").first).to_have_text("1")
    page.get_by_role("link", name="Why", exact=True).click()
    expect(page.locator("[data-method=grad_cam][aria-busy=false] strong")).to_have_text("1")
    height, width, drawn, _ = page.evaluate(SIGNS, "grad_cam")
    drawn = np.abs(np.reshape(drawn, (height, width)))
    assert not drawn[bare].any()
    assert drawn[~bare].any()


def test_two_classes_side_by_side(why, lenet5, seven):
    image = load_sample(seven, lenet5.network.table).input_NCHW
    why.get_by_label("beside").select_option("2")
    panel = why.locator("[data-method=integrated_gradients]")
    expect(panel.locator("strong")).to_have_text(["7", "2"])
    expect(panel.get_by_role("img")).to_have_count(2)
    values = [attribute(lenet5.network, image, target, "integrated_gradients").summed for target in (7, 2)]
    largest = max(np.abs(value).max() for value in values)
    height, width, drawn, _ = why.evaluate(SIGNS, "integrated_gradients")  # the first, on the scale of both
    shares = np.abs(values[0]) / largest
    np.testing.assert_allclose(
        np.abs(np.reshape(drawn, (height, width))) / 255, np.sqrt(np.maximum(shares - 0.1, 0) / 0.9), atol=0.09
    )
    why.get_by_label("beside").select_option("")
    expect(panel.locator("strong")).to_have_text(["7"])


def test_an_empty_grad_cam_says_why(chromium):
    """A network whose only maps speak against class 0."""
    network = build("alexnet:tiny", seed=0).eval()
    with torch.no_grad():
        *_, last = network.children()
        for parameter in network.parameters():
            parameter.abs_()
        last.weight[0] = -last.weight[0]
    classes = tuple(f"class {index}" for index in range(network.table.classes))
    with (
        serving({"net": Predictor(Model(network, classes, {}, {}), engine="torch")}) as server,
        visit(chromium, f"http://127.0.0.1:{server.port}/") as page,
    ):
        page.goto(f"http://127.0.0.1:{server.port}/#why")
        expect(page.locator("[data-method=grad_cam][aria-busy=false] strong")).to_have_count(1)
        page.get_by_label("Class to explain").select_option("0")
        expect(page.locator("[data-method=grad_cam] .extremes")).to_contain_text("class 0 · empty: the weighted")
        expect(page.locator("[data-method=saliency] .extremes")).to_contain_text("largest")


def test_the_map_and_the_picture_in_turn(why):
    heat = why.locator("[data-method=saliency] .heatmap")
    expect(heat).to_be_visible()
    why.get_by_role("button", name="Blink").click()
    expect(heat).to_be_hidden()
    expect(heat).to_be_visible()
    expect(heat).to_be_hidden()
    why.get_by_role("button", name="Blink").click()
    expect(heat).to_be_visible()
    box = heat.bounding_box()
    why.mouse.move(box["x"] + 20, box["y"] + 20)
    why.mouse.down()
    expect(heat).to_be_hidden()
    why.mouse.up()
    expect(heat).to_be_visible()


def test_with_reduced_motion_nothing_blinks(page, lab):
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{lab.address}/#why")
    heat = page.locator("[data-method=saliency] .heatmap")
    expect(page.locator("[data-method=saliency]")).to_have_attribute("aria-busy", "false")
    button = page.get_by_role("button", name="Picture only")
    button.click()
    for _ in range(4):
        page.wait_for_timeout(400)
        expect(heat).to_be_hidden()
    button.click()
    expect(heat).to_be_visible()


def test_the_picture_shows_through(why):
    heat = why.locator("[data-method=saliency] .heatmap")
    for key, opacity in (("Home", "0"), ("End", "1")):
        why.get_by_label("Opacity").press(key)
        expect(heat).to_have_css("opacity", opacity)
    why.get_by_role("link", name="Cortex").click()
    why.get_by_role("link", name="Why", exact=True).click()
    expect(why.get_by_label("Opacity")).to_have_value("100")


@pytest.mark.parametrize("depth", [20, 56])
def test_the_gradient_of_both_networks_is_drawn_and_described(page, lab, depth):
    page.goto(f"{lab.address}/#why")
    page.get_by_role("radio", name=str(depth)).check()
    for i, name in enumerate((f"plain{depth}", f"resnet{depth}")):
        share = gradient_growth(gradient_flow(load_table(name))) - 1
        assert share > 0
        told = page.locator(".gradient .summary li").nth(i)
        expect(told).to_contain_text(f"{name} grows by {share:.1%} a layer towards the input: it tends to explode")
        expect(page.locator(f".gradient .line-{i} circle")).to_have_count(depth)
        expect(page.locator(".gradient .legend")).to_contain_text(name)


def test_any_network_and_hostile_names_on_a_narrow_page(chromium):
    network = build("googlenet:tiny", seed=0).eval()
    hostile = tuple(f"<img src=/x{i} onerror=alert({i})>" + "very long " * 9 for i in range(network.table.classes))
    with (
        serving({"<b>net": Predictor(Model(network, hostile, {}, {}), engine="torch")}) as server,
        visit(chromium, f"http://127.0.0.1:{server.port}/", size="narrow", dark=True) as page,
    ):
        page.goto(f"http://127.0.0.1:{server.port}/#why")
        for method in METHODS:
            expect(page.locator(f"[data-method={method}][aria-busy=false] strong")).to_contain_text("onerror=alert(")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
