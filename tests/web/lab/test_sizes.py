"""The page on a phone, a tablet, a desk and a projector: nothing vanishes, everything can be read and touched."""

import pytest
from browser import SMALL_TARGETS, WAIT, visit
from lens import overflows
from playwright.sync_api import expect

from striate.tables import load_table
from striate.training import Options, train

VIEWS = ("draw", "layers", "stress", "table", "train", "filters", "cortex", "why", "instruments", "lessons")
WIDTHS = range(320, 1025, 32)
NEAR_OLD_FAULT = (801, 817, 834)  # where bars were 0 px wide once
BARS = ("draw", "stress", "train")
LONG_NAME = "a-training-with-a-rather-long-name-of-its-own"

SMALL_FIELDS = """() => [...document.querySelectorAll("input, select, textarea")]
  .filter((field) => field.checkVisibility() && !["range", "checkbox", "radio", "file"].includes(field.type))
  .filter((field) => parseFloat(getComputedStyle(field).fontSize) < 16).map((field) => field.outerHTML.slice(0, 120))"""
"""The visible fields in which iOS would enlarge the page."""
BAR_WIDTHS = "() => [...document.querySelectorAll('.bars .bar')].map((bar) => bar.getBoundingClientRect().width)"
HIDDEN_NAMES = """() => [...document.querySelectorAll("#views a")].filter((link) => {
  const { left, right, top, height } = link.getBoundingClientRect();
  return left < 0 || right > innerWidth || top < 0 || height === 0 || link.scrollWidth > link.clientWidth + 1;
}).map((link) => link.textContent)"""


@pytest.fixture(scope="module")
def replayed(lab):
    """A run with snapshots, so that Train shows all that it has."""
    lab.runs.mkdir(parents=True, exist_ok=True)
    options = Options(precision="float32", device="cpu")
    train(
        "lenet5:tiny",
        "digits",
        lab.runs / LONG_NAME,
        recipe=load_table("lenet5:tiny").recipe,
        replay=3,
        options=options,
    )


def opened(page, lab, view):
    page.goto(f"{lab.address}/#{view}")
    expect(page.locator(f"#view.view-{view} h1")).to_be_attached()
    if view in BARS:
        expect(page.locator(".bars .bar").first).to_be_attached()
    page.wait_for_load_state("networkidle")
    expect(page.locator("#view:not([data-behind])")).to_be_attached()


@pytest.mark.usefixtures("replayed")
def test_bars_and_view_names_have_a_width_at_every_width(chromium, lab):
    wrong = []
    with visit(chromium, lab.address) as page:
        for view in VIEWS:
            opened(page, lab, view)
            for width in (*WIDTHS, *NEAR_OLD_FAULT):
                page.set_viewport_size({"width": width, "height": 900})
                bars = page.evaluate(BAR_WIDTHS)
                assert bars or view not in BARS
                wrong += [f"{view} {width}: a bar of {bar} px" for bar in bars if bar < 16]
                wrong += [f"{view} {width}: {name} is hidden" for name in page.evaluate(HIDDEN_NAMES)]
                if overflows(page):
                    wrong.append(f"{view} {width}: wider than the window")
    assert wrong == []


@pytest.mark.usefixtures("replayed")
@pytest.mark.parametrize(("size", "locale"), [("320x568", "ko"), ("390x844", "en-US"), ("820x1180", "ko")])
def test_fields_are_legible_and_targets_are_large_on_touch_screens(chromium, lab, size, locale):
    width, height = map(int, size.split("x"))
    context = chromium.new_context(viewport={"width": width, "height": height}, has_touch=True, locale=locale)
    context.set_default_timeout(WAIT)
    page = context.new_page()
    wrong = []
    for view in VIEWS:
        opened(page, lab, view)
        wrong += [f"{view}: {line}" for line in (*page.evaluate(SMALL_FIELDS), *page.evaluate(SMALL_TARGETS))]
    context.close()
    assert wrong == []


@pytest.mark.parametrize("size", ["390x844", "820x1180"])
def test_the_pad_and_the_verdict_stay_in_sight_while_the_maps_scroll(chromium, lab, size):
    width, height = map(int, size.split("x"))
    context = chromium.new_context(viewport={"width": width, "height": height}, has_touch=True)
    page = context.new_page()
    opened(page, lab, "draw")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    for pinned in ("canvas.pad", ".prediction"):
        box = page.locator(pinned).bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= height / 2, pinned
    context.close()


@pytest.mark.usefixtures("replayed")
def test_a_presentation_is_larger_and_hides_what_is_not_needed(chromium, lab):
    with visit(chromium, lab.address) as page:
        for view in VIEWS:
            opened(page, lab, view)
            size = page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)")
            page.keyboard.press("F8")
            expect(page.locator("html")).to_have_attribute("data-presentation", "")
            expect(page.locator(f"#view.view-{view} h1")).to_be_attached()
            expect(page.locator("#language")).to_be_hidden()
            expect(page.locator("#view .explanation, #view .lead").filter(visible=True)).to_have_count(0)
            assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") > 1.2 * size
            assert not overflows(page), view
            tops = page.locator("#views a").evaluate_all("links => links.map(link => link.getBoundingClientRect().top)")
            assert len(set(tops)) == 1, f"{view}: the names of the views are not in one line"
            page.get_by_role("button", name="Presentation (F8)").click()
            expect(page.locator("html")).not_to_have_attribute("data-presentation", "")
            expect(page.get_by_role("button", name="Presentation (F8)")).to_be_focused()


def test_a_presentation_is_full_screen_where_that_is_possible_and_a_large_page_elsewhere(chromium, lab):
    with visit(chromium, lab.address) as page:
        button = page.get_by_role("button", name="Presentation (F8)")
        button.click()
        page.wait_for_function("() => document.fullscreenElement === document.documentElement")
        page.evaluate("document.exitFullscreen()")  # as the browser's own key does
        expect(button).to_have_attribute("aria-pressed", "false")
        page.evaluate("document.documentElement.requestFullscreen = undefined")  # as on an iPhone
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        expect(page.locator("html")).to_have_attribute("data-presentation", "")


def test_the_page_grows_with_a_screen_of_4k(chromium, lab):
    context = chromium.new_context(viewport={"width": 3840, "height": 2160})
    page = context.new_page()
    opened(page, lab, "draw")
    assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") > 25
    assert page.locator("#view").bounding_box()["width"] > 3840 / 2
    context.close()


def test_under_reduced_motion_the_bar_turns_one_step_at_a_press(chromium, lab):
    with visit(chromium, f"{lab.address}/#cortex") as page:
        page.emulate_media(reduced_motion="reduce")
        opened(page, lab, "cortex")
        expect(page.locator(".reading")).to_contain_text("0°: ")
        for degrees in ("5°: ", "10°: "):
            page.get_by_role("button", name="Rotate by 5°").click()
            expect(page.locator(".reading")).to_contain_text(degrees)
        expect(page.get_by_role("button", name="Rotate by 5°")).to_be_visible()  # nothing plays that could be stopped
