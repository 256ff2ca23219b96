"""The network in Draw, as a person uses it: a cell is pointed at, its sum is opened, a stage is unfolded."""

from base64 import b64decode
from itertools import pairwise

import pytest
from browser import SIZES, violations, visit
from playwright.sync_api import expect
from serving import png, serving

from striate.inference import Predictor
from striate.inspection import load_sample, record_activations, unit_arithmetic, visible_field
from striate.nn import Model, build
from striate.tables import load_plan
from striate.web.lab.requests import decode_sample

TABLES = ("googlenet:tiny", "resnet20", "alexnet:tiny")


@pytest.fixture(scope="module")
def deep():
    """A server of networks with branches, shortcuts and towers."""
    models = {
        name: Predictor(Model(build(load_plan(name), seed=0).eval(), tuple("abcdefghij"), {}, {})) for name in TABLES
    }
    with serving(models) as server:
        yield f"http://127.0.0.1:{server.port}"


@pytest.fixture
def five(page):
    """Draw with a known 5 on the pad, as a photo."""
    page.locator("#photo").set_input_files({"name": "5.png", "mimeType": "image/png", "buffer": png(5)})
    settled(page)
    return page


@pytest.fixture(scope="module")
def seen(predictor, tmp_path_factory):
    path = tmp_path_factory.mktemp("picture") / "5.png"
    path.write_bytes(png(5))
    return load_sample(path, predictor.model.network.table)


def settled(page):
    """Wait until the page has nothing more to ask."""
    expect(page.locator("#view.view-draw:not([data-behind]) .bars li").first).to_be_visible()
    page.wait_for_load_state("networkidle")


def tiles(page, path):
    return page.locator(f'[data-tiles="{path}"]')


def tile(page, path, index, count):
    """The place of a tile of a column with one tile a line: (x, y, side)."""
    box = tiles(page, path).bounding_box()
    pitch = (box["height"] + 4) / count
    return box["x"], box["y"] + index * pitch, pitch - 4


def point(page, path, index, count, at, size):
    """The middle of a cell (row, column) of a tile."""
    x, y, side = tile(page, path, index, count)
    return x + side * (at[1] + 0.5) / size[1], y + side * (at[0] + 0.5) / size[0]


def rects(page, kind):
    """The marked boxes of a kind: (x, y, width, height)."""
    boxes = [rect.bounding_box() for rect in page.locator(f".above rect.{kind}").all()]
    return [(box["x"], box["y"], box["width"], box["height"]) for box in boxes]


def is_marked(page, kind, path, index, count, box, size):
    """Whether a box of cells of a tile is among those that are marked, to a pixel or two."""
    x, y, side = tile(page, path, index, count)
    cell = side / size[0]
    expected = (x + box[1] * cell, y + box[0] * cell, box[3] * cell, box[2] * cell)
    return any(all(abs(a - b) < 3.5 for a, b in zip(found, expected, strict=True)) for found in rects(page, kind))


def number(text):
    return float(text.replace(",", "").replace("−", "-"))


def test_a_cell_shows_what_it_reads_and_what_it_feeds_without_a_request(five, predictor, seen):
    network = predictor.model.network
    requests = []
    five.on("request", lambda request: "/lab/" in request.url and requests.append(request.url))
    five.mouse.move(*point(five, "C3", 7, 16, (5, 3), (10, 10)))
    expect(five.locator(".figure .value")).to_contain_text("C3 · map 7, row 5, column 3: ")
    inputs = network.plan.step("C3").row.connections[7]
    for index in range(6):
        assert is_marked(five, "read", "S2", index, 6, (5, 3, 5, 5), (14, 14)) == (index in inputs)
    field = visible_field(network.plan, "C3", (5, 3), map_index=7)
    assert is_marked(five, "read", "", 0, 1, (field.top, field.left, field.height, field.width), (32, 32))
    assert len(rects(five, "read")) == len(inputs) + 1
    assert len(rects(five, "fed")) == 1 and is_marked(five, "fed", "S4", 7, 16, (2, 1, 1, 1), (5, 5))
    assert is_marked(five, "own", "C3", 7, 16, (5, 3, 1, 1), (10, 10))
    expect(five.locator(".looking .edge:not(.fed)")).to_have_count(len(inputs))
    value = record_activations(network, seen.input_NCHW, ["C3"])["C3"].output[0, 7, 5, 3].item()
    assert number(five.locator(".figure .value").inner_text().rpartition(": ")[2]) == pytest.approx(value, abs=0.06)
    five.mouse.move(5, 5)
    expect(five.locator(".above rect")).to_have_count(0)
    assert requests == []


def test_the_lines_at_rest_are_the_connection_table(page):
    settled(page)
    signed = page.locator(".resting .edge.positive, .resting .edge.negative")
    expect(signed).to_have_count(6 + 60)  # of C1 to the one input, and of C3 to S2
    expect(page.locator(".resting .edge")).to_have_count(6 + 60 + 6 + 16)  # S2 and S4 read one map each


def test_a_click_opens_the_sum_which_follows_the_drawing_and_leads_to_layers(page, predictor):
    settled(page)
    page.mouse.click(*point(page, "C1", 2, 6, (14, 14), (28, 28)))
    panel = page.get_by_role("complementary")
    expect(panel).to_contain_text("C1: map 2, row 14, column 14")
    values = []
    for digit in (3, 7):
        page.get_by_role("button", name=f"Draw a {digit}").click()
        settled(page)
        network = predictor.model.network
        image_NCHW = decode_sample(shown_picture(page), network.table).input_NCHW
        expected = unit_arithmetic(network, image_NCHW, "C1", (2, 14, 14))
        shown = panel.locator(".network output")
        expect(shown).to_have_text(f"{expected.network_value:.4g}")
        values.append(shown.inner_text())
    assert values[0] != values[1]
    panel.get_by_role("link", name="In Layers").click()
    expect(page.locator(".sheet .value")).to_contain_text("C1 · map 2, row 14, column 14: ")
    page.get_by_role("link", name="Draw", exact=True).click()
    settled(page)
    expect(panel).to_contain_text("C1: map 2, row 14, column 14")
    page.keyboard.press("Escape")
    panel.get_by_role("button", name="Close").click()
    expect(panel).to_be_hidden()


def shown_picture(page):
    """The picture on the pad, as the page sends it."""
    text = page.evaluate(
        """async () => {
        const { currentPicture } = await import("/static/lib/state.js");
        return btoa(String.fromCharCode(...new Uint8Array(await currentPicture().blob.arrayBuffer())));
    }"""
    )
    return b64decode(text)


def test_keys_move_the_cell_and_open_its_sum(page):
    settled(page)
    page.locator("#clear").focus()
    tiles(page, "C3").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("PageDown")
    page.keyboard.press("ArrowRight")
    spoken = page.get_by_role("status").filter(has_text="C3 · map 1, row 1, column 1: ")
    expect(spoken).to_be_attached()
    page.keyboard.press("Enter")
    expect(page.get_by_role("complementary")).to_contain_text("C3: map 1, row 1, column 1")
    page.keyboard.press("Escape")
    expect(page.get_by_role("complementary")).to_be_hidden()
    tiles(page, "F6").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("complementary")).to_contain_text("F6: unit 1")


def test_a_class_is_a_unit_with_a_bar_in_its_line(page):
    settled(page)
    places = {bar.locator(".name").inner_text(): bar.bounding_box()["y"] for bar in page.locator(".bars li").all()}
    assert sorted(places, key=places.get) == list("0123456789")  # in their order, the most probable first in the list
    page.locator(".bars li").first.click()
    expect(page.get_by_role("complementary")).to_contain_text("Out: unit 3")
    expect(page.locator(".above rect.own")).to_have_count(1)


def test_the_whole_network_is_in_sight_at_1280_by_800(page):
    settled(page)
    for part in (".pad", ".diagram .column", ".bars li"):
        for box in (each.bounding_box() for each in page.locator(part).all()):
            assert box["x"] >= 0 and box["x"] + box["width"] <= 1280 and box["y"] + box["height"] <= 800, part
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    diagram = page.locator(".diagram")
    assert diagram.evaluate("each => each.scrollWidth <= each.clientWidth")


def test_on_a_phone_the_network_goes_down_and_the_maps_fill_the_width(chromium, lab):
    with visit(chromium, lab.address, size="narrow") as page:
        settled(page)
        columns = [column.bounding_box() for column in page.locator(".diagram .column").all()]
        assert all(a["y"] + a["height"] <= b["y"] for a, b in pairwise(columns))
        assert tiles(page, "C1").bounding_box()["width"] > 300
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        tiles(page, "F6").scroll_into_view_if_needed()
        box = tiles(page, "F6").bounding_box()
        page.mouse.click(box["x"] + 5, box["y"] + 5)
        panel = page.get_by_role("complementary")
        expect(panel).to_contain_text("F6: unit 0")
        assert panel.bounding_box()["width"] == SIZES["narrow"][0]


def test_a_deep_network_is_folded_by_stage_and_unfolds_in_place(deep, chromium):
    with visit(chromium, deep) as page:
        page.get_by_label("Model").select_option("resnet20")
        fold = page.locator('[data-fold="conv2_1*"]')
        expect(fold).to_have_attribute("aria-expanded", "false")
        settled(page)
        names = page.locator(".column header :is(b, .fold)").all_inner_texts()
        assert [name.split() for name in names] == [
            ["Input"], ["conv1"], ["bn1"], ["+", "conv2"], ["+", "conv3"], ["+", "conv4"], ["pool"], ["fc"],
        ]  # fmt: skip
        fold.focus()
        page.keyboard.press("Enter")
        expect(page.locator('[data-fold="conv2_1*"]')).to_be_focused()
        expect(page.locator(".group.stage .column")).to_have_count(3)
        page.locator('[data-fold="conv2_1"]').click()
        settled(page)
        assert page.locator(".group.add .lane .column").evaluate_all("all => all.map(one => one.dataset.path)") == [
            f"conv2_1.body.{name}" for name in ("conv1", "bn1", "conv2", "bn2")
        ]
        expect(page.locator(".resting .arc")).to_have_count(1)  # the shortcut, around the body
        expect(page.locator(".join.plus")).to_have_text("+")
        x, y, side = tile(page, "conv2_1", 0, 16)
        page.mouse.move(x + side / 2, y + side / 2)
        expect(page.locator(".figure .value")).to_contain_text("conv2_1 · map 0, ")
        expect(page.locator(".above rect.read")).to_have_count(3)  # in the body, in the unit's input, in the picture
        page.get_by_role("link", name="Layers", exact=True).click()
        page.get_by_role("link", name="Draw", exact=True).click()
        expect(page.locator(".group.add")).to_have_count(1)  # it is still unfolded
        page.locator('[data-fold="conv2_1*"]').click()
        expect(page.locator(".group")).to_have_count(0)


def test_a_module_unfolds_into_lanes_that_meet_in_a_bar(deep, chromium):
    with visit(chromium, deep) as page:
        settled(page)
        page.locator('[data-fold="inception_3a"]').click()
        lanes = page.locator(".group.concat .lane")
        expect(lanes).to_have_count(4)
        boxes = [lane.bounding_box() for lane in lanes.all()]
        assert all(a["y"] + a["height"] <= b["y"] for a, b in pairwise(boxes))
        step = load_plan("googlenet:tiny").step("inception_3a")
        parts = page.locator(".join.bar span")
        assert [int(text) for text in parts.all_inner_texts()] == [branch[-1].output[0] for branch in step.branches]
        settled(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_two_towers_stand_apart(deep, chromium):
    with visit(chromium, deep) as page:
        page.get_by_label("Model").select_option("alexnet:tiny")
        expect(tiles(page, "C1")).to_be_visible()
        settled(page)
        box = tiles(page, "C1").bounding_box()
        pitch = (box["height"] - 18 + 4) / 8
        page.mouse.move(box["x"] + 4, box["y"] + 4 * pitch + 8)  # between the fourth map and the fifth
        expect(page.locator(".figure .value")).to_be_hidden()
        page.mouse.move(box["x"] + 4, box["y"] + 4 * pitch + 18 + 8)
        expect(page.locator(".figure .value")).to_contain_text("C1 · map 4, ")


def test_with_reduced_motion_nothing_flows(five):
    five.emulate_media(reduced_motion="reduce")
    five.mouse.move(*point(five, "C1", 2, 6, (14, 14), (28, 28)))
    edge = five.locator(".looking .edge").first
    expect(edge).to_be_attached()
    assert edge.evaluate("each => getComputedStyle(each).animationName") == "none"
    five.emulate_media(reduced_motion="no-preference")
    assert edge.evaluate("each => getComputedStyle(each).animationName") == "flow"


@pytest.mark.parametrize("look", [{}, {"size": "narrow", "dark": True, "locale": "ko"}], ids=["wide", "narrow"])
def test_an_unfolded_module_and_an_open_sum_are_accessible(deep, chromium, look):
    with visit(chromium, deep, **look) as page:
        settled(page)
        page.locator('[data-fold="inception_3a"]').click()
        tiles(page, "inception_3a.branch1.conv1x1").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("complementary").locator(".network output")).to_be_visible()
        settled(page)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_colours_are_ordered_and_their_ends_are_told_apart(page):
    """Lighter with every step from zero, zero neutral, and both ends different for each kind of colour vision."""
    colors = page.evaluate(
        """async () => {
        const { diverging, textOn } = await import("/static/lib/canvas.js");
        return Array.from({ length: 255 }, (_, i) => [...diverging(i + 1), textOn(diverging(i + 1))]);
    }"""
    )
    linear = [[_linear(channel) for channel in color[:3]] for color in colors]
    light = [0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in linear]
    assert light[:128] == sorted(light[:128], reverse=True) and light[127:] == sorted(light[127:])
    assert max(colors[127][:3]) - min(colors[127][:3]) < 10
    for each, (*_, text) in zip(light, colors, strict=True):
        assert ((1.05 / (each + 0.05)) if text == "#fff" else (each + 0.05) / 0.05) >= 4.5
    assert max(light) < 0.7  # never nearly white
    # Machado, Oliveira, Fernandes 2009: what a protanope, a deuteranope and a tritanope see
    for matrix in (
        ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
        ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
        ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
    ):
        first, last = ([sum(a * b for a, b in zip(row, linear[end], strict=True)) for row in matrix] for end in (0, -1))
        assert sum((a - b) ** 2 for a, b in zip(first, last, strict=True)) ** 0.5 > 0.4


def _linear(channel):
    value = channel / 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
