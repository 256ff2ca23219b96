"""A page that is one file, opened from the disk: it works, it asks nobody, and it says when it is not what was written."""

import base64
import json
import re
import zlib
from pathlib import Path

import numpy as np
import pytest
from browser import WAIT, violations, visit
from lens import overflows
from own_pages import ANSWERS, HOSTILE, VIEWS, address, opened
from playwright.sync_api import expect

from striate.models import load_samples
from striate.web.page.parts import Part, page_digest

LOOKS = {
    "wide, light, English": {"size": "wide"},
    "narrow, dark, Korean": {"size": "narrow", "dark": True, "locale": "ko"},
}
RESOURCES = "performance.getEntries().filter(({ entryType }) => entryType === 'resource').map(({ name }) => name)"
DRAW_A_ONE = [(0.5, 0.2), (0.5, 0.4), (0.5, 0.6), (0.5, 0.8)]


def proved(page):
    expect(page.locator("#proof button")).to_be_visible()
    return page.locator("#proof button").inner_text()


@pytest.mark.parametrize("look", LOOKS.values(), ids=list(LOOKS))
def test_every_view_works_without_a_request(chromium, written, look):
    wrong = {}
    with opened(chromium, written, **look) as page:
        for view in VIEWS:
            page.evaluate(f"location.hash = '#{view}'")
            expect(page.locator(f"#view.view-{view} h1")).to_be_attached()
            expect(page.locator("[data-behind], [aria-busy=true]")).to_have_count(0)
            expect(page.locator("#notice")).to_have_text("")
            assert not overflows(page), view
            wrong[view] = violations(page)
        assert [name for name in page.evaluate(RESOURCES) if not name.startswith(("blob:", "data:"))] == []
        assert proved(page).startswith("✓")
    assert wrong == {view: [] for view in VIEWS}


def test_a_finger_draws_a_one(chromium, written):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, locale="en-US")
    context.set_default_timeout(WAIT)
    page = context.new_page()
    page.goto(f"{address(written)}#draw?picture=digit:7")
    expect(page.locator(".bars .name").first).to_have_text("7")
    page.locator("#clear").click()
    box = page.locator("canvas.pad").bounding_box()
    x, y, side = box["x"], box["y"], box["width"]
    session = context.new_cdp_session(page)
    for index, (across, down) in enumerate(DRAW_A_ONE):
        points = [{"x": x + across * side, "y": y + down * side}]
        session.send(
            "Input.dispatchTouchEvent", {"type": "touchMove" if index else "touchStart", "touchPoints": points}
        )
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.locator("#view.view-draw:not([data-behind]) .bars .name").first).to_have_text("1")
    context.close()


def test_the_answers_are_those_of_the_served_page(chromium, written, server):
    link = "#draw?lang=en&model=lenet5&picture=digit:4"
    texts = []
    for start in (address(written), f"http://127.0.0.1:{server.port}/"):
        with visit(chromium, start + link, base=start.rpartition("/")[0]) as page:
            expect(page.locator("#view.view-draw:not([data-behind]) .bars .name").first).to_have_text("4")
            texts.append(page.locator(".bars").inner_text())
    assert texts[0] == texts[1]


def test_a_file_knows_nothing_of_another_in_the_same_tab(chromium, written, photo_page):
    with visit(chromium, address(written), base="file:///") as page:
        expect(page).to_have_url(re.compile("model=lenet5"))
        page.goto(address(photo_page))
        assert proved(page).startswith("✓")
        expect(page.locator("#view:not([data-behind]) .bars li").first).to_be_visible()
        expect(page.locator("#notice")).to_have_text("")


def test_a_photograph_of_ones_own(chromium, photo_page):
    sample = next(sample for sample in load_samples("photos") if sample.label == "cat")
    with opened(chromium, photo_page) as page:
        page.set_input_files("input[type=file]", str(sample.path))
        expect(page.locator("#view.view-draw:not([data-behind]) .bars .name").first).to_have_text("cat")


def test_markup_in_names_is_text(chromium, hostile):
    with opened(chromium, hostile) as page:
        expect(page.locator(".bars .name").first).to_be_visible()
        expect(page.locator("#model option")).to_have_text([HOSTILE[1]])
        names = page.locator(".bars .name").all_inner_texts()
        assert set(HOSTILE) <= set(names)
        assert proved(page).startswith("✓")
        page.locator("#proof button").click()
        expect(page.get_by_role("dialog")).to_contain_text(HOSTILE[1])
        assert page.evaluate("'wrong' in window") is False


WITHOUT = {
    "workers": "delete globalThis.Worker;",
    "crypto.subtle": "Object.defineProperty(crypto, 'subtle', { value: undefined });",
}
"""What a browser may lack, and a script that takes it away."""


@pytest.mark.parametrize("missing", WITHOUT)
def test_a_browser_that_lacks_something(chromium, written, missing):
    with opened(chromium, written, init=WITHOUT[missing]) as page:
        expect(page.locator("#view.view-draw:not([data-behind]) .bars .name").first).to_have_text("3")
        for view in ("stress", "why"):  # what takes long has a worker of its own
            page.evaluate(f"location.hash = '#{view}'")
            expect(page.locator(f"#view.view-{view} {ANSWERS[view]}").first).not_to_be_empty()
        assert proved(page).startswith("✓")


def test_a_changed_byte_is_noticed_without_crypto_subtle(chromium, written, tmp_path):
    file = tmp_path / "changed.html"
    file.write_text(changed(Path(written.path).read_text(encoding="utf-8"), "documents"), encoding="utf-8")
    with visit(
        chromium, file.as_uri(), base=tmp_path.as_uri(), allowed=("damaged",), init=WITHOUT["crypto.subtle"]
    ) as page:
        expect(page.locator("#damaged")).to_be_visible()


def test_a_model_that_is_trained_beside_one_of_photographs_knows_digits(chromium, photo_page):
    """Its classes are those of its pictures, in every answer, and not those of the model that is chosen meanwhile."""
    with opened(chromium, photo_page) as page:
        expect(page.locator("#view:not([data-behind]) .bars .name").first).to_be_visible()
        page.evaluate("location.hash = '#train'")
        page.locator("#train-table").select_option("lenet5:tiny")
        page.locator("#train-epochs").fill("1")
        page.locator(".train-form .primary").click()
        expect(page.locator(".train-replay .bars .name").first).to_be_visible()
        assert set(page.locator(".train-replay .bars .name").all_inner_texts()) <= set("0123456789")
        page.get_by_role("button", name="Use this model").click()
        page.evaluate("location.hash = '#draw'")
        expect(page.locator("#model")).to_have_value(re.compile("^runs/lenet5-tiny"))
        expect(page.locator("#view.view-draw:not([data-behind]) .bars .name")).to_have_count(10)
        assert sorted(page.locator("#view .bars .name").all_inner_texts()) == list("0123456789")


def test_what_needs_a_server_is_not_offered(chromium, written):
    with opened(chromium, written) as page:
        expect(page.locator(".bars .name").first).to_be_visible()
        expect(page.locator("#share")).to_have_count(0)


def test_the_policy_lets_nothing_in_and_out(chromium, written):
    with opened(
        chromium, written, allowed=("Content Security Policy", "violates", "Failed to fetch", "request to http")
    ) as page:
        expect(page.locator(".bars .name").first).to_be_visible()
        assert page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'refused')") == "refused"
        page.evaluate(
            "document.body.append(Object.assign(document.createElement('script'), { textContent: 'wrong = 1' }))"
        )
        assert page.evaluate("'wrong' in window") is False


def changed(text, kind):
    """A page with one letter changed in a part, or in what stands around them."""
    if kind == "start":
        return text.replace("const NAME = ", "const NAME =  ", 1)
    if kind == "digests":
        return re.sub(r'("digest": ")(.)', lambda found: found[1] + ("1" if found[2] == "0" else "0"), text, count=1)
    place = text.index(f'id="part-{kind}"') + 400
    other = "A" if text[place] != "A" else "B"
    return text[:place] + other + text[place + 1 :]


@pytest.mark.parametrize("kind", ["start", "digests", "style", "code", "documents", "models", "model-0", "proof-0"])
def test_a_changed_byte_is_noticed(chromium, written, tmp_path, kind):
    text = Path(written.path).read_text(encoding="utf-8")
    other = changed(text, kind)
    assert sum(a != b for a, b in zip(text, other, strict=False)) >= 1
    file = tmp_path / "changed.html"
    file.write_text(other, encoding="utf-8")
    with visit(
        chromium, file.as_uri(), base=tmp_path.as_uri(), allowed=("damaged", "Content Security Policy", "violates")
    ) as page:
        expect(page.locator("#damaged")).to_be_visible()
        expect(page.locator("#damaged")).to_contain_text("Please get it again")
        assert page.locator("#view h1").count() == 0


def with_other_weights(text):
    """A page whose digests are right and whose weights of C3 are not: an engine, or a device, that computes otherwise."""
    about = re.search(r'id="parts">(.*?)</script>', text)[1]
    parts = json.loads(about)["parts"]
    contents = {
        name: zlib.decompress(base64.b64decode(re.search(rf'id="part-{name}">([^<]*)<', text)[1]), -15)
        for name in parts
    }
    model = contents["model-0"]
    start = 8 + int.from_bytes(model[:8], "little")
    begin, end = (start + at for at in json.loads(model[8:start])["C3.weight"]["data_offsets"])
    weights = np.frombuffer(model[begin:end], np.float32) * np.float32(1.001)
    contents["model-0"] = model[:begin] + weights.tobytes() + model[end:]
    other = [Part(name, content) for name, content in contents.items()]
    for part in other:
        text = re.sub(rf'(id="part-{part.name}">)[^<]*', lambda found, part=part: found[1] + part.text, text)
    about = json.loads(about) | {
        "digest": page_digest(other),
        "parts": {part.name: {"size": len(part.content), "digest": part.digest} for part in other},
    }
    return re.sub(r'(id="parts">).*?(</script>)', lambda found: found[1] + json.dumps(about) + found[2], text)


def test_a_row_that_differs_is_named(chromium, written, tmp_path):
    file = tmp_path / "other.html"
    file.write_text(with_other_weights(Path(written.path).read_text(encoding="utf-8")), encoding="utf-8")
    with visit(chromium, file.as_uri(), base=tmp_path.as_uri()) as page:
        assert proved(page) == "✗ Row C3 differs from torch"
        page.locator("#proof button").click()
        expect(page.get_by_role("dialog")).to_contain_text("row C3 differs by")
