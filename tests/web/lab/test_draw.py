"""Draw, as a person does: the pen moves, the answer follows."""

import json

from browser import visit
from handwriting import STROKES
from playwright.sync_api import expect
from serving import png, serving

from striate.inference import Predictor
from striate.nn import Model, build
from striate.tables import load_table

HOSTILE = '<img src=x onerror="document.title=1">'


def draw(page, strokes):
    """Draw strokes on the pad by the mouse; places are shares of the figure."""
    page.get_by_role("button", name="Clear").click()
    box = page.locator("canvas.pad").bounding_box()
    for stroke in strokes:
        places = [
            (box["x"] + box["width"] * (0.2 + 0.6 * x), box["y"] + box["height"] * (0.1 + 0.8 * y)) for x, y in stroke
        ]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place)
        page.mouse.up()


def settled(page):
    """Wait until the page has nothing more to ask."""
    expect(page.locator("#view.view-draw:not([data-behind]) .bars li").first).to_be_visible()


def upload(page, content, name="photo.png", kind="image/png"):
    page.locator("#photo").set_input_files({"name": name, "mimeType": kind, "buffer": content})


def likeliest(page):
    return page.locator(".bars .name").first


def test_drawn_digits_are_predicted_while_the_pen_moves(page):
    right = 0
    for digit, strokes in enumerate(STROKES):
        draw(page, strokes)
        settled(page)
        right += likeliest(page).inner_text() == str(digit)
        expect(page.locator(".prediction")).to_contain_text(likeliest(page).inner_text())
    assert right >= 9
    took = page.evaluate("performance.getEntriesByName('draw').map(entry => entry.duration)")
    assert len(took) > 100  # far more than there are digits: it followed the pen


def test_the_samples_and_the_eraser(page):
    for digit in (7, 0):
        page.get_by_role("button", name=f"Draw a {digit}").click()
        expect(likeliest(page)).to_have_text(str(digit))
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".prediction")).to_have_text("Draw something.")


def test_the_prediction_for_a_photo_is_that_of_predict(page):
    photo = png(5, height=90, middle=(420, 130))
    upload(page, photo)
    expect(likeliest(page)).to_have_text("5")
    (_, told), *_ = Predictor.load("lenet5").predict(photo).top
    share = page.locator(".bars .probability").first.inner_text()
    assert abs(float(share.rstrip("%")) / 100 - told) < 6e-4
    assert sorted(name.inner_text() for name in page.locator(".bars .name").all()) == list("0123456789")


def test_a_photo_is_pasted(page):
    settled(page)
    content = list(png(2, height=90, middle=(420, 130)))
    page.evaluate(
        """bytes => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "clip.png", { type: "image/png" }));
            dispatchEvent(new ClipboardEvent("paste", { clipboardData: data }));
        }""",
        content,
    )
    expect(likeliest(page)).to_have_text("2")


def test_the_error_for_a_file_that_is_no_picture_names_it_as_text(page):
    upload(page, b"<svg onload=alert(1)>", f"{HOSTILE}.png")
    expect(page.get_by_role("status").filter(has_text="cannot read")).to_contain_text(HOSTILE)
    assert page.title() == "Draw · Striate"


def test_names_of_models_and_classes_are_text(chromium):
    network = build(load_table("lenet5:tiny"), seed=0)
    classes = (HOSTILE, "</li><script>document.title=2</script>", *map(str, range(2, network.table.classes)))
    model = Predictor(Model(network, classes, {}, {}))
    with serving({HOSTILE: model}) as server, visit(chromium, f"http://127.0.0.1:{server.port}/") as page:
        expect(page.locator("#model option")).to_have_text(HOSTILE)
        settled(page)
        shown = {name.inner_text() for name in page.locator(".bars .name").all()}
        assert shown <= set(classes)
        for view in ("layers", "stress", "table", "train", "filters", "cortex", "why"):
            page.goto(f"http://127.0.0.1:{server.port}/#{view}")
            expect(page.locator(f"#view.view-{view} h1")).to_be_visible()
        page.wait_for_timeout(500)
        assert page.title() == "Why · Striate"
        assert page.locator("img[src=x]").count() == 0


def test_the_drawing_is_still_there_after_another_view_and_in_korean(page):
    page.get_by_role("button", name="Draw a 8").click()
    expect(likeliest(page)).to_have_text("8")
    page.get_by_role("link", name="Layers", exact=True).click()
    expect(page.locator("#view.view-layers")).to_be_visible()
    page.get_by_label("Language").select_option("ko")
    page.get_by_role("link", name="그리기").click()
    expect(page.get_by_role("list", name="예측")).to_be_visible()
    expect(likeliest(page)).to_have_text("8")
    assert page.evaluate("document.documentElement.lang") == "ko"
    page.reload()
    expect(page.get_by_role("button", name="지우기")).to_be_visible()
    expect(likeliest(page)).to_have_text("8")


def test_ink_on_a_photo_and_the_pen_are_kept_and_the_samples_unchanged(page):
    settled(page)
    page.goto(page.url.partition("#")[0] + "#layers")
    expect(page.locator("main.view-layers")).to_be_visible()
    page.get_by_role("link", name="Draw", exact=True).click()
    expect(page.locator("main.view-draw")).to_be_visible()
    box = page.locator("canvas.pad").bounding_box()
    page.mouse.move(box["x"] + 9, box["y"] + 9)
    page.mouse.down()
    page.mouse.move(box["x"] + 9, box["y"] + 200)
    page.mouse.up()
    clean = pixels(page, "Draw a 7", "Draw a 3")
    assert clean == pixels(page, "Draw a 3")
    upload(page, png(5, size=(280, 280), height=200, middle=(140, 140)))
    page.locator("#pen").fill("16")
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.up()
    before = pixels(page)
    page.get_by_role("link", name="Layers", exact=True).click()
    page.get_by_role("link", name="Draw", exact=True).click()
    expect(page.locator("#pen")).to_have_value("16")
    assert pixels(page) == before != clean


def pixels(page, *buttons):
    """The pad, after these samples were taken."""
    for name in buttons:
        page.get_by_role("button", name=name).click()
    settled(page)
    return page.locator("canvas.pad").evaluate("canvas => canvas.toDataURL()")


def test_every_row_has_a_column_from_the_input_to_the_classes(page):
    settled(page)
    columns = page.locator(".diagram .column")
    assert columns.evaluate_all("each => each.map(one => one.dataset.path)") == [
        "", "C1", "S2", "C3", "S4", "C5", "F6", "Out",
    ]  # fmt: skip
    places = [column.bounding_box()["x"] for column in columns.all()]
    assert places == sorted(places)


def test_the_first_load_is_small(chromium, lab):
    context = chromium.new_context()
    page = context.new_page()
    received = []
    page.on(
        "response", lambda response: received.append((response.url, int(response.headers.get("content-length", 0))))
    )
    page.goto(lab.address)
    settled(page)
    context.close()
    assert len(received) > 10
    assert sum(size for _, size in received) < 150_000, json.dumps(received, indent=1)
