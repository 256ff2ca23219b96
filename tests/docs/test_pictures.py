"""The drawings in the docs equal those that the command makes."""

from pathlib import Path

import pytest

from striate.drawing import draw_svg
from striate.tables import load_table

PICTURES = sorted((Path(__file__).parents[2] / "docs" / "pictures").glob("*.svg"))


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_the_drawing_is_what_striate_summary_svg_makes(path):
    assert path.read_text(encoding="utf-8") == draw_svg(load_table(path.stem))


def test_there_are_some():
    assert len(PICTURES) >= 6
