"""Augmentation, by its route and as a person moves it: the pictures of training, each with what was drawn for it."""

import base64
from urllib.parse import urlencode

import numpy as np
import pytest
from browser import visit
from playwright.sync_api import expect
from serving import png

from striate.inference import Predictor
from striate.inspection import augment_picture, augmentation_of, class_probabilities

LINK = "#instruments/augmentation?draws=8&picture=digit:3"
LOOKS = {"wide, English": {"size": "wide"}, "narrow, Korean": {"size": "narrow", "locale": "ko"}}


def ask(lab, content=None, **query):
    path = f"/lab/instruments/augmentation?{urlencode({'model': 'lenet5', **query})}"
    return lab.server.ask(path, png() if content is None else content, "image/png")


@pytest.mark.parametrize("recipe", ["own", "alexnet", "googlenet"])
def test_the_route_has_the_library_s_pictures_and_answers(lab, recipe):
    answer = ask(lab, draws=5, seed=2, recipe=recipe).json
    model = Predictor.load("lenet5").model
    network = model.network
    steps = None if recipe == "own" else augmentation_of(recipe, network.table)
    made = augment_picture(png(), network.table, steps, draws=5, seed=2)
    probabilities = class_probabilities(network, made.inputs_NCHW, temperature=model.temperature)
    assert answer["kinds"] == [step.kind for step in made.steps[0]]
    for index, draw in enumerate(answer["draws"]):
        pixels = np.frombuffer(base64.b64decode(draw["input"]["pixels"]), np.uint8).reshape(draw["input"]["shape"])
        np.testing.assert_array_equal(pixels, made.pictures_NCHW[index].numpy())
        assert draw["steps"] == [{"kind": step.kind, "numbers": dict(step.numbers)} for step in made.steps[index]]
        assert draw["top"][0]["index"] == int(probabilities[index].argmax())
        assert draw["top"][0]["probability"] == pytest.approx(float(probabilities[index].max()), rel=1e-3)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"draws": 25}, "draws: expected a whole number from 1 to 24"),
        ({"draws": 1, "recipe": "vgg"}, "recipe: expected one of own, alexnet"),
        ({}, "draws: is missing"),
    ],
)
def test_what_is_no_recipe_is_refused(lab, query, words):
    answer = ask(lab, **query)
    assert answer.status == 422 and words in answer.json["error"], answer.json


def test_what_is_no_picture_is_refused(lab):
    answer = ask(lab, b"no picture", draws=1)
    assert answer.status == 422 and "not an image" in answer.json["error"]


@pytest.mark.parametrize("look", LOOKS.values(), ids=list(LOOKS))
def test_a_mirrored_3_is_no_3(chromium, lab, look):
    """The lesson's sentence, with AlexNet's recipe; LeNet-5's does not mirror."""
    korean = look.get("locale") == "ko"
    mirrored = "좌우 뒤집음" if korean else "mirrored"
    with visit(chromium, f"{lab.address}/{LINK}", **look) as page:
        expect(page.locator(".drawn > li")).to_have_count(8)
        expect(page.locator(".unvaried strong")).to_have_text("3")
        flipped = page.locator(".drawn > li", has_text=mirrored)
        expect(flipped.first).to_be_visible()
        expect(flipped.locator("strong.error")).to_have_count(flipped.count())
        page.locator("#augmentation-recipe").select_option("lenet5:distorted")
        expect(page.locator(".steps", has_text="회전" if korean else "rotated")).to_have_count(8)
        expect(page.locator(".drawn > li", has_text=mirrored)).to_have_count(0)
        page.wait_for_function("() => location.hash.includes('recipe=lenet5')")


def test_draws_by_keyboard_and_other_draws(chromium, lab):
    with visit(chromium, f"{lab.address}/{LINK}") as page:
        expect(page.locator(".drawn > li")).to_have_count(8)
        first = page.locator(".steps").first.text_content()
        page.locator("#augmentation-draws").focus()
        page.keyboard.press("ArrowRight")
        expect(page.locator(".drawn > li")).to_have_count(9)
        expect(page.locator(".steps").first).to_have_text(first)
        page.get_by_role("button", name="Draw others").click()
        page.wait_for_function("() => location.hash.includes('seed=1')")
        expect(page.locator(".steps").first).not_to_have_text(first)
        expect(page.locator(".summary")).to_contain_text("of 9 draws")


def test_photos_keep_their_colours_and_say_what_was_added(chromium, lab):
    with visit(chromium, f"{lab.address}/#instruments/augmentation?model=resnet20") as page:
        expect(page.locator(".steps", has_text="red")).to_have_count(8)
        expect(page.locator(".notes")).to_contain_text("principal components")
