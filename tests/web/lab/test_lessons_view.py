"""The view of the lessons: a student predicts, does, sees, answers; and comes back to where the lesson was left."""

import json

import pytest
from browser import violations, visit
from playwright.sync_api import expect

from striate.course import draw, load_lesson, shown_answer

LOOKS = {
    "wide, light, English": {"size": "wide"},
    "tablet, light, Korean": {"size": "tablet", "locale": "ko"},
    "narrow, dark, Korean": {"size": "narrow", "dark": True, "locale": "ko"},
    "narrow, light, English": {"size": "narrow"},
}


def exercise(lesson, place, seed):
    reference = load_lesson(lesson, "en").exercises[place - 1]
    return draw(reference.kind, seed, reference.parameters)


def answered(page, text):
    page.locator("#answer").fill(text)
    page.locator("#answer").press("Enter")


@pytest.mark.parametrize("look", LOOKS.values(), ids=list(LOOKS))
def test_every_lesson_fits_and_is_accessible(chromium, lab, look):
    wrong = {}
    with visit(chromium, f"{lab.address}/#lessons", **look) as page:
        expect(page.locator(".contents li")).to_have_count(15)
        wrong["contents"] = violations(page)
        for number in range(1, 16):
            page.goto(f"{lab.address}/#lessons?lesson={number}&exercise=1&seed=3")
            expect(page.locator(".question")).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), number
            wrong[number] = violations(page)
        page.goto(f"{lab.address}/#lessons?claim=sobel")
        expect(page.locator(".ledger tbody tr")).to_have_count(113)
        wrong["ledger"] = violations(page)
    assert not any(wrong.values()), wrong


def test_a_lesson_goes_on_when_a_prediction_is_made(chromium, lab):
    with visit(chromium, f"{lab.address}/#lessons") as page:
        page.get_by_role("link", name="Begin with lesson 1").click()
        page.go_back()
        page.get_by_role("link", name="Lesson 4").click()
        commit = page.get_by_role("button", name="That is my prediction")
        expect(commit).to_be_disabled()
        expect(page.get_by_role("heading", name="See")).to_have_count(0)
        page.get_by_role("radio", name="8×8").check()
        page.get_by_role("textbox").fill("one less")
        commit.click()
        expect(page.get_by_role("heading", name="Do", exact=True)).to_be_focused()
        expect(page.locator(".compare strong")).to_have_text("8×8 — one less")
        page.reload()
        expect(page.locator(".made strong")).to_have_text("8×8 — one less")
        page.get_by_role("button", name="Change it").click()
        expect(page.get_by_role("radio", name="9×9")).to_be_focused()
        expect(page.get_by_role("heading", name="See")).to_have_count(0)


def test_one_may_go_on_without_a_prediction(chromium, lab):
    with visit(chromium, f"{lab.address}/#lessons?lesson=2") as page:
        page.get_by_role("button", name="Go on without one").click()
        expect(page.get_by_role("heading", name="See")).to_be_visible()
        expect(page.locator(".compare")).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_an_exercise_is_marked_and_known_mistakes_are_recognised(chromium, lab, language):
    drawn = exercise(4, 1, 7)
    with visit(chromium, f"{lab.address}/#lessons?lang={language}&lesson=4&exercise=1&seed=7") as page:
        expect(page.locator(".question")).to_have_text(drawn.question.of(language))
        status = page.locator(".exercise [role=status]")
        answered(page, "")
        expect(status).not_to_have_text("")
        answered(page, "?")
        expect(status).not_to_contain_text("✗")
        mistake = drawn.misconceptions[0]
        answered(page, shown_answer(mistake.answer, drawn.form))
        expect(status).to_have_text(f"✗ {mistake.says.of(language)}")
        expect(page.locator("#answer")).to_be_focused()
        expect(page.locator(".solution")).to_be_empty()
        wide = "".join(chr(ord(digit) + 0xFEE0) for digit in str(int(drawn.key[0])))
        answered(page, wide)
        expect(status).to_contain_text("✓")
        expect(page.locator(".solution")).to_contain_text(drawn.solution.of(language))
        expect(page.locator(".tabs [aria-pressed=true]")).to_contain_text("✓")
        expect(page.locator(".exercise .primary:focus")).to_have_count(1)  # Enter goes on to the next exercise
        kept = json.loads(page.evaluate("localStorage.getItem('lessons')"))
        assert kept["4"]["right"] == [1]


def test_an_answer_after_the_solution_is_not_ones_own(chromium, lab):
    drawn = exercise(8, 1, 7)
    with visit(chromium, f"{lab.address}/#lessons?lesson=8&exercise=1&seed=7") as page:
        page.get_by_role("button", name="Show the solution").click()
        expect(page.locator(".solution")).to_be_focused()
        expect(page.locator(".solution")).to_contain_text(shown_answer(drawn.key, drawn.form))
        answered(page, shown_answer(drawn.key, drawn.form))
        expect(page.locator(".exercise [role=status]")).to_contain_text("✓")
        expect(page.locator(".tabs")).not_to_contain_text("✓")


def test_another_one_has_other_numbers_and_back_returns(chromium, lab):
    with visit(chromium, f"{lab.address}/#lessons?lesson=4&exercise=1&seed=7") as page:
        question = page.locator(".question")
        expect(question).to_have_text(exercise(4, 1, 7).question.en)
        page.wait_for_function("() => location.hash.includes('model=')")
        page.get_by_role("button", name="Another one").click()
        expect(question).to_have_text(exercise(4, 1, 8).question.en)
        expect(page.locator("#answer")).to_be_focused()
        page.wait_for_function("() => location.hash.includes('seed=8')")
        page.wait_for_timeout(1100)  # choices within a second are one step
        page.get_by_role("button", name="Exercise 2").click()
        expect(question).to_have_text(exercise(4, 2, 8).question.en)
        page.wait_for_function("() => location.hash.includes('exercise=2')")
        page.go_back()
        expect(question).to_have_text(exercise(4, 1, 8).question.en)
        page.go_back()
        expect(question).to_have_text(exercise(4, 1, 7).question.en)
        page.locator("#language").select_option("ko")
        expect(question).to_have_text(exercise(4, 1, 7).question.ko)


def test_the_bar_tells_each_step_and_leads_back(chromium, lab):
    with visit(chromium, f"{lab.address}/#lessons?lesson=4&exercise=2&seed=7") as page:
        expect(page.locator(".question")).to_be_visible()
        page.get_by_role("link", name="Slide a 3×3 kernel over a digit").click()
        bar = page.get_by_role("complementary", name="The lesson")
        expect(bar.locator(".step")).to_contain_text("Step 2 of 3")
        expect(bar.locator(".step")).to_contain_text("corners of the picture After")
        expect(page.locator("#view.view-filters output.value")).to_be_visible()
        assert violations(page) == []
        bar.get_by_role("button", name="Next step").click()
        expect(bar.get_by_role("button", name="Previous step")).to_be_focused()  # there is no further step
        expect(bar.locator(".step")).to_contain_text("Step 3 of 3")
        bar.get_by_role("link", name="with stride 2").click()
        expect(page.locator("#filters-stride")).to_have_value("2")
        page.locator("#views a[href='#draw']").click()
        expect(bar).to_be_visible()
        page.locator("#language").select_option("ko")
        expect(page.locator("#lesson-bar .step")).to_contain_text("3단계 중 3단계")
        page.reload()
        page.locator("#lesson-bar .back").click()
        expect(page.locator("#lesson-bar")).to_have_count(0)
        expect(page.locator(".view-lessons h1")).to_contain_text("4과")


def test_the_lesson_is_found_as_it_was_left(chromium, lab):
    with visit(chromium, f"{lab.address}/#lessons?lesson=4&exercise=2&seed=7") as page:
        expect(page.locator(".question")).to_be_visible()
        link = page.get_by_role("link", name="Open the table of the notes' own example")
        link.scroll_into_view_if_needed()
        before = page.evaluate("scrollY")
        link.click()
        page.locator("#lesson-bar .back").click()
        expect(page.locator(".question")).to_have_text(exercise(4, 2, 7).question.en)
        page.wait_for_function("before => Math.abs(scrollY - before) < 5", arg=before)


COVERED = """() => {
    const bar = document.querySelector("#lesson-bar").getBoundingClientRect();
    const focused = document.activeElement;
    const { top, bottom } = focused.getBoundingClientRect();
    return focused.closest("#view *") && bottom > bar.top + 1 && top < bar.bottom - 1 ? focused.outerHTML : null;
}"""


@pytest.mark.parametrize("view", ["layers", "table"])
@pytest.mark.parametrize("look", LOOKS.values(), ids=list(LOOKS))
def test_the_bar_stays_and_covers_nothing_that_has_the_focus(chromium, lab, look, view):
    place = json.dumps({"lesson": 1, "section": "do", "item": 0})
    init = f"sessionStorage.setItem('lesson', {json.dumps(place)})"
    with visit(chromium, f"{lab.address}/#{view}", init=init, allowed=("503",), **look) as page:
        bar = page.locator("#lesson-bar")
        expect(bar.locator(".step")).not_to_be_empty()
        expect(page.locator(f"#view.view-{view} :is(.card, .diagram)").first).to_be_visible()
        expect(page.locator("[data-behind], [aria-busy=true]")).to_have_count(0)
        page.evaluate(
            "scrollTo(0, 0), (window.natural = document.querySelector('#lesson-bar').getBoundingClientRect().top)"
        )
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        at_top = "Math.max(0, window.natural - scrollY)"  # a page that hardly scrolls does not carry the bar to the top
        page.wait_for_function(
            f"() => Math.abs(document.querySelector('#lesson-bar').getBoundingClientRect().top - {at_top}) < 1"
        )
        height = page.viewport_size["height"]
        assert bar.bounding_box()["height"] < 0.3 * height
        page.evaluate("document.querySelector('#view').focus({ preventScroll: true })")
        for _ in range(25):
            page.keyboard.press("Shift+Tab")
            assert page.evaluate(COVERED) is None
        for _ in range(25):
            page.keyboard.press("Tab")
            assert page.evaluate(COVERED) is None


def test_a_view_taller_than_the_window_begins_at_its_head(chromium, lab):
    """The view gets the focus; that must not scroll the lesson's bar out of sight."""
    with visit(chromium, f"{lab.address}/#lessons?lesson=1&exercise=1&seed=7", size="tablet") as page:
        expect(page.locator(".question")).to_be_visible()
        page.locator("section.do a.lab").first.click()
        expect(page.locator("#view.view-cortex output.reading")).not_to_be_empty()
        expect(page.locator("#view")).to_be_focused()
        expect(page.locator("#lesson-bar .back")).to_be_in_viewport()
        expect(page.locator("#views")).to_be_in_viewport()


@pytest.mark.parametrize(
    ("lesson", "link"), [(5, "AlexNet's table in the notes"), (1, "Another unit of the same layer")]
)
def test_a_view_begins_below_its_bar(chromium, lab, lesson, link):
    with visit(chromium, f"{lab.address}/#lessons?lesson={lesson}&exercise=1&seed=7") as page:
        expect(page.locator(".question")).to_be_visible()
        page.get_by_role("link", name=link).click()
        expect(page.locator("#lesson-bar .step")).to_be_visible()
        expect(page.locator("#view")).to_be_focused()
        expect(page.locator("#view h1")).to_be_in_viewport()
        page.wait_for_function("() => scrollY === 0")


def test_the_bar_is_closed(chromium, lab):
    with visit(chromium, f"{lab.address}/#lessons?lesson=6&exercise=1&seed=7") as page:
        page.get_by_role("link", name="Sobel's filter on a photograph").click()
        page.get_by_role("button", name="Hide the lesson").click()
        expect(page.locator("#lesson-bar")).to_have_count(0)
        expect(page.locator("#view")).to_be_focused()
        page.locator("#views a[href='#draw']").click()
        expect(page.locator("#view.view-draw h1")).to_be_attached()
        expect(page.locator("#lesson-bar")).to_have_count(0)


def test_progress_is_shown_and_forgotten(chromium, lab):
    progress = {"1": {"prediction": "a", "right": [1, 2]}, "2": {"prediction": "", "right": [3]}}
    init = f"localStorage.lessons ??= {json.dumps(json.dumps(progress))}"
    with visit(chromium, f"{lab.address}/#lessons", init=init) as page:
        items = page.locator(".contents li")
        expect(items.nth(0)).to_contain_text("done")
        expect(items.nth(1)).to_contain_text("1 of 3 exercises")
        expect(page.get_by_role("link", name="Continue with lesson 2")).to_be_visible()
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Forget my progress").click()
        expect(page.locator(".kept [role=status]")).to_have_text("Forgotten.")
        expect(items.nth(0)).to_contain_text("not begun")


DAMAGED = [
    "{",
    "null",
    "[1]",
    '{"4": 7}',
    '{"4": {"prediction": 5, "right": "x"}}',
    '{"4": {"right": [99, "1", null]}}',
]


@pytest.mark.parametrize("kept", DAMAGED)
def test_damaged_progress_is_none(chromium, lab, kept):
    with visit(chromium, f"{lab.address}/#lessons", init=f"localStorage.lessons = {json.dumps(kept)}") as page:
        expect(page.get_by_role("link", name="lesson 1").first).to_be_visible()
        page.get_by_role("link", name="Lesson 4").click()
        expect(page.get_by_role("button", name="That is my prediction")).to_be_visible()


def test_without_storage_the_tab_remembers(chromium, lab):
    denied = """for (const name of ["localStorage", "sessionStorage"]) {
        Object.defineProperty(window, name, { get() { throw new DOMException("denied", "SecurityError"); } });
    }"""
    with visit(chromium, f"{lab.address}/#lessons?lesson=4", init=denied) as page:
        page.get_by_role("button", name="Go on without one").click()
        page.get_by_role("link", name="Slide a 3×3 kernel over a digit").click()
        page.locator("#lesson-bar .back").click()
        expect(page.get_by_role("heading", name="See")).to_be_visible()


def test_a_claim_leads_to_the_ledger_and_the_ledger_to_the_lesson(chromium, lab):
    with visit(chromium, f"{lab.address}/#lessons?lesson=6&exercise=1&seed=7") as page:
        page.locator(".notes a.ledger").first.click()
        row = page.locator(".ledger [aria-current]")
        expect(row).to_contain_text("disagrees")
        expect(row).to_be_in_viewport()
        page.get_by_label("Show").select_option("disagrees")
        expect(page.locator(".ledger tbody tr .agrees")).to_have_count(0)
        row.get_by_role("link", name="Lesson 6").click()
        expect(page.locator(".view-lessons h1")).to_contain_text("Hand-made and learned filters")


def test_the_first_load_has_nothing_of_the_lessons(chromium, lab):
    context = chromium.new_context()
    page = context.new_page()
    loaded = []
    page.on("request", lambda request: loaded.append(request.url))
    page.goto(lab.address)
    expect(page.locator(".bars li").first).to_be_visible()
    context.close()
    assert loaded and not [url for url in loaded if "lesson" in url]
