"""Draw, as a person does: the pen moves, the answer follows."""

from handwriting import STROKES


def draw(page, strokes, *, steps=4):
    """Draw strokes on the pad by the mouse; places are shares of the pad."""
    page.get_by_role("button", name="Clear").click()
    box = page.locator("canvas.pad").bounding_box()
    for stroke in strokes:
        places = [(box["x"] + box["width"] * (0.15 + 0.7 * x), box["y"] + box["height"] * (0.1 + 0.8 * y)) for x, y in stroke]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=steps)
        page.mouse.up()


def test_digits_that_are_drawn_are_read(page, lab):
    right = 0
    for digit, strokes in enumerate(STROKES):
        draw(page, strokes, steps=1)
        page.wait_for_timeout(150)
        right += page.locator(".bars .name").first.inner_text() == str(digit)
    assert right >= 9
