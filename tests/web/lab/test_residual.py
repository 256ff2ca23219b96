"""The residual block, by its route and by hand: at weights 0 the identity with its shortcut, nothing without."""

import base64
from urllib.parse import urlencode

import numpy as np
import pytest
import torch
from browser import visit
from playwright.sync_api import expect
from serving import png

from striate.inspection import load_sample, residual_block
from striate.tables import load_table

LOOKS = {"wide, English": {"size": "wide"}, "narrow, Korean": {"size": "narrow", "locale": "ko"}}


def ask(lab, **query):
    return lab.server.ask(f"/lab/instruments/residual?{urlencode({'model': 'lenet5', **query})}", png(), "image/png")


def values_of(maps):
    data = np.frombuffer(base64.b64decode(maps["maps"]), np.uint8).reshape(maps["shown"], *maps["size"])
    return (data.astype(float) - 128) / 127 * maps["scale"]


@pytest.mark.parametrize("plain", [0, 1])
@pytest.mark.parametrize("weight", [0, 0.5, 1])
def test_the_route_has_the_library_s_block(lab, weight, plain):
    answer = ask(lab, weight=weight, plain=plain, seed=2).json
    x = load_sample(png(), load_table("lenet5")).fitted_CHW.float() / 255
    result = residual_block(x, weight, plain=bool(plain), seed=2)
    maps = values_of(answer["maps"])
    step = answer["maps"]["scale"] / 127
    np.testing.assert_allclose(maps[0], x[0], atol=step)
    np.testing.assert_allclose(maps[1], result.output_CHW[0], atol=step)
    assert answer["difference"] == pytest.approx(result.difference, rel=1e-4)
    assert answer["gradient"]["body"] == pytest.approx(result.gradient.body, rel=1e-3)
    assert answer["chain"]["blocks"] == [1, 2, 4, 8, 16]
    np.testing.assert_allclose(values_of(answer["chain"]["maps"])[0], result.output_CHW[0], atol=0.02)
    assert [(one["option"], one["same"], one["changed"]) for one in answer["options"]] == [
        ("A", 0, 0), ("B", 0, 8192), ("C", 4096, 8192),
    ]  # fmt: skip


def test_a_picture_less_its_mean_has_negative_values_that_relu_takes_away(lab):
    answer = ask(lab, weight=0, centred=1).json
    maps = torch.from_numpy(values_of(answer["maps"]))
    assert answer["negative"] is True and answer["difference"] > 0
    torch.testing.assert_close(maps[1], maps[0].relu(), atol=0.01, rtol=0)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"weight": 3}, "weight: expected a number from 0 to 2"),
        ({"weight": 1, "plain": 2}, "plain: expected a whole number from 0 to 1"),
        ({}, "weight: is missing"),
    ],
)
def test_impossible_weights_are_refused(lab, query, words):
    answer = ask(lab, **query)
    assert answer.status == 422 and words in answer.json["error"], answer.json


@pytest.mark.parametrize("look", LOOKS.values(), ids=list(LOOKS))
def test_at_0_it_is_the_identity_and_without_the_shortcut_nothing(chromium, lab, look):
    korean = look.get("locale") == "ko"
    with visit(chromium, f"{lab.address}/#instruments/residual?weight=0&picture=digit:3", **look) as page:
        says = page.locator(".says")
        expect(says).to_contain_text("y = x,")
        expect(page.locator(".diagram .share").first).to_contain_text("100.0%")
        expect(page.locator(".chain figcaption").last).to_contain_text("100.0%")
        page.get_by_role("button", name="숏컷 없음" if korean else "Without", exact=True).click()
        expect(says).to_contain_text("y = 0")
        expect(page.locator(".chain figcaption").first).to_contain_text("0.0%")
        page.wait_for_function("() => location.hash.includes('plain=1')")
        page.locator("#residual-weight").focus()
        page.keyboard.press("ArrowRight")
        expect(says).to_contain_text("relu(F(x))")
        page.wait_for_function("() => location.hash.includes('weight=0.05')")


def test_without_the_mean_it_is_relu_of_x(chromium, lab):
    with visit(chromium, f"{lab.address}/#instruments/residual?weight=0&picture=digit:3") as page:
        page.locator("#residual-centred").check()
        expect(page.locator(".says")).to_contain_text("y = relu(x)")
        page.get_by_role("button", name="Draw other weights").click()
        page.wait_for_function("() => location.hash.includes('seed=1')")
        expect(page.locator(".option")).to_have_count(3)
