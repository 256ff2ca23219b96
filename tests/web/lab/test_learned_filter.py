"""Gradient descent that looks for a filter, by its route and by hand: kernel, difference and loss at each step."""

import base64
from io import BytesIO
from urllib.parse import urlencode

import numpy as np
import pytest
from browser import visit
from PIL import Image
from playwright.sync_api import expect
from serving import png

from striate.inspection import classic_kernel, learn_filter, load_sample
from striate.models import load_samples
from striate.tables import load_table

LOOKS = {"wide, English": {"size": "wide"}, "narrow, Korean": {"size": "narrow", "locale": "ko"}}
CAT = "#instruments/learned-filter?model=resnet20&picture=sample:cat.jpg&target=sobel_x&seed=1&step=0"


def flat():
    content = BytesIO()
    Image.new("L", (28, 28), 90).save(content, "PNG")
    return content.getvalue()


def ask(lab, picture=None, **query):
    address = f"/lab/instruments/learned-filter?{urlencode({'model': 'lenet5', **query})}"
    return lab.server.ask(address, picture or png(), "image/png")


@pytest.mark.parametrize("target", ["sobel_x", "gaussian_blur"])
def test_the_route_has_the_library_s_descent(lab, target):
    answer = ask(lab, target=target, seed=4).json
    gray = load_sample(png(), load_table("lenet5")).fitted_CHW.float()
    steps = answer["steps"]
    learned = learn_filter(gray, classic_kernel(target), steps=steps[-1], seed=4)
    assert steps[:3] == [0, 1, 2] and steps == sorted(steps)
    np.testing.assert_allclose(answer["kernels"], learned.kernels[steps], atol=1e-4)
    np.testing.assert_allclose(answer["losses"], learned.losses[steps], rtol=1e-2, atol=1e-9)
    np.testing.assert_allclose(answer["target"], classic_kernel(target))
    maps = np.frombuffer(base64.b64decode(answer["maps"]["maps"]), np.uint8).reshape(-1, *answer["maps"]["size"])
    assert len(maps) == len(steps) + 1
    values = (maps.astype(float) - 128) / 127 * answer["maps"]["scale"]
    from_cells = np.square(values[1:] - values[0]).mean(axis=(1, 2))
    np.testing.assert_allclose(from_cells, answer["losses"], rtol=0.3, atol=answer["maps"]["scale"] ** 2 / 10_000)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"target": "sober"}, "target: expected one of gaussian_blur, sobel_x"),
        ({"seed": -1}, "seed: expected a whole number from 0 to 1000000"),
        ({"picture": flat(), "model": "resnet20"}, "a filter cannot be learned from pictures without contrast"),
    ],
)
def test_what_cannot_be_learned_is_refused(lab, query, words):
    answer = ask(lab, **query)
    assert answer.status == 422 and words in answer.json["error"], answer.json


@pytest.mark.parametrize("look", LOOKS.values(), ids=list(LOOKS))
def test_the_slider_goes_from_random_numbers_to_sobel(chromium, lab, look):
    korean = look.get("locale") == "ko"
    with visit(chromium, f"{lab.address}/{CAT}", **look) as page:
        kernel, filter_, difference = (page.locator(".kernels svg").nth(i) for i in range(3))
        expect(page.locator(".says")).to_contain_text("무작위 숫자" if korean else "Random numbers")
        assert filter_.get_attribute("aria-label").endswith("−1 0 1; −2 0 2; −1 0 1")
        page.locator("#learned-step").focus()
        page.keyboard.press("End")
        expect(page.locator(".says")).to_contain_text("500")
        expect(kernel).to_have_attribute(
            "aria-label",
            filter_.get_attribute("aria-label").replace("필터", "커널").replace("The filter", "The kernel"),
        )
        expect(difference).to_have_attribute(
            "aria-label", ("차이" if korean else "The difference") + ": 0 0 0; 0 0 0; 0 0 0"
        )
        page.wait_for_function("() => location.hash.includes('step=500')")
        expect(page.locator(".chart polyline")).to_have_count(2)


def test_another_start_ends_at_the_same_filter_and_another_filter_elsewhere(chromium, lab):
    assert any(sample.path.name == "cat.jpg" for sample in load_samples("photos"))
    with visit(chromium, f"{lab.address}/{CAT}") as page:
        kernel = page.locator(".kernels svg").first
        expect(page.locator(".says")).to_contain_text("Random numbers")
        first = kernel.get_attribute("aria-label")
        page.get_by_role("button", name="Draw another start").click()
        page.wait_for_function("() => location.hash.includes('seed=2')")
        expect(kernel).not_to_have_attribute("aria-label", first)
        page.locator("#learned-target").select_option("outline")
        page.wait_for_function("() => location.hash.includes('target=outline')")
        page.locator("#learned-step").fill("35")
        expect(kernel).to_have_attribute("aria-label", "The kernel: −1 −1 −1; −1 8 −1; −1 −1 −1")
