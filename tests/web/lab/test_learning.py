"""Learning made visible: one's own drawing along a training, two kinds of loss, a training that diverges."""

import json
import re

import pytest
from browser import visit
from lab_runs import EPOCH, kill_training, make_run
from lens import overflows, pixels
from playwright.sync_api import expect

from striate.runs import DIVERGED_PREFIX, FAILED_PREFIX, STATE_FOLDER, RunStore

LONG = 600_000  # ms: a training, on a machine that does other things too
MAP = ".replay-maps canvas"


@pytest.fixture(autouse=True)
def _no_training_is_left(lab):
    yield
    kill_training(lab.runs)


@pytest.fixture
def store(lab):
    (lab.runs / STATE_FOLDER).mkdir(parents=True, exist_ok=True)
    return RunStore(lab.runs)


def test_the_first_click_with_nothing_chosen_learns_and_shows_it(page, lab):
    page.get_by_role("button", name="Draw a 2").click()
    page.goto(f"{lab.address}/#train")
    expect(page.locator("#train-data")).to_have_value("digits")
    expect(page.locator("#train-table")).to_have_value("lenet5:distorted")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_role("img", name="Your drawing, as the network's input")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("img", name="C1 now: 6 kernels of 5×5")).to_be_visible()
    expect(page.get_by_text("Finished.")).to_be_visible(timeout=LONG)
    name = page.locator(".name").first.text_content()
    lines = (lab.runs / name / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    accuracies = [json.loads(line)["test_accuracy"] for line in lines]
    assert accuracies[0] < 0.5 and accuracies[-1] > 0.9
    expect(page.locator(".train-replay[aria-busy=false] .prediction")).to_contain_text("2, probability")
    trained, kernels = pixels(page.locator(MAP).first), pixels(page.locator(".kernel-change canvas").nth(6))
    slider = page.get_by_role("slider", name="Snapshot")
    slider.press("Home")
    expect(page.locator(".train-replay")).to_have_attribute("aria-busy", "false")
    assert pixels(page.locator(MAP).first) != trained
    assert pixels(page.locator(".kernel-change canvas").nth(6)) != kernels
    black = pixels(page.locator(".kernel-change canvas").nth(12))[2]
    assert black == black[:4] * 25  # at initialization there is no difference yet
    page.get_by_role("button", name="Play").click()
    expect(slider).to_have_attribute("aria-valuetext", "after 900 steps")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    assert pixels(page.locator(MAP).first) == trained


def test_losses_of_two_kinds_have_charts_of_their_own(page, lab, store):
    make_run(store, "softmax")
    paths = make_run(store, "prototypes")
    for path in (paths.config, paths.request):
        document = json.loads(path.read_text(encoding="utf-8"))
        assert document["table"]["recipe"]["loss"] == "rbf_map"
    config = store.folder / "softmax"
    for path in (config / "run.json", store.folder / STATE_FOLDER / "softmax.order.json"):
        path.write_text(path.read_text(encoding="utf-8").replace("rbf_map", "cross_entropy"), encoding="utf-8")
    page.goto(f"{lab.address}/#train")
    page.get_by_role("button", name="softmax", exact=True).click()
    losses = page.get_by_role("img", name=re.compile("^Loss"))
    expect(losses).to_have_count(1)
    page.get_by_role("checkbox", name="Curves of prototypes").check()
    expect(losses).to_have_count(2)
    expect(page.get_by_role("heading", name="Loss: softmax cross-entropy")).to_be_visible()
    expect(page.get_by_role("heading", name="Loss: RBF, maximum a posteriori")).to_be_visible()
    expect(page.locator(".train-curves")).to_contain_text("Their numbers cannot be compared")
    expect(page.get_by_role("img", name=re.compile("^Accuracy over the epochs")).locator("polyline")).to_have_count(4)


@pytest.mark.parametrize(("size", "locale"), [("narrow", "ko"), ("wide", "en-US")])
def test_a_training_that_diverged_is_told_in_plain_words(chromium, lab, store, size, locale):
    reason = f"{DIVERGED_PREFIX}wild: the loss is nan and its gradient's norm nan at step 3, learning rate 0.003"
    wild, broken = f"wild {size}", f"broken {size}"
    make_run(store, wild, log=f"{FAILED_PREFIX}{reason}\n")
    make_run(store, broken, log=f"{FAILED_PREFIX}broken: no space left on device\n")
    words = {
        "en-US": (
            "The training diverged.",
            "It was 0.003; try 0.0003.",
            "Train again with learning rate 0.0003",
            "Resume",
        ),
        "ko": ("학습이 발산했습니다.", "0.0003", "학습률 0.0003(으)로 다시 학습", "이어서 학습"),
    }[locale]
    with visit(chromium, f"{lab.address}/#train", size=size, locale=locale) as page:
        page.get_by_role("button", name=broken, exact=True).click()
        expect(page.get_by_role("button", name=words[3])).to_be_visible()
        page.get_by_role("button", name=wild, exact=True).click()
        expect(page.get_by_text(words[0])).to_be_visible()
        expect(page.locator(".advice")).to_contain_text(words[1])
        expect(page.get_by_role("button", name=words[3])).to_be_hidden()
        assert not overflows(page)
        page.get_by_role("button", name=words[2]).click()
        expect(page.locator("#train-learning_rate")).to_have_value("0.0003")
        expect(page.locator(".train-form button.primary")).to_be_focused()


def test_a_loss_that_does_not_fall_is_told_too(page, lab, store):
    flat = tuple({**EPOCH, "epoch": epoch} for epoch in range(1, 6))
    falling = tuple({**EPOCH, "epoch": epoch, "train_loss": 2.0 / epoch} for epoch in range(1, 6))
    make_run(store, "flat", epochs=flat)
    make_run(store, "falling", epochs=falling)
    page.goto(f"{lab.address}/#train")
    page.get_by_role("button", name="flat", exact=True).click()
    expect(page.locator(".advice")).to_contain_text("The loss has not become smaller")
    page.get_by_role("button", name="falling", exact=True).click()
    expect(page.locator(".advice")).to_be_empty()
