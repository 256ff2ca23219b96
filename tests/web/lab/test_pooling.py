"""Pooling, by its route and as a person sets it: the numbers are the oracle's."""

import base64

import numpy as np
import pytest
from browser import visit
from playwright.sync_api import expect
from serving import png

from striate.reference import average_pooling, max_pooling

LINK = "#instruments/pooling?kernel=2&stride=2&kind=max&picture=digit:8"


def ask(lab, body=None, **query):
    words = "&".join(f"{name}={value}" for name, value in {"model": "lenet5", **query}.items())
    return lab.server.ask(f"/lab/instruments/pooling?{words}", png() if body is None else body, "image/png")


def pixels(image):
    return np.frombuffer(base64.b64decode(image["pixels"]), np.uint8).reshape(image["shape"])


@pytest.mark.parametrize("kind, kernel, stride", [("max", 2, 2), ("average", 3, 2), ("none", 3, 2), ("max", 5, 1)])
def test_the_route_pools_the_pictures(lab, kind, kernel, stride):
    answer = ask(lab, kind=kind, kernel=kernel, stride=stride, shift=2, row=3, column=4).json
    for before, after in (("input", "pooled"), ("shifted", "pooled_shifted")):
        x_NHWC = pixels(answer[before]).transpose(1, 2, 0)[None].astype(float)
        if kind == "none":
            expected = x_NHWC[:, ::stride, ::stride]
        else:
            expected = (max_pooling if kind == "max" else average_pooling)(x_NHWC, (kernel,) * 2, (stride,) * 2)
        assert np.abs(pixels(answer[after]) - expected[0].transpose(2, 0, 1)).max() <= 0.5
    old, new = pixels(answer["input"]).astype(int), pixels(answer["shifted"]).astype(int)
    assert np.array_equal(new[:, :, 2:], old[:, :, :-2])
    assert answer["change"]["input"] == pytest.approx(np.abs(new - old).mean())
    assert answer["change"]["followed"] == 0 or stride != 2
    place, side = answer["place"], 1 if kind == "none" else kernel
    assert place["unit"] == [3, 4] and place["corner"] == [3 * stride, 4 * stride]
    window = old[:, 3 * stride : 3 * stride + side, 4 * stride : 4 * stride + side]
    assert place["windows"] == window.tolist()
    assert place["values"][0] == pytest.approx(window.mean() if kind == "average" else window.max())


def test_a_place_that_is_none_is_the_nearest_and_none_is_the_one_of_most_contrast(lab):
    place = ask(lab, row=999, column=0).json["place"]
    assert place["unit"] == [15, 0]
    windows = np.ptp(ask(lab).json["place"]["windows"])
    assert windows >= np.ptp(place["windows"])


@pytest.mark.parametrize(
    "query, words",
    [
        ({"kernel": 9}, "kernel: expected a whole number from 1 to 6"),
        ({"stride": 0}, "stride: expected"),
        ({"kind": "median"}, "kind: expected one of max, average, none"),
        ({"shift": -1}, "shift: expected a whole number from 0 to 8"),
        ({"row": "x"}, "row: expected"),
        ({"model": "none"}, "no model of that name"),
    ],
)
def test_what_cannot_be_pooled_is_refused(lab, query, words):
    answer = ask(lab, **query)
    assert answer.status in (404, 422) and words in answer.json["error"]


@pytest.mark.parametrize("look", [{"size": "wide"}, {"size": "narrow", "locale": "ko"}], ids=["wide", "narrow, Korean"])
def test_the_lesson_is_done(chromium, lab, look):
    """Maximum, average, every second value; a window of 3 whose neighbours overlap; a shift by one pixel, then by two."""
    with visit(chromium, f"{lab.address}/{LINK}", **look) as page:
        sizes, means = page.locator(".caption .row"), page.locator(".change strong")
        expect(sizes.last).to_contain_text("16×16")
        before, after = (float(text) for text in means.all_text_contents())
        assert before > 0 and 0.75 * before < after  # "nearly as much": the lesson says so
        window, kept = page.locator(".windows .cells text"), page.locator(".windows strong")
        values = [int(text) for text in window.all_text_contents()]
        expect(kept).to_have_text(str(max(values)))
        page.locator(".segments button").nth(1).click()
        expect(kept).to_have_text(f"{sum(values) / 4:.3f}".rstrip("0").rstrip("."))
        page.locator(".segments button").nth(2).click()
        expect(window).to_have_count(1)
        expect(page.locator("#pooling-kernel")).to_be_disabled()
        page.locator(".segments button").first.click()
        page.locator("#pooling-kernel").fill("3")
        expect(sizes.last).to_contain_text("15×15")
        expect(window).to_have_count(9)
        page.locator("#pooling-shift").fill("2")
        expect(page.locator(".effects [role=status] li").last).to_contain_text(
            "따라" if "locale" in look else "it follows"
        )
        page.locator(".pictures .touch").focus()
        row, column = page.locator(".cell-card h2").inner_text(), page.locator("#pooling-shift").input_value()
        page.keyboard.press("ArrowUp")
        expect(page.locator(".cell-card h2")).not_to_have_text(row)
        assert column == "2"
        page.wait_for_function(
            "() => location.hash.includes('kernel=3') && location.hash.includes('shift=2') && location.hash.includes('at=')"
        )


def test_a_photograph_has_a_window_on_each_channel_and_another_picture_is_pooled_at_once(chromium, lab):
    with visit(chromium, f"{lab.address}/#instruments/pooling?model=resnet20&picture=sample:dog.jpg") as page:
        expect(page.locator(".windows figure")).to_have_count(3)
        page.locator("#model").select_option("lenet5")
        expect(page.locator(".windows figure")).to_have_count(1)
