"""The pages of a class on small phones, tablets, desks and projectors, in both languages, and in Firefox and WebKit."""

import pytest
from browser import SMALL_TARGETS, visit
from class_pages import class_server, draw, fits, free_port
from drivers import firefox, until, webkit
from handwriting import STROKES
from playwright.sync_api import expect

SIZES = ((360, 640), (390, 844), (820, 1180), (1280, 800), (1920, 1080))
NAME = "가나다라마바사아자차카타파하가나다라마바"  # as long as a name may be
CUT = """() => [...document.querySelectorAll("button:not(.tiles button), .says, .wish, .address, h2:not(.hidden)")]
  .filter((part) => part.checkVisibility() && part.scrollWidth > part.clientWidth + 1)
  .map((part) => part.outerHTML.slice(0, 120))"""
"""Visible parts whose text is wider than they are; a name on a tile may end in dots."""
LINES = """(part) => { const { lineHeight, paddingTop, paddingBottom } = getComputedStyle(part);
  const range = document.createRange(); range.selectNodeContents(part);
  return new Set([...range.getClientRects()].map(({ top }) => Math.round(top / 4))).size; }"""


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What `striate serve` told of a class."""
    with class_server(tmp_path_factory.mktemp("class"), free_port()) as answer:
        yield answer


@pytest.fixture(scope="module")
def drawn(chromium, told):
    """A device that has sent a drawing under a long name, to which others come."""
    with visit(chromium, told["class"]["devices"], base=told["pages"][0], size="narrow", locale="ko-KR") as page:
        page.locator("#name").fill(NAME)
        page.locator("#name").press("Enter")
        draw(page, 7)
        page.locator("#send").click()
        expect(page.locator(".answer")).to_contain_text("7")
        yield told


@pytest.mark.parametrize("locale", ["en-US", "ko-KR"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_device_has_room_for_everything(chromium, drawn, size, locale):
    with visit(chromium, drawn["class"]["devices"], base=drawn["pages"][0], locale=locale, dark=size[0] == 820) as page:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        expect(page.locator(".wish b")).to_be_visible()
        draw(page, 3)
        page.locator("#send").click()
        answer = page.locator(".answer")
        expect(answer).to_contain_text("3")
        expect(answer).to_be_in_viewport(ratio=0.95)  # on a small phone it is scrolled into sight
        assert [page.locator(f"#{name}").evaluate(LINES) for name in ("undo", "clear", "send")] == [1, 1, 1]
        wrong = []
        for tab in range(3):
            if size[0] < 700:
                page.locator("#tabs button").nth(tab).click()
            wrong += [*page.evaluate(SMALL_TARGETS), *page.evaluate(CUT)]
            assert fits(page)
        assert wrong == []
        names = page.locator(".own .says > span:not(.hidden)")
        expect(names.first).to_be_attached()
        assert set(names.evaluate_all(f"all => all.map({LINES})")) == {1}


@pytest.mark.parametrize("locale", ["en-US", "ko-KR"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_projector_has_room_for_everything(chromium, drawn, size, locale):
    with visit(
        chromium, drawn["class"]["projector"], base=drawn["pages"][0], locale=locale, dark=size[0] == 1280
    ) as page:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        expect(page.locator(".tiles li").first).to_be_visible()
        expect(page.locator(".qr svg")).to_be_visible()
        box = page.locator(".qr svg").bounding_box()
        assert box["width"] >= 120 and box["x"] >= 0 and box["x"] + box["width"] <= size[0]
        assert [*page.evaluate(SMALL_TARGETS), *page.evaluate(CUT)] == []
        assert fits(page)
        page.locator("#presentation").click()
        expect(page.locator("html")).to_have_attribute("data-presentation", "")
        assert fits(page)


@pytest.mark.parametrize("browser", [firefox, webkit], ids=["Firefox", "WebKit"])
def test_a_class_in_another_browser(told, tmp_path, browser):
    with browser(tmp_path) as driver:
        driver.visit(told["class"]["devices"])
        until(lambda: driver.evaluate("!!document.querySelector('.wish b')"))
        box = driver.evaluate(
            "(box => [box.x, box.y, box.width])(document.querySelector('canvas.pad').getBoundingClientRect())"
        )
        down, up = {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}
        for stroke in STROKES[7]:
            places = [
                {"type": "pointerMove", "x": round(box[0] + box[2] * (0.25 + 0.5 * x)),
                 "y": round(box[1] + box[2] * (0.2 + 0.6 * y))} for x, y in stroke
            ]  # fmt: skip
            actions = [places[0], down, *places[1:], up]
            driver.act({"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions})
        driver.evaluate("document.getElementById('send').click()")
        until(lambda: "7" in driver.evaluate("document.querySelector('.answer')?.textContent ?? ''"))
        assert driver.evaluate("document.documentElement.scrollWidth <= innerWidth")
        driver.visit(told["class"]["projector"])
        until(lambda: driver.evaluate("!!document.querySelector('.tiles li') && !!document.querySelector('.qr svg')"))
        assert driver.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert driver.evaluate("document.getElementById('notice').textContent") == ""
        assert driver.errors == []
