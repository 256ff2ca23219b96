"""Figures by name: an expression is data, what it cannot be is said, and nothing heavy is imported for it."""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from striate.course import FUNCTIONS, evaluate, lesson_files
from striate.errors import CourseError


@pytest.mark.parametrize(
    ("expression", "worked"),
    [
        ("output_size(224, 11, 4, 2)", "floor((224 − 11 + 2·2)/4) + 1 = 55"),
        ("output_size(112, 3, stride=2, ceil=True)", "ceil((112 − 3)/2) + 1 = 56"),
        ("output_size(5, 3, padding=(0, 1))", "floor((5 − 3 + 0 + 1)/1) + 1 = 4"),
        ("output_sizes(9, 5, 3, 3)", "9 → 5 → 3 → 1"),
        ("output_sizes(28, 5, (2, 2))", "28 → 24 → 12"),
        ("same_padding(224, 11, 4)", "max(0, (56 − 1)·4 + 11 − 224) = 7 → 3, 4"),
        ("same_output(27, 2)", "ceil(27/2) = 14"),
        ("conv_parameters(96, 256, 5, groups=2)", "5·5·96/2·256 + 256 = 307,456"),
        ("conv_macs(1, 6, 5, 28)", "5·5·1·6·28·28 = 117,600"),
        ("conv_connections(1, 6, 5, 28)", "(5·5·1·6 + 6)·28·28 = 122,304"),
        ("dense_parameters(120, 84)", "(120 + 1)·84 = 10,164"),
        ("receptive_field(5, (2, 2), 5)", "1 + 4·1 + 1·1 + 4·2 = 14"),
        ("weighted_sum([1, 2], [3, -1], 4)", "1·3 + 2·−1 + 4 = 5"),
        ("overlap([1, 2, 4], [1, 10])", "1·1 + 2·10, … → 21, 42"),
        ("flipped_overlap([1, 2, 4], [1, 10])", "1·10 + 2·1, … → 12, 24"),
        ("largest(1, 3, 2)", "max(1, 3, 2) = 3"),
        ("mean(1, 3, 2, 8)", "(1 + 3 + 2 + 8)/4 = 3.5"),
        ("rounded(lrn([1, 0, 100], 0), 2)", "0.43868 = 0.44"),
        ('parameters("lenet5", "C3")', "60·5·5 + 16 = 1,516"),
        ('parameters("lenet5", "F6")', "(120 + 1)·84 = 10,164"),
        ('parameters("lenet5", "S2")', "2·6 = 12"),
        ('parameters("lenet5")', "striate summary lenet5 = 60,000"),
        ('macs("lenet5", "C1")', "striate summary lenet5: C1 = 117,600"),
        ('parameters("googlenet", "inception_3a")', "striate summary googlenet: inception_3a = 163,696"),
        ('neurons("alexnet", "C1")', "96·55·55 = 290,400"),
        ('maps("resnet34", "conv1")', "striate summary resnet34: conv1 = 64"),
        ('field("lenet5", "C3")', "striate summary lenet5: C3 = 14"),
        ("item(overlap([1, 2, 4], [1, 10]), 1)", "42"),
        ("sum(product(2, 3), difference(5, 4))", "6 + 1 = 7"),
    ],
)  # fmt: skip
def test_figures(expression, worked):
    assert evaluate(expression).worked == worked


def test_every_function_is_used_here_or_in_a_lesson():
    folder = files("striate.course") / "lessons"
    texts = "".join((folder / name).read_text(encoding="utf-8") for name in lesson_files())
    here = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in FUNCTIONS if f"{name}(" not in texts + here] == []


@pytest.mark.parametrize(
    "expression",
    [
        "", "28", "2 + 2", "x", "output_size", "__import__('os')", "output_size.__call__(3, 1)", "(lambda: 3)()", "[].append(3)",
        "output_size(32, 5", "output_size(**{})", "output_size(*[3, 1])", "output_size(x, 5)", "output_size(32, 5 + 1)", "output_size('a', 3)",
        "output_size(32, 0)", "output_size(32, 5, -1)", "output_size(3.5, 1)", "output_size(True, 1)", "output_size(10**9, 1)",
        "output_size(9999999999999999999, 1)", "product(" + "9999999, " * 9 + "1)", "product(" * 80 + "1" + ")" * 80, "ratio(1, 0)",
        "mean()", "item([1], 3)", "overlap([1], [1, 2])", "overlap(1, 2)", 'parameters("lenet9")', 'parameters("lenet5", "C9")', "parameters(5)",
        'size("lenet5", "F6")', 'published("nothing")', "output_size(32, 5)" + " " * 600, "rounded(1, 'a')", "lrn([1], 4)", "f'{3}'",
        'parameters("/etc/passwd")', "receptive_field((1, 2, 3))", "output_size(f(3), 1)", "\0", "weighted_sum([1, 2], [1])",
    ],
)  # fmt: skip
def test_what_is_no_figure_is_one_line(expression):
    with pytest.raises(CourseError) as error:
        evaluate(expression)
    assert "\n" not in str(error.value)


def test_nothing_heavy_is_imported():
    program = (
        "import sys; from striate.course import draw, evaluate, mark, load_lesson, draw_sheets, sheets_html\n"
        "mark(draw('lrn', 0), '3'); evaluate('parameters(\"lenet5\")'); sheets_html(draw_sheets(load_lesson(9, 'ko'), 1), solutions=True)\n"
        "print(sorted({'torch', 'numpy', 'PIL', 'matplotlib', 'rich'} & set(sys.modules)) or 'clean')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == "clean\n"
