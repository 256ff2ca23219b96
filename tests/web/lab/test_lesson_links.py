"""Every link of every lesson opens the state that its text describes, in both languages, without a notice or an error."""

import re

import pytest
from browser import visit
from playwright.sync_api import expect

from striate.course import lessons
from striate.words import LANGUAGES

INITIAL = {
    "filters": {"padding": "valid", "stride": "1"},
    "why": {"depth": "56"},
}
"""What the page leaves out of its address, since it is so at first."""
SHOWN = {
    "draw": ".bars .name",
    "layers": ".sheet .tiles canvas",
    "stress": ".bars .name",
    "table": "[data-cell='rows.0.name'], [data-place]",
    "train": "form",
    "filters": "output.value",
    "cortex": ".reading:not(:empty)",
    "why": ".panel canvas",
    "lessons": ".predict",
    "instruments": "h1",
}
"""What a view shows when the server has answered."""
LOOKS = {
    "layers": lambda page, state: [
        expect(page.locator("#layers-row")).to_have_value(state["layer"]),
    ],
    "cortex": lambda page, state: [
        expect(page.locator("#row")).to_have_value(state["layer"]),
        expect(page.locator("#unit")).to_have_value(state["unit"]),
    ],
    "filters": lambda page, state: [
        expect(page.locator("#filters-name")).to_have_value("own" if "," in state["kernel"] else state["kernel"]),
        expect(page.locator("#filters-stride")).to_have_value(state.get("stride", "1")),
        expect(page.locator("#filters-padding")).to_have_value(state.get("padding", "valid")),
    ],
    "table": lambda page, state: [
        expect(page.locator("#table-first")).to_have_value(state["source"]),
        expect(page.locator("#table-second")).to_have_value(state.get("with", "")),
        expect(page.locator(".comparison-tables table")).to_have_count(2 if "with" in state else 0),
    ],
}
"""What the controls of a view show of a link's state."""
SLOW = ("503",)
"""What a busy machine may not measure in time."""
CANNOT_FOLLOW = re.compile("the link|링크")
LESSONS = [lesson for language in LANGUAGES for lesson in lessons(language)]
TAKEN = """([language, expected]) => {
    const pairs = location.hash.split("?")[1]?.split("&").map((pair) => pair.split("=").map(decodeURIComponent));
    const address = Object.fromEntries(pairs ?? []);
    return address.lang === language && Object.entries(expected).every(([name, values]) => values.includes(address[name] ?? null));
}"""


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: f"{lesson.number:02}.{lesson.language}")
def test_every_link_of_a_lesson_opens_what_it_says(chromium, lab, lesson):
    with visit(chromium, f"{lab.address}/#lessons?lang={lesson.language}", allowed=SLOW) as page:
        expect(page.locator(".contents")).to_be_visible()
        for link in dict.fromkeys(lesson.links):
            if not link.is_built:
                continue
            state, view = dict(link.parameters), link.target.partition("/")[0]
            page.goto(f"{lab.address}/{link.fragment(lesson.language)}")
            expect(page.locator(f"#view.view-{view}")).to_be_attached()
            expect(page.locator(SHOWN[view]).first).to_be_attached()
            expect(page.locator("[data-behind], [aria-busy=true]")).to_have_count(0)
            LOOKS.get(link.target, lambda *_: None)(page, state)
            initial = state if view == "instruments" else INITIAL.get(view, {})  # theirs have tests of their own
            expected = {name: [value, None if initial.get(name) == value else value] for name, value in state.items()}
            page.wait_for_function(TAKEN, arg=[lesson.language, expected])
            expect(page.locator("#notice")).not_to_have_text(CANNOT_FOLLOW)
