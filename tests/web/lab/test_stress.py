"""Stress, as a person does: a slider is moved, and the page shows what the library says of the same picture."""

import re
from pathlib import Path

import numpy as np
import pytest
from browser import visit
from lens import open_picture, overflows, pixels
from playwright.sync_api import expect
from serving import png, serving

from striate.inference import Predictor
from striate.inspection import STRESS, combined_perturbation, load_sample, perturb, probabilities_under
from striate.nn import Model, build, load_model, save_model

LENET = load_model(Path("lenet5"))
TABLE = LENET.network.table
RIGHT = 12  # of a chart


@pytest.fixture(scope="module")
def seven(tmp_path_factory):
    path = tmp_path_factory.mktemp("stress") / "7.png"
    path.write_bytes(png(7))
    return load_sample(path, TABLE).fitted_CHW


@pytest.fixture
def stress(page, lab):
    open_picture(page, lab.address, png(7), "stress")
    expect(page.locator(".stable-range")).to_contain_text("7")
    return page


def curve(fitted_CHW, sweep, others):
    return answers_under(fitted_CHW, combined_perturbation(sweep, others), STRESS[sweep].amounts(TABLE, 5))


def answers_under(fitted_CHW, perturbation, amounts):
    return probabilities_under(LENET.network, fitted_CHW, perturbation, amounts, temperature=LENET.temperature)


def slider(page, name):
    return page.get_by_role("slider", name=name, exact=True)


def shows_answer(page, fitted_CHW, amounts):
    """The bars, and the picture, are those of these amounts."""
    name, amount = next(iter(amounts.items()))
    found = answers_under(fitted_CHW, combined_perturbation(name, amounts), (amount,))
    shares = found.probabilities[0]
    best = np.argsort(-shares, kind="stable")[:5]
    expect(page.locator(".bars .name")).to_have_text([LENET.classes[index] for index in best])
    expect(page.locator(".bars .probability")).to_have_text([f"{100 * shares[index]:.1f}%" for index in best])
    _, _, rgba = pixels(page.locator("canvas.input-image"))
    expected = perturb(fitted_CHW[None], amounts, "zeros")
    assert np.array_equal(np.array(rgba).reshape(32, 32, 4)[:, :, 0], expected[0, 0].numpy())


def left_of(page):
    """Where the lines of the chart begin: the numbers beside them have the room that they need."""
    return float(page.locator("svg.chart .tick line").first.get_attribute("x1"))


def marked(page):
    """Where on its axis the curve is marked, as a share of it."""
    left, width = left_of(page), float(page.locator("svg.chart").get_attribute("viewBox").split()[2])
    return (float(page.locator("svg.chart .marker").get_attribute("x1")) - left) / (width - left - RIGHT)


def test_a_slider_changes_the_picture_the_prediction_and_the_mark(stress, seven):
    shows_answer(stress, seven, {"rotation": 0.0})
    assert marked(stress) == pytest.approx(0.5)
    slider(stress, "Rotation").fill("45")
    expect(stress.locator("[data-change=rotation] output")).to_have_text("45°")
    shows_answer(stress, seven, {"rotation": 45.0})
    assert marked(stress) == pytest.approx((45 + 60) / 120, abs=1e-3)
    with stress.expect_request(lambda request: "/lab/stress" in request.url) as asked:
        slider(stress, "Rotation").press("ArrowRight")
    assert "sweep" not in asked.value.url  # the curve is still the same
    shows_answer(stress, seven, {"rotation": 48.0})
    slider(stress, "Scale").fill("0.7")
    slider(stress, "Noise").fill("64")
    expect(stress.get_by_role("heading", name="Noise: the whole range")).to_be_visible()
    shows_answer(stress, seven, {"rotation": 48.0, "scale": 0.7, "noise": 64.0})
    assert marked(stress) == pytest.approx(0.5)


def test_the_curve_is_the_librarys_with_the_stable_range(stress, seven):
    slider(stress, "Thickness").fill("0.5")
    slider(stress, "Rotation").focus()
    expect(stress.get_by_role("heading", name="Rotation: the whole range")).to_be_visible()
    expected = curve(seven, "rotation", {"thickness": 0.5})
    low, high = expected.stable_range(7)
    whole = (low, high) == (-60, 60)
    words = f"The prediction is “7” {'over the whole range, ' if whole else ''}from {low:g}° to {high:g}°."
    expect(stress.locator(".stable-range")).to_have_text(words)
    chart = stress.locator("svg.chart")
    assert words in chart.get_attribute("aria-label")
    width, height = (float(side) for side in chart.get_attribute("viewBox").split()[2:])
    points = [
        tuple(map(float, pair.split(","))) for pair in chart.locator("polyline").first.get_attribute("points").split()
    ]
    left = left_of(stress)
    across = left + (np.array(expected.amounts) + 60) / 120 * (width - left - RIGHT)
    down = height - 40 - expected.probabilities[:, 7] * (height - 50)
    assert np.array(points) == pytest.approx(np.stack([across, down], axis=1), abs=0.1)
    named = stress.locator(".legend li").all_inner_texts()
    assert named[0] == "7"
    assert set(named) >= {str(index) for index in expected.probabilities.argmax(axis=1)}


def test_a_prediction_that_other_perturbations_change_is_marked(stress, seven):
    fooled = {"scale": 0.4, "rotation": -57.0}
    for name, amount in fooled.items():
        slider(stress, name.capitalize()).fill(f"{amount:g}")
    slider(stress, "Shift").focus()
    found = curve(seven, "shift", fooled)
    assert found.stable_range(7) is None  # else another amount is to be chosen here
    expect(stress.locator(".stable-range")).to_have_text(
        "The prediction is not “7” even at 0 px: the other changes alone cause the error."
    )
    expect(stress.locator(".prediction.error")).to_contain_text("unchanged: 7")
    stress.get_by_role("button", name="Reset all").click()
    expect(stress.locator(".prediction:not(.error)")).to_contain_text("7, ")
    shows_answer(stress, seven, {"shift": 0.0})


def test_sliders_keep_their_places_in_another_language_and_view(stress, seven):
    slider(stress, "Rotation").fill("-36")
    slider(stress, "Scale").fill("0.82")
    stress.get_by_label("Language").select_option("ko")
    expect(slider(stress, "회전")).to_have_value("-36")
    expect(stress.locator("[data-change=scale] output")).to_have_text("0.82배")
    expect(stress.locator("[data-change=scale]")).to_have_class("slider current")
    shows_answer(stress, seven, {"rotation": -36.0, "scale": 0.82})
    stress.locator("#views a[href='#draw']").click()
    stress.locator("#views a[href='#stress']").click()
    expect(slider(stress, "크기")).to_have_value("0.82")
    stress.get_by_role("button", name="크기: 처음 위치로").click()
    expect(slider(stress, "크기")).to_have_value("1")
    shows_answer(stress, seven, {"rotation": -36.0})


def test_a_slider_is_played_and_returns(stress):
    shift = slider(stress, "Shift")
    play, stop = (stress.get_by_role("button", name=name) for name in ("Play the slider", "Stop"))
    with stress.expect_response(re.compile("shift=0.8&")):
        shift.fill("0.8")
    asked = []
    stress.on("request", lambda request: asked.extend(re.findall(r"shift=([^&]+)", request.url)))
    play.click()
    expect(stop).to_be_visible()
    expect(play).to_be_visible()  # at its end
    expect(shift).to_have_value("0.8")
    assert asked[asked.index("-8") :] == [*(f"{place:g}" for place in STRESS["shift"].amounts(TABLE, 5)), "0.8"]
    stress.emulate_media(reduced_motion="reduce")
    asked.clear()
    with stress.expect_request(re.compile("shift=-6&")):
        play.click()
    stop.click()
    assert asked[:2] == ["-8", "-6"]  # few pictures
    expect(shift).to_have_value(asked[-1])


def test_another_network_has_other_sliders_and_names_are_text(chromium, tmp_path):
    network = build("googlenet:tiny", seed=0)
    names = tuple(f"<img src=x>{index} {'long ' * 20}" for index in range(network.table.classes))
    save_model(tmp_path / "tiny.safetensors", Model(network, names, {}, {}))
    models = {"tiny": Predictor.load(str(tmp_path / "tiny.safetensors")), "lenet5": Predictor.load("lenet5")}
    with serving(models) as server, visit(chromium, f"http://127.0.0.1:{server.port}/#stress", size="narrow") as page:
        expect(page.locator(".bars .name").first).to_contain_text("<img src=x>")
        expect(page.locator(".stable-range")).to_contain_text("<img src=x>")
        assert page.locator("main img").count() == 0
        assert not overflows(page)
        slider(page, "Shift").fill("16")
        expect(page.locator("[data-change=shift] output")).to_have_text("16 px")
        page.get_by_label("Model").select_option("lenet5")
        expect(page.locator("[data-change=shift] output")).to_have_text("8 px")
        expect(page.locator(".stable-range")).to_contain_text("“3”")
        assert page.locator("canvas.input-image").get_attribute("width") == "32"
