"""Overlap, by its route and as a person moves it: the sums are NumPy's in one dimension, the notes' in two."""

import numpy as np
import pytest
from browser import visit
from playwright.sync_api import expect

from striate.reference import convolution

LINE = "#instruments/overlap?x=1,2,4,8,16&g=1,10,100"
SUM = ".equation output"
LOOKS = {"wide, English": {"size": "wide"}, "narrow, Korean": {"size": "narrow", "locale": "ko"}}


def ask(lab, **query):
    return lab.server.ask("/lab/instruments/overlap?" + "&".join(f"{name}={value}" for name, value in query.items()))


@pytest.mark.parametrize("flipped", [0, 1])
def test_the_route_in_one_dimension(lab, flipped):
    x, g = [1, 2, 4, 8, 16], [-1, 0.5, 3]
    answer = ask(lab, x="1,2,4,8,16", g="-1,0.5,3", flipped=flipped).json
    expected = np.convolve(x, g, "valid") if flipped else np.correlate(x, g, "valid")
    assert np.allclose(answer["sums"], expected) and answer["places"] == [1, 3]
    assert answer["kernel"] == [g[::-1] if flipped else g]
    assert np.allclose(np.sum(answer["products"], axis=(1, 2)), expected)


def test_the_route_in_two_dimensions(lab):
    x, g = np.arange(20.0).reshape(4, 5), np.array([[1.0, -2], [3, 0]])
    answer = ask(lab, x=written(x), g=written(g)).json
    expected = convolution(x[None, :, :, None], g[:, :, None, None], np.zeros(1))[0, :, :, 0]
    assert answer["places"] == [3, 4] and np.allclose(answer["sums"], expected.ravel())


def written(rows):
    return ";".join(",".join(f"{number:g}" for number in row) for row in rows)


@pytest.mark.parametrize(
    "query, words",
    [
        ({"x": "1,2", "g": "1,2,3"}, "g of 1x3 does not fit into x of 1x2"),
        ({"x": "1,2"}, "g: is missing"),
        ({"x": "1,a", "g": "1"}, "x: expected up to 12 rows of up to 48 numbers each from -1000 to 1000"),
        ({"x": "1,2;3", "g": "1"}, "x: expected"),
        ({"x": "nan", "g": "1"}, "x: expected"),
        ({"x": "1", "g": "1e9"}, "g: expected up to 7 rows of up to 16 numbers each"),
        ({"x": ",".join(["1"] * 49), "g": "1"}, "x: expected"),
        ({"x": ";".join(["1"] * 13), "g": "1"}, "x: expected"),
        ({"x": "1", "g": "1", "flipped": "2"}, "flipped: expected a whole number from 0 to 1"),
    ],
)
def test_what_is_no_function_is_refused(lab, query, words):
    answer = ask(lab, **query)
    assert answer.status == 422 and words in answer.json["error"], answer.json


@pytest.mark.parametrize("look", LOOKS.values(), ids=list(LOOKS))
def test_g_is_moved_by_slider_keys_and_drag(chromium, lab, look):
    with visit(chromium, f"{lab.address}/{LINE}", **look) as page:
        expect(page.locator(SUM)).to_have_text("421")
        expect(page.locator(".equation")).to_contain_text("1·1 + 2·10 + 4·100 =")
        assert page.locator(".line .later").count() == 2  # the sums to come are not told
        page.locator("#overlap-at").focus()
        page.keyboard.press("ArrowRight")
        expect(page.locator(SUM)).to_have_text("842")
        page.locator(".player button").last.click()
        expect(page.locator(SUM)).to_have_text("1,684")
        assert page.locator(".line .later").count() == 0
        page.wait_for_function("() => location.hash.includes('at=2')")
        box = page.locator(".bars-of.g rect").first.bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"])
        page.mouse.down()
        page.mouse.move(box["x"] - 3 * box["width"], box["y"], steps=4)
        page.mouse.up()
        expect(page.locator(SUM)).to_have_text("421")


def test_it_plays_to_the_last_place(chromium, lab):
    with visit(chromium, f"{lab.address}/{LINE}") as page:
        expect(page.locator(SUM)).to_have_text("421")
        page.get_by_role("button", name="Play").click()
        expect(page.locator(SUM)).to_have_text("1,684")
        expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_with_reduced_motion_there_are_steps_alone(chromium, lab):
    with visit(chromium, f"{lab.address}/#draw") as page:
        page.emulate_media(reduced_motion="reduce")
        page.goto(f"{lab.address}/{LINE}")
        page.get_by_role("button", name="One place on").click()
        expect(page.locator(SUM)).to_have_text("842")
        expect(page.get_by_role("button", name="Play")).to_have_count(0)


def test_flipped_it_is_another_order(chromium, lab):
    with visit(chromium, f"{lab.address}/{LINE}&flipped=1") as page:
        expect(page.locator(SUM)).to_have_text("124")
        expect(page.locator(".bars-of.g text")).to_have_text(["100", "10", "1"])
        page.get_by_label("Flip g").uncheck()
        expect(page.locator(SUM)).to_have_text("421")
        expect(page.locator(".bars-of.g text")).to_have_text(["1", "10", "100"])


def test_ones_own_numbers_as_people_type_them(chromium, lab):
    with visit(chromium, f"{lab.address}/{LINE}", allowed=("422",)) as page:
        page.locator("#overlap-g").fill("－1， ２")
        expect(page.locator(SUM)).to_have_text("3")
        expect(page.locator("#overlap-example")).to_have_value("own")
        page.wait_for_function("() => location.hash.includes('g=-1,2')")
        page.locator("#overlap-g").fill("−1 2 and")
        expect(page.locator("#overlap-g")).to_have_attribute("aria-invalid", "true")
        page.locator("#overlap-g").fill("1,2,3,4,5,6")
        expect(page.locator(".main .error")).to_contain_text("does not fit into x")
        page.locator("#overlap-g").fill("1")
        expect(page.locator(SUM)).to_have_text("1")


@pytest.mark.parametrize("look", LOOKS.values(), ids=list(LOOKS))
def test_in_two_dimensions_the_window_is_moved_over_the_picture(chromium, lab, look):
    with visit(chromium, f"{lab.address}/{LINE}", **look) as page:
        page.locator(".segments button").last.click()
        expect(page.locator("#overlap-example")).to_have_value("edge")
        sobel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
        x = np.array(
            [[int(text) for text in line.split(", ")] for line in page.locator("#overlap-x").input_value().split("\n")]
        )
        expected = convolution(x[None, :, :, None].astype(float), sobel[:, :, None, None], np.zeros(1))[0, :, :, 0]
        columns = expected.shape[1]
        picture = page.locator(".plane .x .touch")
        picture.scroll_into_view_if_needed()
        box = picture.bounding_box()
        page.mouse.click(box["x"] + box["width"] * 4.5 / x.shape[1], box["y"] + box["height"] * 3.5 / x.shape[0])
        expect(page.locator(SUM)).to_have_text(f"{expected[2, 3]:.0f}")
        assert page.locator(".plane .product text").all_text_contents() == shown(x[2:5, 3:6] * sobel)
        known = expected.ravel()[: 2 * columns + 3 + 1]
        assert page.locator(".plane .sum text").all_text_contents() == shown(known)
        page.locator(".plane .sum .touch").focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowLeft")
        expect(page.locator(SUM)).to_have_text(f"{expected[3, 2]:.0f}")
        page.wait_for_function("at => location.hash.includes(`at=${at}`)", arg=3 * columns + 2)


def shown(numbers):
    return [f"{number:.0f}".replace("-", "−") for number in np.ravel(numbers)]
