"""Cortex, as a person does: the bar is turned by key and by hand, the curve grows, and what it says is the library's."""

import numpy as np
import pytest
from browser import visit
from gabors import gabor, noise, one_layer
from playwright.sync_api import expect
from serving import serving

from striate.inference import Predictor
from striate.inspection import DARK, SELECTIVE, measure_tuning, orientation_sweep
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


def test_the_whole_curve_is_there_at_once(cortex, lenet5):
    found = orientation_sweep(lenet5, "C1", 1.25)
    expect(cortex.get_by_label("Unit number")).to_have_value(str(found.clearest))
    expect(points(cortex)).to_have_count(36)
    largest = found.orientations_deg[found.responses[2].argmax()]
    expect(cortex.locator(".chart-place .legend li")).to_have_text(
        ["response", "the bar now", f"mean of the curve: {found.preferred_deg[2]:.0f}°", f"maximum: {largest:.0f}°"]
    )
    expect(cortex.locator(".polar .mean, .polar .maximum")).to_have_count(2)
    expect(cortex.locator(".summary")).to_contain_text(
        f"Selective for this bar: selectivity {found.selectivity[2]:.2f}, mean orientation {found.preferred_deg[2]:.0f}°"
    )


def test_every_key_turns_the_bar(cortex, lenet5):
    found = orientation_sweep(lenet5, "C1", 1.25)
    responses = found.responses[found.clearest]
    slider = cortex.get_by_role("slider", name="Orientation")
    slider.focus()
    for step in range(1, 6):
        cortex.keyboard.press("ArrowRight")
        expect(cortex.locator(".reading")).to_have_text(reading(5 * step, responses[step]))
    expect(slider).to_have_attribute("aria-valuetext", reading(25, responses[5]))
    height, width, light = cortex.evaluate(LIGHT)
    np.testing.assert_array_equal(np.reshape(light, (height, width)), np.round(found.picture(25)))


def test_the_bar_turns_by_itself(cortex):
    first = cortex.locator(".reading").inner_text()
    cortex.get_by_role("button", name="Rotate").click()
    expect(cortex.locator(".reading")).not_to_have_text(first)
    cortex.get_by_role("button", name="Stop").click()
    stopped = cortex.locator(".reading").inner_text()
    cortex.wait_for_timeout(300)
    expect(cortex.locator(".reading")).to_have_text(stopped)


def test_with_reduced_motion_the_bar_turns_by_one_step(page, lab, lenet5):
    responses = orientation_sweep(lenet5, "C1", 1.25).responses[2]
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{lab.address}/#cortex")
    expect(page.locator(".reading")).not_to_be_empty()
    for step in (1, 2):
        page.get_by_role("button", name="Rotate by 5°").click()
        page.wait_for_timeout(200)
        expect(page.locator(".reading")).to_have_text(reading(5 * step, responses[step]))


def test_all_units_are_roses_to_choose_from(cortex, lenet5):
    cortex.get_by_label("Layer", exact=True).select_option("C3")
    found = orientation_sweep(lenet5, "C3", 3.5)
    roses = cortex.locator(".rose")
    expect(roses).to_have_count(16)
    cortex.get_by_label("Order").select_option("selectivity")
    order = sorted(range(16), key=lambda unit: (-found.selectivity[unit], unit))
    expect(roses.first).to_have_attribute("data-unit", str(order[0]))
    assert [int(rose.get_attribute("data-unit")) for rose in roses.all()] == order
    name = f"Unit {order[0]}: selectivity {found.selectivity[order[0]]:.2f} for this bar"
    cortex.get_by_role("button", name=name, exact=True).click()
    expect(cortex.get_by_label("Unit number")).to_have_value(str(order[0]))
    expect(roses.first).to_have_attribute("aria-pressed", "true")
    cortex.keyboard.press("ArrowRight")
    cortex.keyboard.press("Enter")
    expect(cortex.get_by_label("Unit number")).to_have_value(str(order[1]))
    expect(cortex.locator(".reading")).to_have_text(reading(0, found.responses[order[1], 0]))
    assert cortex.locator(".rose path").count() == np.isfinite(found.preferred_deg).sum()


def test_each_number_says_of_which_stimulus_it_is(cortex, lenet5):
    """Unit 2 of C1 is selective for the bar, and not for gratings: the page and `striate inspect` agree on both."""
    bars = orientation_sweep(lenet5, "C1", 1.25).selectivity[2]
    gratings = measure_tuning(lenet5, ["C1"])["C1"].selectivity[2]
    assert gratings < SELECTIVE < bars
    cortex.get_by_role("button", name="Measure").click()
    expect(cortex.locator(".stimuli dd")).to_have_text([f"{bars:.2f} selective", f"{gratings:.2f} not selective"])
    expect(cortex.locator(".stimuli dt")).to_have_text(["Selectivity by this bar", "Selectivity by gratings"])


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
    cortex.keyboard.press("ArrowLeft")
    expect(cortex.locator(".reading")).to_have_text(reading(85, responses[17]))


def test_another_bar_and_another_unit(cortex, lenet5):
    cortex.get_by_label("Layer", exact=True).select_option("C3")
    expect(cortex.get_by_label("Unit number")).to_have_value(str(orientation_sweep(lenet5, "C3", 3.5).clearest))
    unit = cortex.get_by_label("Unit number")
    unit.fill("9")
    unit.press("Enter")
    chosen(cortex, "Width of the bar", 2.5)
    chosen(cortex, "Position across the bar", -1)
    cortex.get_by_label("Contrast", exact=True).select_option("dark")
    found = orientation_sweep(lenet5, "C3", 2.5, -1.0, DARK)
    expect(cortex.locator(".reading")).to_have_text(reading(0, found.responses[9, 0]))
    height, width, light = cortex.evaluate(LIGHT)
    np.testing.assert_array_equal(np.reshape(light, (height, width)), np.round(found.picture(0)))
    unit.fill("99")
    unit.press("Enter")
    expect(unit).to_have_value("15")


@pytest.mark.parametrize(("layer", "field"), [("C1", 5), ("C3", 14)])
def test_the_bar_can_leave_the_field(cortex, layer, field):
    """Lesson 1: outside the field the bar changes nothing, at no orientation."""
    cortex.get_by_label("Layer", exact=True).select_option(layer)
    position = cortex.get_by_label("Position across the bar")
    expect(position).to_have_attribute("max", str(field))
    position.focus()
    cortex.keyboard.press("End")
    for degrees in (0, 45, 135):
        cortex.get_by_role("slider", name="Orientation").fill(str(degrees))
        expect(cortex.locator(".reading")).to_have_text(f"{degrees}°: response 0")


def test_the_state_outlives_another_view(cortex, lenet5):
    responses = orientation_sweep(lenet5, "C1", 1.25).responses[2]
    cortex.get_by_role("slider", name="Orientation").focus()
    for _ in range(3):
        cortex.keyboard.press("ArrowRight")
    cortex.get_by_role("link", name="Filters").click()
    expect(cortex.locator(".view-filters")).to_be_visible()
    cortex.get_by_role("link", name="Cortex").click()
    expect(cortex.locator(".reading")).to_have_text(reading(15, responses[3]))
    cortex.locator("#language").select_option("ko")
    expect(cortex.locator(".summary")).to_contain_text("이 막대에 선택적입니다.")


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
            (0, "Selective for this bar"),
            (1, "Not selective for this bar: selectivity 0.0"),
            (2, "Silent"),
        ):
            number = page.get_by_label("Unit number")
            expect(page.locator(".reading")).not_to_be_empty()
            number.fill(str(unit))
            number.press("Enter")
            expect(page.locator(".summary")).to_contain_text(words)
            expect(page.locator(".legend")).to_contain_text(["mean of the curve: 70°", "maximum", "the bar now"][unit])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
