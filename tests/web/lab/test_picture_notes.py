"""What the server notes on a picture stands beside its prediction in every view that shows one."""

import io

import numpy as np
import pytest
from lens import open_picture
from PIL import Image
from playwright.sync_api import expect
from serving import digit


def deep():
    """A digit whose values have 12 bits of 16."""
    return Image.fromarray(np.asarray(digit(7)).astype(np.uint16) * 16)


NOTES = {
    "There is nothing in the picture.": Image.new("L", (40, 40), 255),
    "Its values have 12 bits of 16: 4,095 is white.": deep(),
}


@pytest.mark.parametrize("view", ["draw", "stress", "why"])
@pytest.mark.parametrize("note", NOTES)
def test_the_note_on_a_picture_is_shown(page, lab, view, note):
    buffer = io.BytesIO()
    NOTES[note].save(buffer, "PNG")
    open_picture(page, lab.address, buffer.getvalue(), view)
    expect(page.get_by_role("status").filter(has_text=note)).to_be_visible()
