"""Every state of the page is a link: what somebody did stands in the address, and opens for somebody else."""

import json
import re

import pytest
import segno
from browser import visit
from handwriting import STROKES
from playwright.sync_api import expect
from serving import png, serving

LOOKS = {
    "wide, English": {"size": "wide"},
    "tablet, Korean": {"size": "tablet", "locale": "ko"},
    "narrow, English": {"size": "narrow"},
}
LINK_OF = """async () => { window.linkOf = (await import("/static/lib/link.js")).linkOf; }"""
COUNT = """() => { for (const name of ["pushState", "replaceState"]) {
    const set = history[name];
    history[name] = (...what) => {
        window.changes = (window.changes ?? 0) + 1;
        return set.apply(history, what);
    };
} }"""


def fragment(page, *parts):
    """The address's fragment, once it holds these parts."""
    page.wait_for_function("parts => parts.every(part => location.hash.includes(part))", arg=parts)
    return page.evaluate("location.hash")


def draw(page, digit):
    """A digit with the mouse, to the end of its last stroke: the browser hands events on after Playwright has sent them."""
    page.evaluate("""() => {
        window.strokes = 0;
        document.querySelector("canvas.pad").onpointerup = () => window.strokes++;
    }""")
    box = page.locator("canvas.pad").bounding_box()
    for stroke in STROKES[digit]:
        places = [
            (box["x"] + box["width"] * (0.2 + 0.6 * x), box["y"] + box["height"] * (0.1 + 0.8 * y)) for x, y in stroke
        ]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place)
        page.mouse.up()
    page.wait_for_function("count => window.strokes === count", arg=len(STROKES[digit]))


def pad(page):
    return page.locator("canvas.pad").evaluate("c => c.toDataURL()")


def settled(page):
    expect(page.locator("#view:not([data-behind]) h1")).to_be_attached()
    expect(page.locator("[data-behind], [aria-busy=true]")).to_have_count(0)


@pytest.mark.parametrize("look", LOOKS.values(), ids=list(LOOKS))
def test_a_drawing_is_a_link(chromium, lab, look):
    with visit(chromium, lab.address, **look) as page:
        settled(page)
        page.locator("#clear").click()
        fragment(page, "strokes=none")
        draw(page, 5)
        settled(page)
        page.evaluate(LINK_OF)
        page.wait_for_function("() => window.linkOf('draw') === location.hash")
        link = fragment(page, "strokes=", f"lang={look.get('locale', 'en')}")
        assert "strokes=none" not in link and len(link) < 500
        drawn = pad(page)
    with visit(chromium, f"{lab.address}/{link}", size=look["size"]) as page:
        settled(page)
        assert pad(page) == drawn  # pixel by pixel
        assert page.evaluate("document.documentElement.lang") == look.get("locale", "en")
        assert page.evaluate("localStorage.getItem('language')") is None  # a link does not change the reader's choice


def test_a_link_has_the_stroke_that_is_not_answered_yet(chromium, lab):
    with visit(chromium, lab.address) as page:
        settled(page)
        page.locator("#clear").click()
        settled(page)
        page.route("**/lab/layers*", lambda route: None)  # no answer
        draw(page, 5)
        page.locator("#share").click()
        expect(page.locator("#link")).to_have_value(re.compile("strokes="))
        link, drawn = page.locator("#link").input_value(), pad(page)
    with visit(chromium, link) as page:
        settled(page)
        assert pad(page) == drawn


STATES = {
    "layers": ("#layers?model=lenet5&picture=digit:7&layer=S4&unit=3,2,1", {"#layers-row": "S4"}),
    "stress": (
        "#stress?model=lenet5&picture=digit:4&sweep=scale&rotation=15&scale=0.79",
        {"#stress-rotation": "15", "#stress-scale": "0.79"},
    ),
    "filters, a kernel of one's own": (
        "#filters?picture=sample:2.png&kernel=0,1,0;1,-4,1;0,1,0&stride=2&side=32",
        {"#filters-stride": "2", "#filters-side": "32"},
    ),
    "cortex": ("#cortex?model=lenet5&layer=C3&unit=4&contrast=dark", {"#row": "C3", "#unit": "4"}),
    "why": ("#why?model=lenet5&picture=digit:9&class=4", {"#class": "4"}),
}


@pytest.mark.parametrize("link, values", STATES.values(), ids=list(STATES))
def test_a_link_opens_what_it_says_and_stays_it(chromium, lab, link, values):
    with visit(chromium, f"{lab.address}/{link}") as page:
        for selector, value in values.items():
            expect(page.locator(selector)).to_have_value(value)
        settled(page)
        parts = link.partition("?")[2].split("&")
        assert all(part in fragment(page, "lang=en") for part in parts)


def test_a_link_is_not_overwritten_by_what_the_page_still_waits_for(chromium, lab):
    with visit(chromium, f"{lab.address}/#draw?model=lenet5&picture=digit:4") as page:
        settled(page)
        page.evaluate(
            "() => { document.querySelector('#clear').click(); location.hash = '#draw?model=lenet5&picture=digit:7'; }"
        )
        expect(page.locator("#view .prediction")).to_contain_text("7,")
        assert "picture=digit:7" in fragment(page, "picture=")


def test_back_goes_from_choice_to_choice(chromium, lab):
    with visit(chromium, f"{lab.address}/#layers") as page:
        row = page.locator("#layers-row")
        fragment(page, "layer=C1", "unit=")
        for path in ("C3", "S4"):
            row.select_option(path)
            fragment(page, f"layer={path}", "unit=")
            page.wait_for_timeout(1100)  # choices within a second are one step
        page.locator("#views a[href='#filters']").click()
        fragment(page, "#filters", "kernel=sobel_x")
        for path in ("S4", "C3", "C1"):
            page.go_back()
            expect(row).to_have_value(path)
            settled(page)
        page.go_forward()
        expect(row).to_have_value("C3")


HOSTILE = {
    "a view that is none": "#constructor",
    "a view that is none, with parameters": "#__proto__?model=lenet5",
    "half a letter": "#draw?model=%E0%A4%A&strokes=%",
    "markup": "#layers?layer=<img src=x onerror=alert(1)>&unit=1,1,1",
    "numbers out of range": "#layers?layer=C1&unit=99,99,99&input=77",
    "strokes that are none": "#draw?strokes=____&pen=900",
    "a sample that is none": "#draw?picture=sample:../../etc/passwd",
    "a digit that is none": "#draw?picture=digit:77",
    "amounts out of range": "#stress?rotation=1e9&scale=-3&sweep=constructor",
    "a kernel that is none": "#filters?kernel=1,2;3&stride=0&padding=99&at=-1,9999",
    "a kernel's name that is none": "#filters?kernel=toString",
    "a table that is none": "#table?source=name:nothing&edits=bm9uZQ&with=x:y",
    "a source that is none": "#table?source=constructor:toString",
    "edits that do not fit": "#table?source=name:lenet5&edits=W1tbInJvd3MiLDk5LCJ4Il0sMV1d",
    "a table of one's own that is none": "#table?source=file:x.toml&own=e30",
    "a run that is none": "#train?run=../x&compare=,,,a",
    "a unit that is none": "#cortex?layer=Out&unit=999999&width=1e9&orientation=99",
    "everything twice": "#why?class=1&class=2&opacity=7&depth=1&lang=xx",
    "very long": "#draw?strokes=" + "A" * 50_000,
}


@pytest.mark.parametrize("link", HOSTILE.values(), ids=list(HOSTILE))
def test_a_wrong_address_is_no_error(chromium, lab, link):
    with visit(chromium, f"{lab.address}/{link}") as page:
        settled(page)
        fragment(page, "lang=en&model=lenet5")  # written anew
        expect(page.locator("#notice")).to_have_text("")
        assert page.locator("img[src=x]").count() == 0


def test_a_class_that_is_none_is_left_out(chromium, lab):
    with visit(chromium, f"{lab.address}/#why?class=77", allowed=("422",)) as page:  # only the server knows
        expect(page.locator("#class option")).to_have_count(10)
        expect(page.locator("#notice")).to_have_text("")


def test_a_model_that_is_not_here_is_said(chromium, lab):
    with visit(chromium, f"{lab.address}/#draw?model=alexnet&picture=digit:7") as page:
        expect(page.locator("#notice")).to_contain_text("does not have the model alexnet")
        expect(page.locator(".bars .best .name, .bars .name").first).to_be_visible()
        fragment(page, "model=lenet5")


def test_an_edited_table_is_a_link(chromium, lab):
    with visit(chromium, f"{lab.address}/#table?source=name:alexnet") as page:
        page.locator("[data-cell='rows.0.maps']").fill("64")
        page.get_by_role("button", name="Remove N1").click()
        expect(page.get_by_text("Removed:")).to_be_visible()
        link = fragment(page, "source=name:alexnet", "edits=")
        assert len(link) < 400
        total = page.locator("[data-total=parameters] .value, [data-total=parameters]").first.inner_text()
    with visit(chromium, f"{lab.address}/{link}") as page:
        expect(page.locator("[data-cell='rows.0.maps']")).to_have_value("64")
        expect(page.locator("[data-total=parameters] .value, [data-total=parameters]").first).to_have_text(
            re.compile(re.escape(total.split()[0]))
        )
        expect(page.locator("#table-undo")).to_be_enabled()  # what the link changed is undone as one's own edits are


def test_a_photo_of_ones_own_is_not_in_the_link_and_the_page_says_so(chromium, lab):
    with visit(chromium, lab.address) as page:
        settled(page)
        page.locator("#photo").set_input_files({"name": "secret-name.png", "mimeType": "image/png", "buffer": png(5)})
        link = fragment(page, "picture=own:")
        assert "secret" not in link
        photo = pad(page)
        page.locator("#views a[href='#layers']").click()
        fragment(page, "#layers", "layer=C1")
        page.go_back()
        settled(page)
        assert pad(page) == photo  # in this tab it is still there
        page.locator("#share").click()
        expect(page.get_by_role("dialog")).to_contain_text("Your photo is not in the link")
    with visit(chromium, f"{lab.address}/{link}") as page:
        expect(page.locator("#notice")).to_contain_text("a link carries no photos")


def test_the_address_is_written_seldom_enough_for_safari(chromium, lab):
    with visit(chromium, lab.address) as page:
        settled(page)
        page.evaluate(COUNT)
        begin = page.evaluate("performance.now()")
        for digit in (3, 8, 5):
            draw(page, digit)
        page.wait_for_timeout(500)
        elapsed = page.evaluate("performance.now()") - begin
        assert 1 <= page.evaluate("window.changes") <= 2 + elapsed / 400  # 100 in 30 s are allowed


def test_the_link_is_copied_and_drawn_as_a_qr_code(chromium, lab):
    with visit(chromium, f"{lab.address}/#draw?picture=digit:8", size="tablet") as page:
        settled(page)
        page.locator("#share").click()
        link = page.get_by_label("Whoever opens this address")
        expect(link).to_have_value(f"{lab.address}/#draw?lang=en&model=lenet5&picture=digit:8")
        expect(page.get_by_role("dialog")).to_contain_text("Only this computer reaches this address")
        path = page.get_by_role("img", name="QR code of the link").locator("path").get_attribute("d")
        rows = modules(path)
        matrix = segno.make_qr(link.input_value(), error="m").matrix
        assert rows == {(x, y) for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark}
        page.get_by_role("button", name="Copy link").click()
        expect(page.get_by_role("dialog")).to_contain_text("Copied.")
        page.keyboard.press("Escape")
        expect(page.locator("#share")).to_be_focused()


def modules(path):
    """The dark modules (x, y) of a path of runs, without the margin of four."""
    runs = re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", path)
    return {(int(x) - 4 + i, int(y) - 4) for x, y, length in runs for i in range(int(length))}


def test_the_longest_link_fits_into_a_qr_code(lab):
    answer = lab.server.ask("/lab/qr", json.dumps({"text": "x" * 2331}).encode(), "application/json")
    assert len(answer.json["rows"]) == 177


@pytest.mark.parametrize(
    "document", [None, [], {}, {"text": 1}, {"text": ""}, {"text": "x" * 2332}, {"text": "\ud800"}]
)
def test_what_is_no_address_is_refused(lab, document):
    assert lab.server.ask("/lab/qr", json.dumps(document).encode(), "application/json").status == 422


def test_a_link_carries_the_token_and_the_page_hides_it(chromium, predictor):
    token = "a&b#c?d=e"
    with serving({"lenet5": predictor}, token=token) as server:
        address = f"http://127.0.0.1:{server.port}/"
        for link in ("#token=a%26b%23c%3Fd%3De", "#layers?layer=C3&token=a%26b%23c%3Fd%3De&lang=ko"):
            asked = []
            with visit(chromium, "about:blank", allowed=("request to", "about:blank")) as page:
                page.on("request", lambda request, asked=asked: asked.append(request.url))
                page.goto(address + link)
                settled(page)
                assert "token" not in fragment(page, "model=lenet5")
                assert page.evaluate("sessionStorage.getItem('token')") == token
                assert not [url for url in asked if "a%26b" in url.partition("#")[0]]
                assert page.evaluate("history.length") <= 2  # Back does not bring it back
                page.reload()
                settled(page)
                expect(page.get_by_role("dialog")).to_have_count(0)
                page.locator("#share").click()
                field = page.locator("#link")
                expect(field).to_have_value(re.compile(r"&token=a%26b%23c%3Fd%3De$"))
                page.get_by_role("checkbox").uncheck()
                expect(field).not_to_have_value(re.compile("token"))


@pytest.mark.parametrize("locale, words", [("en", "This token is wrong"), ("ko", "토큰이 틀렸습니다")])
def test_a_wrong_token_is_told_and_asked_again(chromium, predictor, locale, words):
    with serving({"lenet5": predictor}, token="open-sesame") as server:
        address = f"http://127.0.0.1:{server.port}/#token=close-sesame"
        with visit(chromium, address, locale=locale, size="narrow", allowed=("401",)) as page:
            expect(page.get_by_role("dialog")).to_contain_text(words)
            page.locator("#token").fill("open-sesame")
            page.keyboard.press("Enter")
            settled(page)
            expect(page.get_by_role("dialog")).to_have_count(0)
