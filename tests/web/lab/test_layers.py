"""Layers, as a person uses it: a unit is chosen by a click, its numbers are read, the kernel slides."""

import re
from base64 import b64decode

import pytest
from browser import visit
from playwright.sync_api import expect
from serving import png, serving

from striate.inference import Predictor
from striate.inspection import (
    load_sample,
    record_activations,
    strongest_unit,
    theoretical_field,
    unit_arithmetic,
    visible_field,
)
from striate.nn import Model, build
from striate.tables import load_plan
from striate.web.lab.requests import decode_sample


@pytest.fixture(scope="module")
def network(predictor):
    return predictor.model.network


@pytest.fixture(scope="module")
def seen(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("picture") / "5.png"
    path.write_bytes(png(5))
    return load_sample(path, network.table)


@pytest.fixture(scope="module")
def deep():
    """A server of networks with branches and shortcuts."""
    models = {
        name: Predictor(Model(build(f"{name}:tiny", seed=0).eval(), tuple("abcdefghij"), {}, {}))
        for name in ("googlenet", "resnet18")
    }
    with serving(models) as server:
        yield f"http://127.0.0.1:{server.port}"


@pytest.fixture
def layers(page):
    """The view, on a known picture: it is put on Draw's pad as a photo."""
    page.locator("#photo").set_input_files({"name": "5.png", "mimeType": "image/png", "buffer": png(5)})
    expect(page.locator("#view:not([data-behind])")).to_be_visible()
    page.get_by_role("link", name="Layers", exact=True).click()
    settled(page)
    return page


def settled(page):
    """Wait until the page has nothing more to ask."""
    expect(page.locator("#view.view-layers:not([data-behind]) .network")).to_be_visible()


def click_cell(page, path, map_index, place, size):
    """Click the cell (row, column) of a map of so many rows and columns, in the close-up of its row."""
    if page.get_by_role("combobox", name="Layer").input_value() != path:
        choose_row(page, path)
    tiles = page.locator(".sheet .tiles")
    tiles.scroll_into_view_if_needed()
    columns, box = int(tiles.get_attribute("data-columns")), tiles.bounding_box()
    side = (box["width"] + 4) / columns - 4  # tiles are 4 pixels apart
    line, column = divmod(map_index, columns)
    page.mouse.click(
        box["x"] + column * (side + 4) + side * (place[1] + 0.5) / size[1],
        box["y"] + line * (side * size[0] / size[1] + 4) + side * (place[0] + 0.5) / size[1],
    )
    settled(page)


def number(text):
    return float(text.replace(",", "").replace("−", "-"))


def shown_value(page):
    """What the page says that the network computed."""
    return number(page.locator(".network output").inner_text())


def stages(page):
    return [number(text) for text in page.locator(".stages output").all_inner_texts()]


def box_of(page, board):
    rect = page.locator(f".map-view.{board} rect.box")
    return tuple(int(rect.get_attribute(name)) for name in ("y", "x", "height", "width"))


def uncovered(page):
    """Cells of the output map that are filled in."""
    return page.evaluate(
        """() => {
        const path = document.querySelector(".map-view.output .uncomputed");
        const [, , width, height] = path.ownerSVGElement.getAttribute("viewBox").split(" ").map(Number);
        let count = 0;
        for (let i = 0; i < height; i++) for (let j = 0; j < width; j++) {
            count += !path.isPointInFill(new DOMPoint(j + 0.5, i + 0.5));
        }
        return count;
    }"""
    )


def place(page):
    return [int(field.input_value()) for field in page.locator(".picker .index").all()]


def choose_row(page, path):
    page.get_by_role("combobox", name="Layer").select_option(path)
    settled(page)


def test_a_unit_is_chosen_by_a_click_and_its_numbers_are_the_librarys(layers, network, seen):
    click_cell(layers, "C1", 4, (7, 20), (28, 28))
    assert place(layers) == [4, 7, 20]
    expect(layers.locator(".sheet .value")).to_contain_text("C1 · map 4, row 7, column 20: ")
    found = unit_arithmetic(network, seen.input_NCHW, "C1", (4, 7, 20))
    assert shown_value(layers) == pytest.approx(found.network_value, rel=1e-3)
    assert stages(layers) == pytest.approx([stage.value for stage in found.trace.steps], rel=1e-3)
    tables = layers.locator(".grid table")
    expect(tables).to_have_count(3)
    for index, cells in enumerate((found.trace.window, found.trace.weights, found.trace.products)):
        written = [number(text) for text in tables.nth(index).locator("td").all_inner_texts()]
        assert written == pytest.approx(cells.reshape(-1), abs=0.00501)
    formula = layers.locator(".formula-box .formula").last.inner_text()
    bias = network.C1.bias[4].item()
    assert number(re.search(r"= ([-\d.]+) \+", formula)[1]) == pytest.approx(bias, rel=1e-3)
    assert "22 more" in formula and number(formula.rpartition("= ")[2]) == pytest.approx(stages(layers)[1])


def test_the_window_of_a_unit_is_marked_on_the_input(layers, network):
    for path, map_index, at, size in (("S2", 3, (13, 0), (14, 14)), ("S4", 9, (2, 4), (5, 5))):
        click_cell(layers, path, map_index, at, size)
        box = theoretical_field(network.plan, path, at)
        assert box_of(layers, "field") == (box.top, box.left, box.height, box.width)
        expect(layers.locator("figcaption").first).to_contain_text(f"{box.height}×{box.width} pixels")
        assert box_of(layers, "input") == (2 * at[0], 2 * at[1], 2, 2)
        assert box_of(layers, "output") == (*at, 1, 1)


def test_the_strongest_unit_is_shown_first_and_lists_and_keys_choose_others(layers, network, seen):
    passed = record_activations(network, seen.input_NCHW, ["C1", "C3", "F6"])
    assert place(layers) == list(strongest_unit(passed["C1"].output))
    choose_row(layers, "C3")
    assert place(layers) == list(strongest_unit(passed["C3"].output))
    expect(layers.locator(".sheet .value")).to_contain_text("C3 · map ")
    for name, value in (("Map", "15"), ("Row", "4"), ("Column", "6")):
        layers.get_by_role("spinbutton", name=name).fill(value)
    settled(layers)
    layers.get_by_role("group", name="arrow keys").focus()
    layers.keyboard.press("ArrowDown")
    layers.keyboard.press("ArrowLeft")
    settled(layers)
    assert place(layers) == [15, 5, 5]
    assert shown_value(layers) == pytest.approx(passed["C3"].output[0, 15, 5, 5].item(), rel=1e-3)
    layers.get_by_role("spinbutton", name="Row").fill("10")  # there is none
    expect(layers.get_by_role("spinbutton", name="Row")).to_have_attribute("aria-invalid", "true")
    choose_row(layers, "F6")
    unit = int(passed["F6"].output.argmax())
    assert place(layers) == [unit] and shown_value(layers) == pytest.approx(passed["F6"].output.max().item(), rel=1e-3)
    assert box_of(layers, "field") == (0, 0, 32, 32)
    expect(layers.get_by_role("button", name="Play")).to_be_hidden()  # no kernel slides


def test_an_input_map_of_the_sum_is_chosen(layers, network, seen):
    choose_row(layers, "C3")
    unit = tuple(place(layers))
    working = unit_arithmetic(network, seen.input_NCHW, "C3", unit).trace
    buttons = layers.get_by_role("group", name="Sum over each input map").get_by_role("button")
    texts = [text.split(": ") for text in buttons.all_inner_texts()]
    assert [int(index) for index, _ in texts] == list(working.maps)
    assert [number(value) for _, value in texts] == pytest.approx(working.products.sum(axis=(1, 2)), rel=1e-3)
    buttons.last.click()
    settled(layers)
    expect(buttons.last).to_have_attribute("aria-pressed", "true")
    expect(layers.locator("figcaption").nth(1)).to_have_text(f"Input map {working.maps[-1]}, 14×14")
    shown = [number(text) for text in layers.locator(".grid table").first.locator("td").all_inner_texts()]
    assert shown == pytest.approx(working.window[-1].reshape(-1), abs=0.00501)


def test_the_kernel_slides_and_the_output_fills_in(layers, network, seen):
    expect(layers.locator(".kernel-animation .size")).to_contain_text("kernel 5×5 · stride 1 · padding 0")
    expect(layers.locator(".kernel-animation .size")).to_contain_text("floor((32 − 5 + 2·0) / 1) + 1 = 28")
    assert uncovered(layers) == 28 * 28
    layers.get_by_role("button", name="From the start").click()
    settled(layers)
    assert uncovered(layers) == 1 and box_of(layers, "input") == (0, 0, 5, 5)
    for _ in range(3):
        layers.get_by_role("button", name="Step", exact=True).click()
    layers.get_by_role("button", name="Step back").click()
    settled(layers)
    map_index = place(layers)[0]
    assert place(layers) == [map_index, 0, 2] and uncovered(layers) == 3 and box_of(layers, "input") == (0, 2, 5, 5)
    found = unit_arithmetic(network, seen.input_NCHW, "C1", (map_index, 0, 2))
    assert shown_value(layers) == pytest.approx(found.network_value, rel=1e-3)

    layers.get_by_label("Speed").fill("60")
    layers.get_by_role("button", name="Play").click()
    expect(layers.locator(".position")).to_contain_text("row 1, column")
    layers.get_by_role("button", name="Pause").click()
    settled(layers)
    _, row, column = place(layers)
    assert uncovered(layers) == 28 * row + column + 1
    found = unit_arithmetic(network, seen.input_NCHW, "C1", (map_index, row, column))
    assert shown_value(layers) == pytest.approx(found.network_value, rel=1e-3)
    layers.get_by_role("button", name="Show all").click()
    assert uncovered(layers) == 28 * 28


def test_the_kernel_stops_at_the_last_place_and_starts_again(layers):
    choose_row(layers, "S4")
    layers.get_by_role("button", name="From the start").click()
    for _ in range(26):
        layers.get_by_role("button", name="Step", exact=True).click()
    settled(layers)
    assert place(layers)[1:] == [4, 4] and uncovered(layers) == 25
    layers.get_by_label("Speed").fill("60")
    layers.get_by_role("button", name="Play").click()
    expect(layers.locator(".position")).to_contain_text("Position 25 of 25")
    expect(layers.get_by_role("button", name="Play")).to_be_visible()


def test_with_reduced_motion_the_kernel_is_stepped_by_hand(page):
    page.emulate_media(reduced_motion="reduce")
    page.get_by_role("link", name="Layers", exact=True).click()
    settled(page)
    expect(page.get_by_role("button", name="Play")).to_have_count(0)
    page.get_by_role("button", name="From the start").click()
    page.get_by_role("button", name="Step", exact=True).click()
    settled(page)
    assert uncovered(page) == 2


def test_the_kernel_starts_where_the_ink_is(layers, seen):
    ink = (seen.fitted_CHW[0] - seen.fitted_CHW[0, 0, 0]).abs() > 64
    reached = [[bool(ink[row : row + 5, column : column + 5].any()) for column in range(28)] for row in range(28)]
    first = next(row for row in range(28) if any(reached[row]))
    layers.get_by_role("button", name="Show all").click()
    layers.get_by_role("button", name="Step", exact=True).click()
    settled(layers)
    assert place(layers)[1] == first > 0 and reached[first][place(layers)[2]]
    assert place(layers)[2] == 0 or not reached[first][place(layers)[2] - 1]


def test_the_choice_outlives_another_view_and_another_language(layers):
    click_cell(layers, "C3", 7, (3, 8), (10, 10))
    value = shown_value(layers)
    layers.get_by_role("link", name="Draw", exact=True).click()
    expect(layers.locator("canvas.pad")).to_be_visible()
    layers.get_by_role("link", name="Layers", exact=True).click()
    settled(layers)
    assert place(layers) == [7, 3, 8] and shown_value(layers) == value
    layers.get_by_label("Language").select_option("ko")
    expect(layers.locator(".network")).to_contain_text("신경망이 계산한 값")
    settled(layers)
    assert place(layers) == [7, 3, 8] and shown_value(layers) == value


def test_the_value_under_the_pointer_and_the_largest_of_the_row(layers, network, seen):
    maps = record_activations(network, seen.input_NCHW, ["S2"])["S2"].output[0]
    choose_row(layers, "S2")
    tiles = layers.locator(".sheet .tiles")
    box, columns = tiles.bounding_box(), int(tiles.get_attribute("data-columns"))
    assert columns == 6 and box["width"] > 1100  # the maps fill the width
    layers.mouse.move(box["x"] + 3, box["y"] + 3)
    expect(layers.locator(".sheet .value")).to_contain_text("map 0, row 0, column 0")
    shown = number(layers.locator(".sheet .value").inner_text().rpartition(": ")[2])
    assert shown == pytest.approx(maps[0, 0, 0].item(), abs=maps.abs().max().item() / 30)
    numbers = layers.locator(".color-bar span").all_inner_texts()
    assert [abs(number(text)) for text in numbers] == pytest.approx([maps.abs().max().item()] * 2, rel=0.01)


def test_units_are_buttons_that_a_finger_hits_and_the_last_row_has_the_classes(layers, network, seen):
    choose_row(layers, "F6")
    buttons = layers.locator(".sheet .units button")
    expect(buttons).to_have_count(84)
    assert min(min(box["width"], box["height"]) for box in (each.bounding_box() for each in buttons.all())) >= 24
    buttons.nth(17).click()
    settled(layers)
    assert place(layers) == [17]
    expect(buttons.nth(17)).to_have_attribute("aria-pressed", "true")
    value = record_activations(network, seen.input_NCHW, ["F6"])["F6"].output[0, 17].item()
    shown = number(layers.locator(".sheet .value").inner_text().rpartition(": ")[2])
    assert shown == pytest.approx(value, rel=1e-3)
    choose_row(layers, "Out")
    expect(buttons).to_have_text(list("0123456789"))


def test_a_row_inside_a_branch_and_its_padding(deep, chromium):
    with visit(chromium, f"{deep}/#layers") as page:
        settled(page)
        choose_row(page, "inception_4e.branch2.conv3x3")
        for name in ("Row", "Column"):
            page.get_by_role("spinbutton", name=name).fill("0")
        settled(page)
        assert box_of(page, "input") == (-1, -1, 3, 3)
        plan = load_plan("googlenet:tiny")
        box = visible_field(plan, "inception_4e.branch2.conv3x3", (0, 0), map_index=place(page)[0])
        assert box_of(page, "field") == (box.top, box.left, box.height, box.width)
        assert page.locator(".grid table").first.locator("td.padded").count() == 5
        top, left, *_ = map(float, page.locator(".map-view.input svg").get_attribute("viewBox").split())
        assert (top, left) == (-1, -1)
        expect(page.locator(".kernel-animation .size")).to_contain_text("padding 1")


def test_all_maps_of_a_row_are_shown_on_a_phone(deep, chromium):
    with visit(chromium, f"{deep}/#layers", size="narrow") as page:
        settled(page)
        click_cell(page, "conv2", 23, (3, 4), (16, 16))
        assert place(page) == [23, 3, 4]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_sum_of_a_residual_unit(deep, chromium):
    with visit(chromium, f"{deep}/#layers", size="narrow") as page:
        page.get_by_label("Model").select_option("resnet18")
        expect(page.locator("#layers-row option[value='conv2_1']")).to_be_attached()
        settled(page)
        click_cell(page, "conv2_1", 4, (0, 1), (16, 16))
        network = build("resnet18:tiny", seed=0)
        image_NCHW = decode_sample(shown_picture(page), network.table).input_NCHW
        found = unit_arithmetic(network, image_NCHW, "conv2_1", tuple(place(page)))
        assert shown_value(page) == pytest.approx(found.network_value, rel=1e-3)
        assert stages(page) == pytest.approx([stage.value for stage in found.trace.steps], rel=1e-3)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def shown_picture(page):
    """The picture under the lens, as the page sends it."""
    text = page.evaluate(
        """async () => {
        const { currentPicture } = await import("/static/lib/state.js");
        const { blob } = currentPicture();
        return btoa(String.fromCharCode(...new Uint8Array(await blob.arrayBuffer())));
    }"""
    )
    return b64decode(text)
