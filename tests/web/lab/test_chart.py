"""Charts: the numbers of an axis are written in one way, and no two of them alike."""

import re

import pytest
from browser import visit

AXES = {
    "probabilities": ({"percent": True}, [0, 1]),
    "small": ({}, [0, 0.0004]),
    "about a thousand": ({}, [0, 1200]),
    "thousands": ({}, [0, 12_000]),
    "hundred thousands": ({}, [0, 250_000]),
    "a training that diverges": ({}, [0, 5e7]),
    "powers around one": ({"log": True}, [0.01, 10]),
    "a thousand and ten thousand": ({"log": True}, [1, 1e4]),
    "a hundred thousand": ({"log": True}, [1, 1e5]),
    "millionths": ({"log": True}, [1e-6, 1]),
    "what float32 does not store": ({"log": True}, [1e-52, 1]),
}
WAYS = (r"-?[\d,.]+", r"[\d.]+%", r"10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", r"0e\+0|\d(\.\d)?e\+\d+")
LABELS = """async ([options, yRange]) => {
    const { lineChart } = await import("/static/lib/chart.js");
    const points = [[0, yRange[0]], [1, yRange[1]]];
    const chart = lineChart({ label: "", x: "", y: "", xRange: [0, 1], yRange, lines: [{ name: "", points }], ...options });
    return [...chart.querySelectorAll(".tick text[text-anchor=end]")].map((text) => text.textContent);
}"""


@pytest.mark.parametrize("locale", ["en-US", "ko"])
def test_the_numbers_of_an_axis_are_written_in_one_way(chromium, lab, locale):
    with visit(chromium, f"{lab.address}/#filters", locale=locale) as page:
        for name, axis in AXES.items():
            labels = page.evaluate(LABELS, axis)
            assert 2 <= len(set(labels)) == len(labels), (name, labels)
            assert any(all(re.fullmatch(way, label) for label in labels) for way in WAYS), (name, labels)
            assert max(map(len, labels)) <= 8, (name, labels)
