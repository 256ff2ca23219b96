"""Cortex, as a person does: the bar is turned by key and by hand, the curve grows, and what it says is the library's."""

import numpy as np
import pytest
from browser import visit
from gabors import gabor, noise, one_layer
from playwright.sync_api import expect
from serving import serving

from striate.inference import Predictor
from striate.inspection import DARK, orientation_sweep
from striate.nn import Model

LIGHT = """() => {
  const { width, height } = document.querySelector(".stimulus canvas");
  const copy = new OffscreenCanvas(width, height).getContext("2d");
  copy.drawImage(document.querySelector(".stimulus canvas"), 0, 0);
  return [height, width, Array.from(copy.getImageData(0, 0, width, height).data.filter((_, i) => i % 4 === 0))];
}"""


@pytest.fixture(scope="module")
def lenet5():
    return Predictor.load("lenet5").model.network


@pytest.fixture
def cortex(page, lab):
    page.goto(f"{lab.address}/#cortex")
    expect(page.locator(".reading")).not_to_be_empty()
    return page


def points(page):
    return page.locator(".chart-place .line-0 circle")


def reading(degrees, response):
    return f"{degrees}°: response {float(f'{response:.3g}'):+g}"


def chosen(page, name, value):
    """A slider moved, as a hand does."""
    page.get_by_label(name).fill(str(value))


def test_every_key_adds_a_point_to_the_curve(cortex, lenet5):
    found = orientation_sweep(lenet5, "C1", 1.25)
    expect(cortex.get_by_label("Unit number")).to_have_value(str(found.clearest))
    responses = found.responses[found.clearest]
    expect(points(cortex)).to_have_count(1)
    slider = cortex.get_by_role("slider", name="Orientation")
    slider.focus()
    for step in range(1, 6):
        cortex.keyboard.press("ArrowRight")
        expect(points(cortex)).to_have_count(step + 1)
        expect(cortex.locator(".reading")).to_have_text(reading(5 * step, responses[step]))
    expect(slider).to_have_attribute("aria-valuetext", reading(25, responses[5]))
    expect(cortex.locator(".summary")).to_have_text("6 of 36 orientations measured. Rotate the bar further.")
    height, width, light = cortex.evaluate(LIGHT)
    np.testing.assert_array_equal(np.reshape(light, (height, width)), np.round(found.picture(25)))


def test_after_a_full_turn_the_preferred_orientation_is_shown(cortex, lenet5):
    found = orientation_sweep(lenet5, "C1", 1.25)
    cortex.get_by_role("button", name="Rotate").click()
    expect(cortex.locator(".summary")).to_contain_text(f"Selective: this unit prefers {found.preferred_deg[2]:.0f}°")
    expect(cortex.locator(".summary")).to_contain_text(f"Selectivity {found.selectivity[2]:.2f}")
    expect(points(cortex)).to_have_count(36)
    expect(cortex.locator(".polar .preferred")).to_have_count(1)
    expect(cortex.get_by_role("button", name="Rotate")).to_be_visible()


def test_the_bar_is_turned_by_hand_and_then_by_keys(cortex, lenet5):
    responses = orientation_sweep(lenet5, "C1", 1.25).responses[2]
    box = cortex.locator(".stimulus").bounding_box()
    x, y = box["x"] + box["width"] * 16.5 / 32, box["y"] + box["height"] * 16.5 / 32  # the field's middle
    cortex.mouse.move(x + 80, y)
    cortex.mouse.down()
    for degrees in (30, 60, 90):
        cortex.mouse.move(x + 80 * np.cos(np.deg2rad(degrees)), y - 80 * np.sin(np.deg2rad(degrees)))
    cortex.mouse.up()
    expect(cortex.locator(".reading")).to_have_text(reading(90, responses[18]))
    expect(points(cortex)).to_have_count(4)
    cortex.keyboard.press("ArrowLeft")
    expect(cortex.locator(".reading")).to_have_text(reading(85, responses[17]))


def test_another_bar_and_another_unit(cortex, lenet5):
    cortex.get_by_label("Layer").select_option("C3")
    expect(cortex.get_by_label("Unit number")).to_have_value(str(orientation_sweep(lenet5, "C3", 3.5).clearest))
    unit = cortex.get_by_label("Unit number")
    unit.fill("9")
    unit.press("Enter")
    chosen(cortex, "Width of the bar", 2.5)
    chosen(cortex, "Position across the bar", -1)
    cortex.get_by_label("Contrast").select_option("dark")
    found = orientation_sweep(lenet5, "C3", 2.5, -1.0, DARK)
    expect(cortex.locator(".reading")).to_have_text(reading(0, found.responses[9, 0]))
    height, width, light = cortex.evaluate(LIGHT)
    np.testing.assert_array_equal(np.reshape(light, (height, width)), np.round(found.picture(0)))
    unit.fill("99")
    unit.press("Enter")
    expect(unit).to_have_value("15")


def test_the_state_outlives_another_view(cortex):
    cortex.get_by_role("slider", name="Orientation").focus()
    for _ in range(3):
        cortex.keyboard.press("ArrowRight")
    cortex.get_by_role("link", name="Filters").click()
    expect(cortex.locator(".view-filters")).to_be_visible()
    cortex.get_by_role("link", name="Cortex").click()
    expect(points(cortex)).to_have_count(4)
    cortex.locator("#language").select_option("ko")
    expect(cortex.locator(".summary")).to_have_text("36개 중 4개 방향을 측정했습니다. 막대를 더 돌려 보세요.")
    expect(points(cortex)).to_have_count(4)


def test_known_cells_by_key(chromium):
    """A Gabor filter at 70 degrees is found; a spot is said to be unselective, and one that darkness moves, silent."""
    spot = np.zeros((11, 11))
    spot[5, 5] = 1
    network = one_layer([gabor(70, 6, 0), spot, -spot, *noise(1)], activation="relu")
    hostile = "<img src=x onerror=alert(1)>"
    with (
        serving({"gabor": Predictor(Model(network.eval(), (hostile, "b"), {}, {}), engine="torch")}) as server,
        visit(chromium, f"http://127.0.0.1:{server.port}/", size="narrow") as page,
    ):
        page.goto(f"http://127.0.0.1:{server.port}/#cortex")
        for unit, words in (
            (0, "Selective: this unit prefers 70°"),
            (1, "Not selective: selectivity 0.0"),
            (2, "Silent"),
        ):
            number = page.get_by_label("Unit number")
            expect(page.locator(".reading")).not_to_be_empty()
            number.fill(str(unit))
            number.press("Enter")
            expect(points(page)).to_have_count(1)
            page.get_by_role("slider", name="Orientation").focus()
            page.keyboard.press("Home")
            for _ in range(35):
                page.keyboard.press("ArrowRight")
            expect(page.locator(".summary")).to_contain_text(words)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
