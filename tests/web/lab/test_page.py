"""The page around the views: at two sizes, light and dark, in both languages, for keyboards and screen readers."""

import pytest
from browser import CAMERA, violations, visit
from lens import overflows
from playwright.sync_api import expect
from serving import serving

VIEWS = ("draw", "layers", "stress", "table", "train", "filters", "cortex", "why", "instruments", "lessons")
LOOKS = {
    "wide, light, English": {"size": "wide"},
    "narrow, dark, Korean": {"size": "narrow", "dark": True, "locale": "ko"},
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=list(LOOKS))
def test_every_view_is_accessible_and_fits(chromium, lab, look):
    wrong = {}
    with visit(chromium, lab.address, **look) as page:
        for view in VIEWS:
            page.goto(f"{lab.address}/#{view}")
            expect(page.locator(f"#view.view-{view} h1")).to_be_attached()
            page.wait_for_load_state("networkidle")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view
            wrong[view] = violations(page)
    assert wrong == {view: [] for view in VIEWS}


DIALOGS = {"share": "#share", "camera": "#camera"}


@pytest.mark.parametrize("look", LOOKS.values(), ids=list(LOOKS))
def test_every_dialog_is_accessible_and_fits(chromium, predictor, look):
    wrong = {}
    with (
        serving({"lenet5": predictor}, token="open-sesame") as server,
        visit(chromium, f"http://127.0.0.1:{server.port}/", allowed=("401",), init=CAMERA, **look) as page,
    ):
        dialog = page.get_by_role("dialog")
        expect(dialog).to_be_visible()
        page.locator("#token").fill("close-sesame")
        page.keyboard.press("Enter")
        expect(dialog.get_by_role("alert")).to_be_visible()
        wrong["token"] = violations(page)
        page.locator("#token").fill("open-sesame")
        page.keyboard.press("Enter")
        expect(page.locator("#view.view-draw:not([data-behind]) .bars li").first).to_be_visible()
        for name, button in DIALOGS.items():
            page.locator(button).click()
            expect(dialog.locator("svg, video").first).to_be_visible()
            assert not overflows(page), name
            wrong[name] = violations(page)
            page.keyboard.press("Escape")
            expect(dialog).to_have_count(0)
    assert wrong == {name: [] for name in ("token", *DIALOGS)}


def test_the_keyboard_is_enough(page):
    expect(page.locator("#views a").first).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_focused()
    page.locator("#views a[href='#stress']").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#view.view-stress h1")).to_be_visible()
    expect(page.locator("#view")).to_be_focused()  # what is read on is the new view
    assert page.title() == "Stress · Striate"


def test_an_address_opens_its_view_and_back_returns(page, lab):
    for view in VIEWS[1:3]:
        page.locator(f"#views a[href='#{view}']").click()
        expect(page.locator(f"#view.view-{view} h1")).to_be_visible()
        expect(page.locator("#views a[aria-current='page']")).to_have_attribute("href", f"#{view}")
    page.go_back()
    expect(page.locator("#view.view-layers h1")).to_be_visible()
    page.goto(f"{lab.address}/#nothing")
    expect(page.locator("#view.view-draw")).to_be_visible()


def test_a_notice_is_shown_when_the_server_is_gone(chromium, predictor):
    with visit(chromium, "about:blank", allowed=("ERR_CONNECTION_REFUSED", "about:blank", "request to")) as page:
        with serving({"lenet5": predictor}) as server:
            page.goto(f"http://127.0.0.1:{server.port}/")
            expect(page.locator(".bars li").first).to_be_visible()
        page.get_by_role("button", name="Draw a 4").click()
        expect(page.locator("#notice")).to_have_text("the server does not answer: what is shown is old")


def test_a_request_that_fails_is_repeated(chromium, lab):
    with visit(chromium, lab.address, allowed=("ERR_FAILED", "filters.js", "why.css")) as page:
        for part, view in (("**/views/filters.js", "filters"), ("**/styles/why.css", "why")):
            page.route(part, lambda route: route.abort())
            link = page.locator(f"#views a[href='#{view}']")
            link.click()
            expect(page.locator("#notice")).to_contain_text("did not load")
            page.unroute(part)
            link.click()
            expect(page.locator(f"#view.view-{view} h1")).to_be_attached()


def test_a_model_that_is_gone_is_replaced_by_another(chromium, predictor):
    with (
        serving({"lenet5": predictor, "other": predictor}) as server,
        visit(chromium, f"http://127.0.0.1:{server.port}/", allowed=("404",)) as page,
    ):
        page.get_by_label("Model").select_option("other")
        expect(page.locator(".bars li").first).to_be_visible()
        del server.service.models["other"]
        page.get_by_role("button", name="Draw a 4").click()
        expect(page.locator("#model option")).to_have_text(["lenet5"])
        expect(page.locator(".bars .name").first).to_have_text("4")


def test_the_token_is_entered_once(chromium, predictor):
    with serving({"lenet5": predictor}, token="open-sesame") as server:
        address = f"http://127.0.0.1:{server.port}/"
        with visit(chromium, address, allowed=("401",)) as page:
            dialog = page.get_by_role("dialog")
            expect(dialog).to_be_visible()
            page.get_by_label("The token").fill("wrong")
            page.keyboard.press("Enter")
            expect(dialog).to_be_visible()
            page.get_by_label("The token").fill("open-sesame")
            page.keyboard.press("Enter")
            expect(page.locator(".bars .name").first).to_have_text("3")
            page.reload()
            expect(page.locator(".bars .name").first).to_have_text("3")
            assert dialog.count() == 0
