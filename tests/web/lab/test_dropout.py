"""Dropout, by its route and as a person moves it: the library's ensemble, and what is exact said as exact."""

import base64
from urllib.parse import urlencode

import numpy as np
import pytest
from browser import visit
from playwright.sync_api import expect
from serving import png

from striate.inference import Predictor
from striate.inspection import dropout_ensemble, load_sample

LINK = "#instruments/dropout?rate=0.5&draws=8&picture=digit:3"
LOOKS = {"wide, English": {"size": "wide"}, "narrow, Korean": {"size": "narrow", "locale": "ko"}}


def ask(lab, **query):
    return lab.server.ask(f"/lab/instruments/dropout?{urlencode({'model': 'lenet5', **query})}", png(), "image/png")


def test_the_route_has_the_library_s_numbers(lab):
    answer = ask(lab, rate=0.9, draws=32, seed=3).json
    model = Predictor.load("lenet5").model
    sample = load_sample(png(), model.network.table)
    ensemble = dropout_ensemble(
        model.network, sample.input_NCHW, rate=0.9, draws=32, seed=3, temperature=model.temperature
    )
    indices = [one["index"] for one in answer["classes"]]
    for name in ("whole", "arithmetic", "geometric", "mean_mask"):
        expected = getattr(ensemble, name)[indices]
        np.testing.assert_allclose(answer["answers"][name]["probabilities"], expected, rtol=1e-4, atol=1e-6)
    assert answer["exact"] is True and answer["gaps"]["geometric"] < 1e-9
    assert len(answer["networks"]) == 8
    (row,) = answer["rows"]
    assert (row["path"], row["units"], row["rate"]) == ("F6", 84, 0.9)
    for number in range(8):
        kept = np.frombuffer(base64.b64decode(row["kept"][number]), np.uint8)
        assert kept.tolist() == ensemble.kept["F6"][number].int().tolist()
        assert row["counts"][number] == kept.sum()
    votes = ensemble.thinned.argmax(dim=1)
    assert answer["votes"] == [int((votes == index).sum()) for index in indices]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"rate": 1, "draws": 8}, "rate: expected a number from 0 to 0.95"),
        ({"rate": "nan", "draws": 8}, "rate: expected"),
        ({"rate": 0.5, "draws": 2000}, "draws: expected a whole number from 1 to 1024"),
        ({"rate": 0.5}, "draws: is missing"),
        ({"rate": 0.5, "draws": 1, "seed": -1}, "seed: expected"),
    ],
)
def test_impossible_numbers_are_refused(lab, query, words):
    answer = ask(lab, **query)
    assert answer.status == 422 and words in answer.json["error"], answer.json


@pytest.mark.parametrize("look", LOOKS.values(), ids=list(LOOKS))
def test_rate_and_draws_are_chosen_by_hand(chromium, lab, look):
    korean = look.get("locale") == "ko"
    with visit(chromium, f"{lab.address}/{LINK}", **look) as page:
        expect(page.locator(".networks li")).to_have_count(8)
        expect(page.locator(".networks strong").first).to_have_text("3")
        exact = page.locator(".claims li").nth(1)
        expect(exact).to_contain_text("정확:" if korean else "Exact:")
        expect(exact).to_contain_text("× 10⁻")
        slider = page.locator("#dropout-rate")
        slider.focus()
        slider.press("End")
        expect(slider).to_have_attribute("aria-valuetext", "95%")
        page.wait_for_function("() => location.hash.includes('rate=0.95')")
        expect(page.locator(".main[aria-busy=false]")).to_be_visible()
        few = page.locator(".networks .muted").first.text_content()
        page.locator(".segments button", has_text="128").click()
        expect(page.locator("thead th").nth(2)).to_have_text("128개의 평균" if korean else "Mean of 128")
        expect(page.locator(".networks li")).to_have_count(8)
        page.get_by_role("button", name="다시 뽑기" if korean else "Draw others").click()
        page.wait_for_function("() => location.hash.includes('seed=1')")
        expect(page.locator(".main[aria-busy=false]")).to_be_visible()
        assert few


def test_with_rate_0_all_units_stay_and_with_more_layers_behind_nothing_is_called_exact(chromium, lab):
    with visit(chromium, f"{lab.address}/#instruments/dropout?rate=0&picture=digit:3") as page:
        expect(page.locator(".networks .muted").first).to_have_text("84 of 84 units")
        expect(page.locator("tbody tr").first.locator(".cell .number")).to_have_text(["100.0%"] * 3)
    with visit(chromium, f"{lab.address}/#instruments/dropout?model=resnet20") as page:
        expect(page.locator(".notes p").first).to_contain_text("after pool")
