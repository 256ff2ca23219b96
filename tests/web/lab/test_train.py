"""Train, as a person does: press the button, watch, close the page, come back; stop the server, too."""

import contextlib
import json
import os
import re
import signal
import subprocess

import pytest
from browser import visit
from lab_runs import EPOCH, kill_training, lock_of, make_run
from playwright.sync_api import expect
from running import STRIATE
from systems import posix

from striate.runs import STATE_FOLDER, LockHolder, RunStore

HOSTILE = "<img src=x onerror=alert(1)>"
LONG = 100_000  # ms: a training, on a machine that does other things too


def metrics(runs, name):
    return [json.loads(line) for line in (runs / name / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]


def order(page, table, **numbers):
    """Fill the form and press the button."""
    page.get_by_label("Data", exact=True).select_option("digits")
    page.get_by_label("Table", exact=True).select_option(table)
    for label, number in numbers.items():
        page.get_by_label(label.replace("_", " "), exact=True).fill(str(number))
    page.get_by_role("button", name="Train", exact=True).click()


def fact(page, name):
    return page.locator(".train-facts div").filter(has=page.get_by_text(name, exact=True)).locator("dd")


def pixels(page, title):
    """The first kernel as it is shown."""
    return page.get_by_role("img", name=title).locator("canvas").first.evaluate("canvas => canvas.toDataURL()")


@pytest.fixture(autouse=True)
def _no_training_is_left(lab):
    yield
    kill_training(lab.runs)


def test_lenet5_is_trained_stopped_resumed_and_used(page, lab):
    page.goto(f"{lab.address}/#train")
    expect(page.get_by_label("Epochs", exact=True)).to_have_value("20")  # the table's recipe
    order(page, "lenet5", Epochs=6, Batch_size=16)
    expect(page.get_by_text("Training. It continues when this page is closed.")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_disabled()
    expect(page.get_by_text("lenet5-digits-1 is training; only one run trains at a time.")).to_be_visible()
    expect(page.get_by_role("img", name="C1 now: 6 kernels of 5×5").locator("canvas")).to_have_count(6)
    expect(fact(page, "Images/s")).to_have_text(re.compile(r"^[\d,]+$"))
    expect(fact(page, "Time left")).to_have_text(re.compile(r"^\d+ (sec|min)$"))
    expect(fact(page, "Epoch")).to_have_text(re.compile(r"^[2-5] / 6$"), timeout=LONG)
    early = pixels(page, "C1 now")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped. Resume continues from the last checkpoint.")).to_be_visible(timeout=LONG)
    stopped = metrics(lab.runs, "lenet5-digits-1")
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("Finished.")).to_be_visible(timeout=LONG)
    assert pixels(page, "C1 at initialization") != pixels(page, "C1 at the end") != early
    epochs = metrics(lab.runs, "lenet5-digits-1")
    assert 0 < len(stopped) < len(epochs) == 6
    assert epochs[: len(stopped)] == stopped  # it went on, and did not begin anew
    accuracy = epochs[-1]["test_accuracy"]
    assert accuracy > 0.95
    expect(fact(page, "Validation accuracy")).to_have_text(f"{accuracy:.1%}")
    chart = page.get_by_role("img", name=re.compile("^Accuracy over the epochs"))
    lines = chart.locator("polyline").evaluate_all("lines => lines.map(line => line.getAttribute('points'))")
    for line, part in zip(lines, ("test_accuracy", "train_accuracy"), strict=True):
        heights = [float(place.split(",")[1]) for place in line.split()]
        top, foot = 10, 200  # of a chart 240 high
        assert heights == [pytest.approx(foot - epoch[part] * (foot - top), abs=0.1) for epoch in epochs]
    page.get_by_role("button", name="Use this model").click()
    expect(page.locator("#model")).to_have_value("runs/lenet5-digits-1")
    page.get_by_role("button", name="Draw a 3").click()
    expect(page.locator(".bars .name").first).to_have_text("3")


@posix
def test_curves_of_several_runs_and_names_are_text(page, lab):
    store = RunStore(lab.runs)
    (lab.runs / ".lab").mkdir(parents=True, exist_ok=True)
    make_run(store, HOSTILE, own=False, card=True, epochs=(EPOCH, {**EPOCH, "epoch": 2}))
    make_run(store, "stopped one")
    page.goto(f"{lab.address}/#train")
    page.get_by_role("button", name=HOSTILE).click()
    expect(page.locator(".train-curves .legend").first.locator("li")).to_have_text(
        [f"{HOSTILE}, validation", f"{HOSTILE}, training"]
    )
    expect(page.get_by_role("button", name="Delete")).to_be_hidden()
    page.get_by_role("checkbox", name="Curves of stopped one").check()
    expect(page.locator(".train-curves .legend").first.locator("li")).to_have_count(4)
    page.locator("#language").select_option("ko")
    expect(page.locator(".train-curves .legend").first.locator("li").last).to_have_text("stopped one, 학습")
    page.locator("#language").select_option("en")
    page.get_by_role("button", name="stopped one").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("button", name="stopped one")).to_have_count(0)
    assert not (lab.runs / "stopped one").exists()


def test_an_error_of_the_server_is_shown_below_the_button(chromium, lab):
    with visit(chromium, f"{lab.address}/#train", allowed=("422",)) as page:
        order(page, "resnet152", Batch_size=2000)
        expect(page.get_by_role("alert")).to_have_text(re.compile(r"a step with 2,000 images needs .* GB"))


@posix
def test_a_stop_that_failed_can_be_repeated(chromium, lab):
    (lab.runs / STATE_FOLDER).mkdir(parents=True, exist_ok=True)
    store = RunStore(lab.runs)
    paths = make_run(store, "beginning")
    paths.stop.symlink_to(lab.runs / "none" / "file")  # so that the server cannot make it
    with (
        lock_of(store).acquire(),
        visit(chromium, f"{lab.address}/#train", allowed=("422",)) as page,
    ):
        lock_of(store).write_holder(LockHolder("beginning", os.getpid()))
        page.get_by_role("button", name="beginning", exact=True).click()
        page.get_by_role("button", name="Stop").click()
        expect(page.locator("#notice")).to_have_text(re.compile("cannot be written"))
        expect(page.get_by_role("button", name="Stop")).to_be_enabled()
        expect(page.get_by_text("Stopping")).to_have_count(0)
    paths.stop.unlink()


@contextlib.contextmanager
def served(runs, port=0):
    """A server of its own on a folder of runs: its address, and the process."""
    command = [*STRIATE, "serve", "--port", str(port), "--json", "--runs", str(runs)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as process:
        try:
            yield json.loads(process.stdout.readline())["address"], process
        finally:
            process.terminate()
            process.wait(30)


@posix
def test_a_training_survives_the_page_and_the_server(chromium, tmp_path):
    runs, name = tmp_path / "runs", "lenet5-tiny-digits-1"
    with contextlib.ExitStack() as stack:
        stack.callback(kill_training, runs)
        with served(runs) as (address, process):
            with visit(chromium, f"{address}/#train") as page:
                order(page, "lenet5:tiny", Epochs=1000, Batch_size=256)
                expect(fact(page, "Epoch")).to_have_text(re.compile(r"^[2-9]\d* / 1,000$"), timeout=LONG)
            process.send_signal(signal.SIGTERM)
            told, _ = process.stderr.read().splitlines()
        assert re.fullmatch(
            rf"striate: the training of .*/{name} continues; `kill \d+` ends it, with a checkpoint", told
        )
        seen = len(metrics(runs, name))
        with served(runs) as (address, _), visit(chromium, f"{address}/#train") as page:
            expect(page.get_by_text("Training. It continues when this page is closed.")).to_be_visible()
            expect(page.get_by_role("img", name="C1 now").locator("canvas").first).to_be_visible()
            page.get_by_role("button", name="Stop").click()
            expect(page.get_by_text("Stopped. Resume continues from")).to_be_visible(timeout=LONG)
            epochs = metrics(runs, name)
            assert [epoch["epoch"] for epoch in epochs] == list(range(1, len(epochs) + 1))
            assert len(epochs) > seen > 0
            expect(fact(page, "Epoch")).to_have_text(f"{len(epochs):,} / 1,000")
            expect(fact(page, "Validation accuracy")).to_have_text(f"{epochs[-1]['test_accuracy']:.1%}")
