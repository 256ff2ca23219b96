"""The replay in Train, as a person uses it: the slider by keyboard, what it shows, a run that goes on, both languages."""

import json
import re

import pytest
from browser import visit
from lab_runs import kill_training
from playwright.sync_api import expect

from striate.inspection import measure_replay
from striate.tables import load_table
from striate.training import Options, train

LONG = 100_000  # ms: a training, on a machine that does other things too


@pytest.fixture(autouse=True)
def _no_training_is_left(lab):
    yield
    kill_training(lab.runs)


@pytest.fixture(scope="module")
def replay(lab):
    """A run with snapshots in the lab's folder, and what the library measures of it."""
    lab.runs.mkdir(parents=True, exist_ok=True)
    recipe = load_table("lenet5:tiny").recipe
    out = lab.runs / "replayed"
    train("lenet5:tiny", "digits", out, recipe=recipe, replay=6, options=Options(precision="float32", device="cpu"))
    return measure_replay(out)


def pixels(page):
    """The first kernel as it is shown."""
    canvas = (
        page.get_by_role("img", name=re.compile("^C1 (at the end|at init|after).*: 6 kernels"))
        .last.locator("canvas")
        .first
    )
    return canvas.evaluate("canvas => canvas.toDataURL()")


def start(page, epochs, snapshots):
    """Fill the form and press the button."""
    page.get_by_label("Data", exact=True).select_option("digits")
    page.get_by_label("Table", exact=True).select_option("lenet5:tiny")
    page.get_by_label("Epochs", exact=True).fill(str(epochs))
    page.get_by_label("Batch size", exact=True).fill("64")
    page.get_by_label("Snapshots for the replay (0: none)").fill(str(snapshots))
    page.get_by_role("button", name="Train", exact=True).click()


def percent(probability):
    return f"{probability:.1%}"


def test_the_slider_shows_each_snapshot(page, lab, replay):
    page.goto(f"{lab.address}/#train")
    page.get_by_role("button", name="replayed", exact=True).click()
    slider = page.get_by_role("slider", name="Snapshot")
    steps = [frame.step for frame in replay.frames]
    expect(slider).to_have_attribute("aria-valuetext", f"after {steps[-1]:,} steps")
    page.get_by_role("button", name="Validation picture").click()
    for row in ("C1 at initialization", "C1 at the end", "C1: the difference"):
        expect(page.get_by_role("img", name=f"{row}: 6 kernels of 3×3").locator("canvas")).to_have_count(6)
    maps = page.get_by_role("img", name=re.compile("^Maps of C1: 6 maps of"))
    expect(maps.locator("canvas")).to_have_count(6)
    expect(page.get_by_role("img", name=f"A validation picture of class {replay.label}")).to_be_visible()
    last = pixels(page)
    asked = []
    page.on("request", lambda request: "/lab/replay" in request.url and asked.append(request.url))
    slider.focus()
    page.keyboard.press("Home")
    curves = []
    for index, frame in enumerate(replay.frames):
        words = f"after {frame.step:,} steps" if frame.step else "at initialization"
        expect(slider).to_have_attribute("aria-valuetext", words)
        expect(page.locator(".replay-slider output")).to_contain_text(words)
        expect(page.locator(".train-replay")).to_have_attribute("aria-busy", "false")
        best = frame.probabilities.argmax()
        bar = page.locator(".train-replay .bars li").first
        expect(bar).to_have_text(f"{replay.classes[best]}{percent(frame.probabilities[best])}")
        curves.append(page.locator(".train-replay polyline").first.get_attribute("points"))
        if index < len(steps) - 1:
            page.keyboard.press("ArrowRight")
    assert len(set(curves)) == len(curves)
    assert pixels(page) == last
    page.keyboard.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", "at initialization")
    expect(page.locator(".train-replay .bars .probability").first).to_have_text(
        percent(replay.frames[0].probabilities.max())
    )
    assert pixels(page) != last
    assert (
        len(asked) == len(set(asked)) == len(steps) - 2
    )  # the first and the last were there, and none is asked for twice
    page.locator("#language").select_option("ko")
    expect(page.get_by_role("slider", name="스냅샷")).to_have_attribute("aria-valuetext", "초기 가중치")
    page.locator("#language").select_option("en")


@pytest.mark.usefixtures("replay")
def test_a_run_from_the_page_has_as_many_snapshots_as_the_form_says(page, lab):
    page.goto(f"{lab.address}/#train")
    expect(page.get_by_label("Snapshots for the replay (0: none)")).to_have_value("12")
    expect(page.locator(".name").first).not_to_be_empty()
    before = page.locator(".name").first.text_content()
    start(page, epochs=2, snapshots=5)
    expect(page.locator(".name").first).not_to_have_text(before)
    expect(page.get_by_text("Finished.")).to_be_visible(timeout=LONG)
    name = page.locator(".name").first.text_content()
    steps = lab.server.ask(f"/lab/run?name={name}").json["replay"]["steps"]
    assert (len(steps), steps[0], steps[-1]) == (5, 0, 46)
    slider = page.get_by_role("slider", name="Snapshot")
    expect(slider).to_have_attribute("max", "4")
    expect(slider).to_have_attribute("aria-valuetext", "after 46 steps")  # it followed the training
    start(page, epochs=1, snapshots=0)
    expect(page.locator(".name").first).not_to_have_text(name)
    expect(page.get_by_text("Finished.")).to_be_visible(timeout=LONG)
    expect(slider).to_be_hidden()
    name = page.locator(".name").first.text_content()
    assert json.loads((lab.runs / name / "run.json").read_text(encoding="utf-8"))["replay"] == 0


@pytest.mark.usefixtures("replay")
def test_it_fits_a_narrow_screen(chromium, lab):
    with visit(chromium, f"{lab.address}/#train", size="narrow") as page:
        page.get_by_role("button", name="replayed", exact=True).click()
        expect(page.locator(".train-replay polyline").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
