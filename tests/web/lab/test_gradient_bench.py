"""The gradient bench, by its route and by hand: the library's measurement, and the word that it deserves."""

from urllib.parse import urlencode

import numpy as np
import pytest
from browser import visit
from playwright.sync_api import expect

from striate.inspection import BenchSetting, gradient_course

VANISHING = "depth=8&shortcut=0&initialization=small&batch_norm=0"
LOOKS = {"wide, English": {"size": "wide"}, "narrow, Korean": {"size": "narrow", "locale": "ko"}}


def ask(lab, **query):
    query = {"depth": 8, "shortcut": 1, "initialization": "he", "batch_norm": 1, **query}
    return lab.server.ask(f"/lab/instruments/gradient-flow?{urlencode(query)}")


@pytest.mark.parametrize("batch_norm", [0, 1])
def test_the_route_has_the_library_s_course(lab, batch_norm):
    answer = ask(lab, shortcut=0, initialization="glorot", batch_norm=batch_norm).json
    setting = BenchSetting(depth=8, shortcut=False, initialization="glorot", batch_norm=bool(batch_norm))
    course = gradient_course(setting.table())
    assert answer["depths"] == list(course.depths) and answer["course"] == course.course
    np.testing.assert_allclose(answer["gradients"], course.gradients, rtol=1e-9)
    ratio = answer["ratio"]
    assert ratio["least"] <= ratio["median"] <= ratio["most"]
    assert ratio["median"] == pytest.approx(np.median(course.ratios))
    assert answer["layer"] ** 6 == pytest.approx(ratio["median"])


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"depth": 9}, "depth: expected one of 8, 14, 20"),
        ({"depth": 1000}, "depth: expected a whole number from 8 to 56"),
        ({"initialization": "zero"}, "initialization: expected one of he, glorot"),
        ({"shortcut": 2}, "shortcut: expected a whole number from 0 to 1"),
    ],
)
def test_an_unknown_switch_is_refused(lab, query, words):
    answer = ask(lab, **query)
    assert answer.status == 422 and words in answer.json["error"], answer.json


@pytest.mark.parametrize("look", LOOKS.values(), ids=list(LOOKS))
def test_the_switches_change_the_word_and_a_kept_curve_stays(chromium, lab, look):
    korean = look.get("locale") == "ko"
    with visit(chromium, f"{lab.address}/#instruments/gradient-flow?{VANISHING}", **look) as page:
        verdict = page.locator(".verdict")
        expect(verdict).to_have_text(["기울기가 사라집니다" if korean else "The gradient vanishes"])
        expect(page.locator(".plot polyline")).to_have_count(1)
        page.get_by_role("button", name="이 곡선 남겨 두기" if korean else "Keep this curve").click()
        expect(page.locator(".plot polyline")).to_have_count(2)
        page.locator(".switch.shortcut button").nth(1).click()
        keeps = "기울기의 크기가 대체로 유지됩니다" if korean else "The gradient roughly keeps its size"
        expect(verdict.first).to_have_text(keeps)
        expect(verdict).to_have_count(2)
        page.wait_for_function("() => decodeURIComponent(location.hash).includes('kept=8,0,small,0')")
        page.get_by_role("button", name="남겨 둔 곡선 지우기" if korean else "Remove the kept curve").click()
        expect(verdict).to_have_count(1)


def test_the_lesson_s_setting_leaves_nothing_that_float32_stores(chromium, lab):
    link = "#instruments/gradient-flow?depth=56&shortcut=0&initialization=small&batch_norm=0"
    with visit(chromium, f"{lab.address}/{link}") as page:
        expect(page.locator(".course")).to_contain_text("× 10⁻⁵²")
        expect(page.locator(".course")).to_contain_text("In float32")
        pressed = page.locator(".switch [aria-pressed=true]")
        expect(pressed).to_have_text(["56", "plain", "without", "Gaussian, σ = 0.01"])
