"""LRN, by its route and as a person raises a value: the numbers are the oracle's, and the neighbours fall."""

import numpy as np
import pytest
from browser import visit
from playwright.sync_api import expect

from striate.reference import local_response_normalization

LINK = "#instruments/lrn?values=1,2,1,0,0&size=5"


def ask(lab, **query):
    return lab.server.ask("/lab/instruments/lrn?" + "&".join(f"{name}={value}" for name, value in query.items()))


def test_the_route_has_the_papers_numbers(lab):
    answer = ask(lab, values="1,100,60,0,30").json
    values = np.array([1.0, 100, 60, 0, 30])
    expected = local_response_normalization(values.reshape(1, 1, 1, -1), 5, 1e-4, 0.75, 2)[0, 0, 0]
    assert np.allclose(answer["after"], expected)
    assert answer["first"] == [0, 0, 0, 1, 2] and answer["last"] == [2, 3, 4, 4, 4]
    assert np.allclose(np.array(answer["factors"]) * values, expected)
    assert answer["unopposed"] == pytest.approx(2**-0.75)
    other = ask(lab, values="1,100", size=1, k=1, alpha=0.5, beta=1).json
    assert np.allclose(other["after"], [1 / 1.5, 100 / 5001])
    alone = ask(lab, values="3", k=0, alpha=1, beta=0.5).json
    assert alone["after"] == [1] and alone["unopposed"] is None


@pytest.mark.parametrize(
    "query, words",
    [
        ({}, "values: is missing"),
        ({"values": "1;2"}, "values: expected up to 16 numbers from -1000 to 1000"),
        ({"values": ",".join(["1"] * 17)}, "values: expected"),
        ({"values": "1", "size": 0}, "size: expected a whole number from 1 to 16"),
        ({"values": "1", "k": "nan"}, "k: expected a number from 0 to 100"),
        ({"values": "0", "k": 0}, "nothing to divide by"),
        ({"values": "0", "k": 1e-300, "beta": 4}, "nothing to divide by"),
    ],
)
def test_what_cannot_compete_is_refused(lab, query, words):
    answer = ask(lab, **query)
    assert answer.status == 422 and words in answer.json["error"]


@pytest.mark.parametrize("look", [{"size": "wide"}, {"size": "narrow", "locale": "ko"}], ids=["wide", "narrow, Korean"])
def test_a_raised_value_lets_its_neighbours_fall(chromium, lab, look):
    with visit(chromium, f"{lab.address}/{LINK}", **look) as page:
        left = page.locator(".rest .number")
        expect(left).to_have_text(["59.4%", "59.4%", "59.4%", "59.4%", "59.5%"])
        page.locator(".maps input").nth(1).fill("100")
        expect(left).to_have_text(["43.9%", "43.9%", "43.9%", "43.9%", "59.5%"])  # the last is beyond its window
        expect(page.locator(".formula output")).to_have_text("0.439")
        expect(page.locator(".formula").nth(1)).to_contain_text("1 / (2 + 0.0001 · (1² + 100² + 1²))0.75")
        page.wait_for_function("() => location.hash.includes('values=1,100,1,0,0')")
        page.locator(".maps .name").nth(4).click()
        expect(page.locator(".maps li.within")).to_have_count(3)
        page.locator("#lrn-size").fill("3")
        expect(page.locator(".maps li.within")).to_have_count(2)
        expect(left.nth(3)).to_have_text("59.5%")
        page.locator(".side button").nth(1).click()
        expect(page.locator(".maps li")).to_have_count(4)
        expect(page.locator(".maps .name[aria-pressed=true]")).to_have_count(1)
        page.locator(".side button").first.click()
        expect(page.locator("#lrn-size")).to_have_value("5")


def test_every_value_is_moved_by_keys(chromium, lab):
    with visit(chromium, f"{lab.address}/{LINK}") as page:
        expect(page.locator(".slot .before").nth(3)).to_have_text("2")
        page.get_by_label("Value of map 1").focus()
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        expect(page.locator(".slot .before").nth(3)).to_have_text("5")
        page.locator("#lrn-alpha").focus()
        page.keyboard.press("End")
        expect(page.locator(".formula output")).to_have_text("0.08")


def test_an_older_answer_takes_no_key_press_back(chromium, lab):
    with visit(chromium, f"{lab.address}/{LINK}") as page:
        before = page.locator(".slot .before").nth(3)
        expect(before).to_have_text("2")
        held = []
        page.route("**/instruments/lrn?*", lambda route: held.append(route))  # noqa: PLW0108 (Playwright marks the function)

        def let_one_go():
            for _ in range(1000):
                if held:
                    return held.pop().continue_()
                page.wait_for_timeout(20)
            raise AssertionError("the page asked for nothing")

        page.get_by_label("Value of map 1").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        let_one_go()
        expect(before).to_have_text("3")  # the answer to the first press, behind the slider
        page.keyboard.press("ArrowRight")
        let_one_go()
        let_one_go()
        expect(before).to_have_text("5")
