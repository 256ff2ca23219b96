"""Names in pictures: no warning of a missing letter or of too little room, no formula where a name has a dollar sign."""

import io

import matplotlib.font_manager
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image
from torch.nn.functional import cross_entropy

from striate.training import figure_png, figure_text, plots, score

NAMES = {
    "a formula": "$x_1^{2}$",
    "half a formula": "US$ 5",
    "an unknown command": r"$\nonsense{$",
    "TeX": r"\frac{a}{b} _ ^ % & # ~ {",
    "lines": "a\nb\r\tc",
    "controls": "\x00\x1b[31m\x7f",
    "Korean": "고양이",
    "decomposed": "\u1100\u1161",
    "right to left": "קטה قطة \u202e abc",
    "emoji": "👩‍🚀🏳️‍🌈",
    "marks": "e\u0301" + "\u0301" * 30,
    "half a character": "\udcff\ud800",
    "no character": "\uffff\ufdd0",
    "very long": "W" * 255,
    "long and Korean": "가" * 85,
    "one space": " ",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_any_name_in_the_plots_of_a_run(tmp_path, name):
    """A warning would be an error."""
    scores = score(torch.tensor([[3.0, 1.0], [0.0, 2.0], [2.0, 0.0]]), torch.tensor([0, 1, 1]), cross_entropy)
    plots.plot_confusion(scores, [name, f"{name} 2"], tmp_path / "confusion.png", name)
    plots.plot_calibration(torch.tensor([[0.9, 0.1]]), torch.tensor([0]), tmp_path / "calibration.png", name)
    for kind in ("confusion", "calibration"):
        with Image.open(tmp_path / f"{kind}.png") as image:
            assert min(image.size) > 300


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_any_text_anywhere(name):
    figure = Figure()
    figure.suptitle(name)
    axis = figure.subplots()
    axis.plot([0, 1], [0, 1], label=name)
    axis.set(xlabel=name, ylabel=name, title=name)
    axis.set_xticks([0, 1], [name, "b"])
    axis.text(0, 0, name)
    axis.annotate(name, (1, 1))
    axis.legend(title=name)
    with Image.open(io.BytesIO(figure_png(figure, 50))) as image:
        assert image.size == (320, 240)


def test_names_are_drawn_as_they_are_written():
    figure = Figure(layout="constrained")
    figure.suptitle("가족 $5 on $x_ 사진\n\x07 \u202e \uffff")
    left, right = figure.subplots(1, 2)
    left.set_xticks([0, 1], ["고양이 ✓", "$a$"])
    right.plot([1, 10], [1, 100], label="한글")
    right.set_yscale("log")
    right.legend()
    figure_png(figure, 50)
    assert figure.get_suptitle().endswith(r"\x07 \u202e \uffff")
    assert [label.get_text() for label in left.get_xticklabels()][1] == "$a$"
    assert any("mathdefault" in label.get_text() for label in right.get_yticklabels()), "powers of ten stay formulas"


def test_a_name_is_on_one_line():
    assert figure_text.name_in_figure("a\nb") == r"a\nb"
    assert len(figure_text.name_in_figure("W" * 255)) == 40
    assert len(figure_text.name_in_figure("\ufdd0" * 255)) == 40


def test_a_letter_that_no_font_has_is_escaped(monkeypatch):
    monkeypatch.setattr("striate.training.figure_text._installed", tuple)
    figure = Figure()
    axis = figure.subplots()
    axis.set_yticks([0], ["가"])
    title = axis.set_title("나 3×3")
    figure_png(figure, 50)
    assert title.get_text() == r"\ub098 3×3"
    assert axis.get_yticklabels()[0].get_text() == r"\uac00"


def test_a_font_of_any_name_with_hangul_is_found(monkeypatch):
    korean = [font for font in matplotlib.font_manager.fontManager.ttflist if "Nanum" in font.name]
    if not korean:
        pytest.skip("no font with Hangul is installed here (Debian's is fonts-nanum)")
    monkeypatch.setattr(figure_text, "_OTHERS", ("Malgun Gothic",))
    assert figure_text._installed.__wrapped__()[-1:] == (korean[0].name,)
