"""Names in pictures: no warning of a missing letter, no formula where a name has a dollar sign."""

from matplotlib.figure import Figure

from striate.training import set_text_fonts


def test_names_are_drawn_as_they_are_written(tmp_path):
    figure = Figure(layout="constrained")
    figure.suptitle("가족 $5 on $x_ 사진\n\x07 \u202e \uffff")
    left, right = figure.subplots(1, 2)
    left.set_xticks([0, 1], ["고양이 ✓", "$a$"])
    right.plot([1, 10], [1, 100], label="한글")
    right.set_yscale("log")
    right.legend()
    set_text_fonts(figure)
    figure.savefig(tmp_path / "a.png")  # a warning would be an error
    assert figure.get_suptitle().endswith(r"\x07 \u202e \uffff")
    assert [label.get_text() for label in left.get_xticklabels()][1] == "$a$"
    assert any("mathdefault" in label.get_text() for label in right.get_yticklabels()), "powers of ten stay formulas"


def test_a_letter_that_no_font_has_is_escaped(tmp_path, monkeypatch):
    monkeypatch.setattr("striate.training.figure_text._installed", tuple)
    figure = Figure()
    axis = figure.subplots()
    axis.set_yticks([0], ["가"])
    title = axis.set_title("나 3×3")
    set_text_fonts(figure)
    figure.savefig(tmp_path / "a.png")
    assert title.get_text() == r"\ub098 3×3"
    assert axis.get_yticklabels()[0].get_text() == r"\uac00"
