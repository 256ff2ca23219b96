"""The instruments: each opens by its address as the lessons say, is accessible, fits, and goes back and on."""

import pytest
from browser import violations, visit
from lens import overflows
from playwright.sync_api import expect

from striate.course import BUILT_INSTRUMENTS, lessons

LOOKS = {
    "wide, light, English": {"size": "wide"},
    "tablet, dark, English": {"size": "tablet", "dark": True},
    "narrow, dark, Korean": {"size": "narrow", "dark": True, "locale": "ko"},
}
LINKS = {
    (lesson.language, link.fragment(lesson.language)): link
    for language in ("en", "ko")
    for lesson in lessons(language)
    for link in lesson.links
    if link.target.removeprefix("instruments/") in BUILT_INSTRUMENTS
}


def opened(page, name):
    """The instrument is there, and what it shows is computed."""
    expect(page.locator(f".view-instruments .instrument.{name} > *").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


@pytest.mark.parametrize("look", LOOKS.values(), ids=list(LOOKS))
def test_every_instrument_is_accessible_and_fits(chromium, lab, look):
    wrong = {}
    with visit(chromium, lab.address, **look) as page:
        for name in sorted(BUILT_INSTRUMENTS):
            page.goto(f"{lab.address}/#instruments/{name}")
            opened(page, name)
            assert not overflows(page), name
            wrong[name] = violations(page)
    assert wrong == {name: [] for name in BUILT_INSTRUMENTS}


@pytest.mark.parametrize(("language", "address"), LINKS)
def test_a_link_of_a_lesson_opens_and_stays_what_it_says(chromium, lab, language, address):
    with visit(chromium, f"{lab.address}/{address}") as page:
        link = LINKS[language, address]
        opened(page, link.target.removeprefix("instruments/"))
        assert page.evaluate("document.documentElement.lang") == language
        expect(page.locator(".tabs a[aria-current]")).to_have_attribute("href", f"#{link.target}")
        page.wait_for_function("address => location.hash.startsWith(address)", arg=f"#{link.target}?lang={language}")
        expect(page.locator("#notice")).to_have_text("")
        state = page.evaluate(
            """async ([target, names]) => {
              const { settings, FIELDS } = await import(`/static/views/${target}/state.js`);
              return Object.fromEntries(names.filter((name) => FIELDS[name]).map((name) => [name, String(FIELDS[name].write())]));
            }""",
            [link.target, [name for name, _ in link.parameters]],
        )
        assert state == {name: value for name, value in link.parameters if name not in ("picture", "model")}


def test_the_overview_leads_to_each_and_back_returns(page, lab):
    page.locator("#views a[href='#instruments']").click()
    for name in sorted(BUILT_INSTRUMENTS):
        page.locator(f".cards a[href='#instruments/{name}']").click()
        opened(page, name)
        expect(page.locator("#views a[aria-current]")).to_have_attribute("href", "#instruments")
        page.wait_for_function("name => location.hash.startsWith(`#instruments/${name}?lang=en`)", arg=name)
        page.go_back()
        expect(page.locator(".cards")).to_be_visible()
    page.goto(f"{lab.address}/#instruments/nothing?x=1")
    expect(page.locator(".cards")).to_be_visible()


def test_an_instrument_brings_its_own_files(chromium, lab):
    with visit(chromium, lab.address) as page:
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.reload()
        expect(page.locator(".bars li").first).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert not [url for url in asked if "instruments" in url]
        page.locator("#views a[href='#instruments']").click()
        expect(page.locator(".cards")).to_be_visible()
        assert not [url for url in asked if "overlap" in url]


def test_an_instrument_that_does_not_load_says_so_and_loads_when_it_is_opened_again(chromium, lab):
    with visit(chromium, f"{lab.address}/#instruments", allowed=("ERR_FAILED", "overlap")) as page:
        page.route("**/styles/instruments/overlap.css", lambda route: route.abort())
        page.locator(".cards a[href='#instruments/overlap']").click()
        expect(page.locator("#notice")).to_contain_text("did not load")
        page.unroute("**/styles/instruments/overlap.css")
        page.go_back()
        page.locator(".cards a[href='#instruments/overlap']").click()
        opened(page, "overlap")
