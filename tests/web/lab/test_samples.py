"""The samples of a model: by its classes, of a run its own pictures; on which picture each model opens."""

import base64

import pytest
from browser import visit
from lab_runs import make_run
from PIL import Image
from playwright.sync_api import expect
from serving import serving

from striate.inference import Predictor
from striate.nn import Model, build, save_model
from striate.runs import STATE_FOLDER, RunStore
from striate.web import LabSettings
from striate.web.lab.samples import sample_set

DIGITS = tuple("0123456789")
CIFAR = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
PETS = ("고양이", "dog/puppy")


def model(table, classes):
    return Model(build(table, classes=len(classes), seed=0), classes, {}, {})


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A model of digits, and runs: of digits in colour, of pets in gray and in colour, and one that has not finished."""
    folder = tmp_path_factory.mktemp("runs")
    store = RunStore(folder)
    (folder / STATE_FOLDER).mkdir()
    for name, table, classes, finished in (
        ("digits", "alexnet:tiny", DIGITS, True),
        ("gray", "lenet5:modern", PETS, True),
        ("pets", "alexnet:tiny", PETS, True),
        ("stopped", "alexnet:tiny", PETS, False),
        ("stopped-gray", "lenet5:modern", PETS, False),
    ):
        paths = make_run(store, name, own=False, card=finished)
        save_model(paths.model, model(table, classes))
        if finished:
            paths.samples.mkdir()
            for stem, colour in zip(("고양이", "dog-puppy"), ("#c40", "#04c"), strict=True):
                Image.new("RGB", (40, 40), colour).save(paths.samples / f"{stem}.png")
    models = {"lenet5": Predictor.load("lenet5")}
    with serving(models, lab=LabSettings(folder)) as client:
        yield client


@pytest.mark.parametrize(
    ("classes", "channels", "found"),
    [
        (DIGITS, 1, "digits"),
        (DIGITS, 3, "digits"),
        (CIFAR, 3, "photos"),
        (CIFAR, 1, "photos"),
        (PETS, 3, "photos"),
        (PETS, 1, ""),
        ((), 1, "digits"),
        ((), 3, "photos"),
    ],
)
def test_the_set_that_ships_goes_by_the_classes(classes, channels, found):
    assert sample_set(classes, channels) == found


def test_a_run_has_the_pictures_that_it_keeps(server):
    sets = {one["name"]: one["samples"] for one in server.ask("/lab/models").json["models"]}
    assert sets == {
        "lenet5": "digits", "runs/digits": "digits", "runs/gray": "runs/gray", "runs/pets": "runs/pets",
        "runs/stopped": "photos", "runs/stopped-gray": "",
    }  # fmt: skip
    sent = server.ask("/lab/samples?set=runs/pets").json["samples"]
    assert [(one["name"], one["class"], one["licence"]) for one in sent] == [
        ("고양이.png", "고양이", None), ("dog-puppy.png", "dog/puppy", None),
    ]  # fmt: skip
    assert base64.b64decode(sent[0]["content"]).startswith(b"\x89PNG")
    for name in ("pets", "runs/nothing", "runs/../pets", "runs/stopped", ""):
        assert server.ask(f"/lab/samples?set={name}").error == "set: expected one of digits, photos"


def test_each_model_opens_on_its_own_picture_and_comes_back_to_it(chromium, server):
    """Two models of the same input have different pictures, if their classes are different."""
    drawings, own = "button[aria-label='Draw a 7']", ".samples .photos button"
    offered = {"lenet5": (1, 10), "runs/gray": (0, 2), "runs/pets": (0, 2), "runs/stopped-gray": (0, 0)}
    with visit(chromium, f"http://127.0.0.1:{server.port}/") as page:
        for name, (digits, photos) in offered.items():
            page.locator("#model").select_option(name)
            expect(page.locator(drawings)).to_have_count(digits)
            expect(page.locator(own)).to_have_count(photos)
            expect(page.locator("#view.view-draw:not([data-behind]) .bars li").first).to_be_visible()
            expect(page.locator(".about")).to_contain_text("고양이" if name in ("runs/gray", "runs/pets") else "")
            if name == "runs/pets":
                page.get_by_role("button", name="Sample: dog/puppy").click()
                expect(page.locator(".about")).to_contain_text("dog/puppy")
        for name, shown in {"runs/gray": "고양이", "runs/pets": "dog/puppy"}.items():
            page.locator("#model").select_option(name)
            expect(page.locator(".about")).to_contain_text(shown)
