"""Why, as a person does: a photo is given, another class asked about, and the numbers are the library's."""

import numpy as np
import pytest
from browser import visit
from playwright.sync_api import expect
from serving import png, serving

from striate.inference import Predictor
from striate.inspection import attribute, gradient_flow, gradient_growth, load_sample
from striate.nn import Model, build
from striate.tables import load_table

METHODS = ("grad_cam", "occlusion", "saliency", "integrated_gradients")
SIGNS = """method => {
  const heat = document.querySelector(`[data-method="${method}"] .heatmap`);
  const copy = new OffscreenCanvas(heat.width, heat.height).getContext("2d");
  copy.drawImage(heat, 0, 0);
  const d = copy.getImageData(0, 0, heat.width, heat.height).data;
  return [heat.height, heat.width, Array.from({ length: d.length / 4 }, (_, i) => (d[4 * i] > 128 ? 1 : -1) * d[4 * i + 3])];
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
            height, width, drawn = why.evaluate(SIGNS, method)
            drawn = np.reshape(drawn, (height, width))
            assert (height, width) == found.shape
            shares = found / np.abs(found).max()
            seen = np.abs(shares) > 0.1
            assert (np.sign(drawn[seen]) == np.sign(shares[seen])).all()
            np.testing.assert_allclose(np.abs(drawn) / 255, np.sqrt(np.abs(shares)), atol=0.09)
    expect(why.get_by_role("img", name="Grad-CAM for 2")).to_be_visible()


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
