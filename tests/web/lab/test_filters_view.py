"""Filters, as a person does: a kernel is chosen or edited, and size, map and sum are those of a NumPy convolution."""

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from browser import visit
from image_files import encode
from lens import open_picture, overflows, pixels
from PIL import Image
from playwright.sync_api import expect

from striate.inspection import classic_kernel
from striate.reference import convolution

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 14), dtype=np.uint8)
NONE = ((0, 0), (0, 0))


def png(array):
    return encode(Image.fromarray(array), "PNG")


@pytest.fixture
def filters(page, lab):
    open_picture(page, lab.address, png(PIXELS), "filters")
    expect(page.locator(".sum output")).to_be_visible()
    return page


def convolved(kernel, stride=1, padding=NONE):
    w, x = np.array(kernel, dtype=np.float64)[:, :, None, None], PIXELS.astype(np.float64)[None, :, :, None]
    return convolution(x, w, np.zeros(1), stride=(stride, stride), padding=padding)[0, :, :, 0]


def cell(page, row, column):
    return page.get_by_label(f"Kernel, row {row - 1}, column {column - 1}", exact=True)


def choose(page, label, value):
    combo(page, label).select_option(value)


def combo(page, label):
    return page.get_by_role("combobox", name=label, exact=True)


def number(page, label):
    return page.get_by_role("spinbutton", name=label, exact=True)


def go_to(page, row, column):
    number(page, "Row").fill(str(row))
    number(page, "Column").fill(str(column))


def written(number):
    """As the page writes it: three digits after the point, halves away from zero."""
    rounded = Decimal(float(number)).quantize(Decimal("0.001"), ROUND_HALF_UP)
    return f"{rounded:,}".rstrip("0").rstrip(".")


def shows(page, expected):
    """The size, the range, the colours and the sum in the first row's fourth place are those of this map."""
    size = [str(side) for side in expected.shape]
    expect(page.locator(".formula strong")).to_have_text(size)
    low, high = written(expected.min()), written(expected.max())
    expect(page.locator("main")).to_contain_text(f"Values from {low} to {high}")
    height, width, rgba = pixels(page.locator("canvas.after"))
    assert (height, width) == expected.shape
    rgb = np.array(rgba).reshape(height, width, 4).astype(int)
    clear = np.abs(expected) > 0.1 * np.abs(expected).max()
    if (expected < 0).any():
        assert ((rgb[..., 0] > rgb[..., 2]) == (expected > 0))[clear].all()  # orange above zero, blue below
    else:
        assert np.abs(rgb[..., 0] - 255 * expected / expected.max()).max() < 3
    go_to(page, 0, 3)
    expect(page.locator(".sum output")).to_have_text(written(expected[0, 3]))


def test_a_filter_is_chosen_and_one_of_its_numbers_changed(filters):
    shows(filters, convolved(classic_kernel("sobel_x")))
    choose(filters, "Filter", "Gaussian blur")
    expect(cell(filters, 2, 2)).to_have_value("0.25")
    shows(filters, convolved(classic_kernel("gaussian_blur")))
    choose(filters, "Filter", "Outline")
    cell(filters, 2, 2).fill("4.5")
    expect(combo(filters, "Filter")).to_have_value("own")
    shows(filters, convolved([[-1, -1, -1], [-1, 4.5, -1], [-1, -1, -1]]))
    expect(filters.locator(".formula .number").first).to_have_text("floor((20 − 3 + 2·0) / 1) + 1 = 18")
    cell(filters, 1, 1).fill("")  # no number: marked, and nothing is asked
    expect(cell(filters, 1, 1)).to_have_attribute("aria-invalid", "true")
    cell(filters, 1, 1).fill("2")
    shows(filters, convolved([[2, -1, -1], [-1, 4.5, -1], [-1, -1, -1]]))


def test_same_padding_is_filled_in(filters):
    choose(filters, "Filter", "Emboss")
    filters.locator("#filters-size").select_option("5")
    emboss = np.pad(classic_kernel("emboss"), 1)
    choose(filters, "Padding", "same")
    shows(filters, convolved(emboss, 1, ((2, 2), (2, 2))))
    choose(filters, "Stride", "2")
    shows(filters, convolved(emboss, 2, ((1, 2), (1, 2))))
    formulas = filters.locator(".formula .number")
    expect(formulas).to_have_text(["floor((20 − 5 + (1 + 2)) / 2) + 1 = 10", "floor((14 − 5 + (1 + 2)) / 2) + 1 = 7"])
    expect(filters.locator("main")).to_contain_text("Zeros around the picture: 1 above, 2 below, 1 left, 2 right.")
    height, width, rgba = pixels(filters.locator("canvas").first)
    assert (height, width) == (23, 17)  # the padding is shown
    shown = np.array(rgba).reshape(23, 17, 4)
    assert np.array_equal(shown[1:21, 1:15, 0], PIXELS) and not shown[0, :, 3].any()
    choose(filters, "Padding", "3")
    shows(filters, convolved(emboss, 2, ((3, 3), (3, 3))))
    expect(formulas.first).to_have_text("floor((20 − 5 + 2·3) / 2) + 1 = 11")


def test_the_window_of_the_cell_under_the_pointer_is_shown(filters):
    choose(filters, "Stride", "2")
    expected = convolved(classic_kernel("sobel_x"), 2)
    expect(filters.locator(".formula strong").first).to_have_text("9")
    box = filters.locator("canvas.after").bounding_box()
    filters.mouse.move(box["x"] + box["width"] * 4.5 / 6, box["y"] + box["height"] * 5.5 / 9)
    expect(number(filters, "Row")).to_have_value("5")
    expect(number(filters, "Column")).to_have_value("4")
    expect(filters.locator(".sum output")).to_have_text(f"{expected[5, 4]:,.0f}")
    window = PIXELS[10:13, 8:11]
    grids = filters.locator(".sum .grid")
    assert grids.nth(0).locator("span").all_inner_texts() == [str(value) for value in window.ravel()]
    products = (window * classic_kernel("sobel_x")).ravel().astype(int)
    assert [int(text) for text in grids.nth(2).locator("span").all_inner_texts()] == products.tolist()
    frame, picture = filters.locator(".window").first.bounding_box(), filters.locator("canvas").first.bounding_box()
    assert frame["x"] - picture["x"] == pytest.approx(picture["width"] * 8 / 14, abs=2)
    assert frame["height"] == pytest.approx(picture["height"] * 3 / 20, abs=2)


def test_an_impossible_filter_shows_an_error_and_keeps_the_state(chromium, lab):
    with visit(chromium, lab.address, allowed=("status of 422",)) as page:
        open_picture(page, lab.address, png(PIXELS[:5, :5]), "filters", name="five.png")
        page.locator("#filters-size").select_option("7")
        expect(page.locator(".sizes .error")).to_contain_text(
            "a kernel of 7x7 does not fit into an input of 5x5 with no padding"
        )
        choose(page, "Padding", "2")
        expect(page.locator(".formula strong")).to_have_text(["3", "3"])
        cell(page, 7, 7).fill("9")
        page.get_by_label("Language").select_option("ko")
        expect(page.get_by_label("커널 6행 6열", exact=True)).to_have_value("9")
        expect(page.locator("#filters-name")).to_have_value("own")
        expect(page.locator("#filters-padding")).to_have_value("2")
        expect(page.locator(".formula strong")).to_have_text(["3", "3"])
        expect(page.locator("main")).to_contain_text("그림 둘레에 채운 0(셀 수): 위 2, 아래 2, 왼쪽 2, 오른쪽 2.")


def test_a_colour_picture_has_channels_and_the_view_fits_a_phone(chromium, lab):
    colours = np.random.default_rng(1).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    with visit(chromium, lab.address, size="narrow", dark=True) as page:
        open_picture(page, lab.address, png(colours), "filters")
        choose(page, "Channel", "blue")
        choose(page, "Resolution", "32")
        expect(page.locator(".formula strong")).to_have_text(["22", "30"])
        choose(page, "Resolution", "64")
        expect(page.locator(".formula strong")).to_have_text(["28", "38"])
        _, _, rgba = pixels(page.locator("canvas").first)
        assert np.array_equal(np.array(rgba).reshape(30, 40, 4)[..., 0], colours[..., 2])
        page.locator("#filters-size").select_option("7")
        expect(page.locator(".formula strong")).to_have_text(["24", "34"])
        assert not overflows(page)
