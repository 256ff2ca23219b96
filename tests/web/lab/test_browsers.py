"""The page in Firefox and in WebKit, and in a browser as old as Safari 15: every view, drawing, the other language."""

import re
from importlib.resources import files
from pathlib import Path

import pytest
from browser import visit
from drivers import firefox, until, webkit
from playwright.sync_api import expect

VIEWS = ("draw", "layers", "stress", "table", "train", "filters", "cortex", "why", "instruments", "lessons")
STATIC = Path(str(files("striate.web").joinpath("static")))

NEWER = {
    "Array.prototype.at": r"\.at\(",
    "Array.prototype.toSpliced": r"\.toSpliced\(",
    "Array.prototype.toSorted": r"\.toSorted\(",
    "Array.prototype.toReversed": r"\.toReversed\(",
    "Array.prototype.with": r"\]\.with\(|\w\.with\(",
    "Array.prototype.findLast": r"\.findLast\(",
    "Array.prototype.findLastIndex": r"\.findLastIndex\(",
    "Array.fromAsync": r"Array\.fromAsync",
    "Object.hasOwn": r"Object\.hasOwn\(",
    "Object.groupBy": r"Object\.groupBy",
    "Map.groupBy": r"Map\.groupBy",
    "Promise.withResolvers": r"\.withResolvers",
    "URLSearchParams.prototype.size": r"[pP]arameters\.size|[pP]arams\.size",
    "structuredClone": r"\bstructuredClone\b",
    "HTMLDialogElement.prototype.showModal": r"\bshowModal\b",
    "PointerEvent.prototype.getCoalescedEvents": r"\bgetCoalescedEvents\b",
    "Navigator.prototype.mediaDevices": r"\bmediaDevices\b",
    "Navigator.prototype.clipboard": r"\bnavigator\.clipboard\b",
    "requestIdleCallback": r"\brequestIdleCallback\b",
    "OffscreenCanvas": r"\bOffscreenCanvas\b",
    "CompressionStream": r"\bCompressionStream\b",
    "crypto.randomUUID": r"\brandomUUID\b",
    "AbortSignal.timeout": r"AbortSignal\.\w+",
    "Set.prototype.union": r"\.(union|intersection|symmetricDifference|isSubsetOf|isSupersetOf)\(",
    "Iterator.prototype.map": r"\bIterator\.",
    "Element.prototype.checkVisibility": r"\bcheckVisibility\b",
    "HTMLElement.prototype.showPopover": r"\bshowPopover\b",
    "HTMLElement.prototype.inert": r"\binert\b",
    "CSSStyleSheet.prototype.replaceSync": r"\breplaceSync\b",
    "navigation": r"\bnavigation\.",
    "scheduler": r"\bscheduler\.",
}
"""Functions that Safari 15.0 lacks, or that a browser has in a secure context only, and how the code would mention them."""
GUARDED = {
    "HTMLDialogElement.prototype.showModal": "lib/dialog.js",
    "PointerEvent.prototype.getCoalescedEvents": "views/draw/pointer.js",
    "Navigator.prototype.mediaDevices": "views/draw/camera.js",
    "Navigator.prototype.clipboard": "lib/share.js",
}
"""Each with the one file that uses it and has another way; the others stand in lib/old-browsers.js."""
SYNTAX = {
    "lookbehind": r"\(\?<[=!]",
    "a static block": r"\bstatic \{",
    "the flag v of a regular expression": r"/[dgimsuy]*v[dgimsuy]*(?!\.js)[,;.)\s]",
    "import attributes": r"from \"[^\"]+\" with \{",
    "using": r"\b(await )?using \w+ =",
}
"""What Safari 15.0 cannot even parse."""
STYLES = (":has(", "color-mix(", "@container", "@layer", "light-dark(", "text-wrap: balance", "subgrid", "@scope")
UNITS = re.compile(r"([a-z-]+):[^;{}]*\d[dsl]v[hw]\b")  # since 15.4: another declaration of the property stands before


def mentions():
    code = {
        path.relative_to(STATIC).as_posix(): uncommented(path.read_text(encoding="utf-8"))
        for path in STATIC.rglob("*.js")
        if path.parent.name != "strings"
    }
    return {name: {file for file, text in code.items() if re.search(how, text)} for name, how in NEWER.items()}


def uncommented(text):
    return re.sub(r"/\*.*?\*/", "", re.sub(r"(?m)(?<![:\"'`])//.*$", "", text), flags=re.S)


USED = [name for name, where in mentions().items() if where - {"lib/old-browsers.js"}]


def test_no_newer_function_is_used_without_a_way_around():
    provided = (STATIC / "lib" / "old-browsers.js").read_text(encoding="utf-8")
    for name, where in mentions().items():
        last = name.rpartition(".")[2]
        if f'"{last}"' not in provided:
            assert where <= {GUARDED.get(name)}, name
    for page, folder in (("main.js", "./lib"), ("class/student.js", "../lib"), ("class/projector.js", "../lib")):
        code = uncommented((STATIC / page).read_text(encoding="utf-8"))
        assert re.search(r"^import .*", code, re.M)[0] == f'import "{folder}/old-browsers.js";'


@pytest.mark.parametrize("path", sorted(STATIC.rglob("*.js")), ids=lambda path: path.name)
def test_safari_15_can_parse_the_code(path):
    text = uncommented(path.read_text(encoding="utf-8"))
    assert [name for name, how in SYNTAX.items() if re.search(how, text)] == []


@pytest.mark.parametrize("path", sorted(STATIC.rglob("*.css")), ids=lambda path: path.name)
def test_no_style_is_newer_than_safari_15(path):
    text = path.read_text(encoding="utf-8")
    assert [name for name in STYLES if name in text] == []
    for found in UNITS.finditer(text):
        before = text[text.rfind("{", 0, found.start()) : found.start()]
        assert f"{found[1]}:" in before, found[0]


def take_away(*names):
    """A script that deletes functions before the page's own begins."""
    lines = []
    for name in names:
        holder, _, key = name.rpartition(".")
        lines.append(f"try {{ delete ({holder or 'window'})['{key}']; }} catch {{}}")
    return "\n".join(lines)


def smoke(page, address):
    """Open every view, draw, edit a table, change the language, open and close a dialog."""
    expect(page.locator(".bars li").first).to_be_visible()
    page.get_by_role("button", name="Draw a 7").click()
    box = page.locator("canvas.pad").bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 60)
    page.mouse.up()
    expect(page.locator("#view.view-draw:not([data-behind]) .bars li").first).to_be_visible()
    for view in VIEWS[1:]:
        page.goto(f"{address}/#{view}")
        expect(page.locator(f"#view.view-{view} h1")).to_be_attached()
        expect(page.locator("[data-behind], [aria-busy=true]")).to_have_count(0)
        if view == "table":
            page.get_by_role("button", name="Move S2 up").click()
            page.get_by_role("button", name="Remove C1").click()
            expect(page.locator("#table-undo")).to_be_enabled()
    page.locator("#share").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.locator("#language").select_option("ko")
    expect(page.get_by_role("link", name="그리기")).to_be_visible()
    expect(page.locator("#notice")).to_have_text("")


def opened(chromium, address, script):
    """The page in a browser in which a script has run before."""
    return visit(chromium, address, init=script)


@pytest.mark.parametrize("names", [USED, *([name] for name in USED)], ids=["all", *USED])
def test_the_page_works_without(chromium, lab, names):
    with opened(chromium, lab.address, take_away(*names)) as page:
        smoke(page, lab.address)


STORES = {
    "blocked": "for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name,"
    " { get() { throw new DOMException('denied', 'SecurityError'); } });",
    "full": "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };",
    "damaged": "for (const store of [localStorage, sessionStorage]) for (const name of"
    " ['session', 'link', 'language', 'table', 'token', 'train']) if (!store.getItem(name)) store.setItem(name, '{\"half');",
    "null": "delete Window.prototype.localStorage; delete window.localStorage; delete window.sessionStorage;",
}


@pytest.mark.parametrize("script", STORES.values(), ids=list(STORES))
def test_storage_does_not_blank_the_page(chromium, lab, script):
    with opened(chromium, lab.address, script) as page:
        smoke(page, lab.address)


def test_a_browser_that_falsifies_the_canvas_is_noticed(chromium, lab):
    noise = """const read = CanvasRenderingContext2D.prototype.getImageData;
        CanvasRenderingContext2D.prototype.getImageData = function (...area) {
            const image = read.apply(this, area);
            for (let i = 0; i < image.data.length; i += 97) image.data[i] ^= 1;
            return image;
        };"""
    with visit(chromium, lab.address) as page:
        expect(page.locator(".bars li").first).to_be_visible()
        assert page.get_by_text("falsifies").count() == 0
    with opened(chromium, lab.address, noise) as page:
        expect(page.get_by_role("alert").filter(has_text="falsifies what a page reads")).to_be_visible()


@pytest.mark.parametrize("browser", [firefox, webkit], ids=["Firefox", "WebKit"])
def test_another_browser(lab, tmp_path, browser):
    with browser(tmp_path) as driver:
        driver.visit(f"{lab.address}/#draw?picture=digit:7&lang=en")
        answer = "document.querySelector('#view:not([data-behind]) .prediction')?.textContent ?? ''"
        until(lambda: driver.evaluate(answer).startswith("7,"))
        driver.evaluate("document.getElementById('clear').click()")
        box = driver.evaluate(
            "(box => [box.x, box.y, box.width])(document.querySelector('canvas.pad').getBoundingClientRect())"
        )
        places = [(0.5, 0.2), (0.5, 0.4), (0.5, 0.6), (0.5, 0.8)]  # a one
        x, y = ([round(box[axis] + box[2] * place[axis]) for place in places] for axis in (0, 1))
        moves = [{"type": "pointerMove", "x": x[i], "y": y[i]} for i in range(len(places))]
        down, up = {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}
        actions = [moves[0], down, *moves[1:], up]
        driver.act({"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions})
        until(lambda: driver.evaluate(answer).startswith("1,"))
        until(lambda: "strokes=" in driver.evaluate("location.hash"))
        for view in VIEWS:
            driver.evaluate(f"(location.hash = '#{view}')")
            until(lambda view=view: driver.evaluate(f"!!document.querySelector('#view.view-{view} h1')"))
            until(lambda: driver.evaluate("!document.querySelector('[data-behind], [aria-busy=true]')"))
        driver.evaluate(
            "(select => { select.value = 'ko'; select.dispatchEvent(new Event('change')); })(document.getElementById('language'))"
        )
        until(lambda: "그리기" in driver.evaluate("document.getElementById('views').textContent"))
        assert driver.evaluate("document.getElementById('notice').textContent") == ""
        assert driver.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert driver.errors == []
