"""The drawings: all rows, nothing outside or overlapping, and in the style of the papers."""

import re
from collections import Counter
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from drawn import tables
from hypothesis import given, settings
from pictures import EVERY, PICTURES, SIZE, SVG, check, classifier, is_flow, picture, texts

from striate.drawing import labels, palette
from striate.drawing.primitives import INK
from striate.drawing.svg import draw_elements, draw_svg
from striate.errors import TableError
from striate.tables import ARCHITECTURES, Add, BatchNorm, Concat, Conv, Table


@pytest.mark.parametrize("name", PICTURES)
def test_every_row_is_drawn_and_nothing_overlaps(name):
    check(PICTURES[name], picture(name))


@settings(max_examples=100, deadline=None)
@given(tables())
def test_a_random_table_is_drawn(table):
    check(table, ElementTree.fromstring(draw_svg(table)))


def test_a_drawing_is_deterministic():
    assert draw_svg(ARCHITECTURES["googlenet"]) == draw_svg(ARCHITECTURES["googlenet"])


def elements(element):
    """An element of a document as `to_list` has it."""
    tag, inner = element.tag.removeprefix(SVG), [elements(child) for child in element]
    return [tag, dict(element.attrib), element.text if not inner and element.text else inner]


def test_the_elements_are_those_of_the_document():
    drawn = draw_elements("googlenet:tiny").to_list()
    del drawn[1]["xmlns"]
    assert drawn == elements(ElementTree.fromstring(draw_svg("googlenet:tiny")))


def test_without_a_title_the_rest_is_drawn_higher():
    with_title, without = draw_elements("lenet5"), draw_elements("lenet5", title=False)
    paths = [[child for child in drawn.children if child.tag == "g"] for drawn in (with_title, without)]
    assert [dict(group.attributes) for group in paths[0]] == [dict(group.attributes) for group in paths[1]]
    assert float(dict(without.attributes)["height"]) < float(dict(with_title.attributes)["height"])
    assert without.children[0].text == "lenet5"  # which a screen reader reads


def test_an_impossible_table_is_an_error():
    with pytest.raises(TableError, match="table bad: row c"):
        draw_svg(Table("bad", (1, 3, 3), (Conv("c", maps=1, kernel=5),)))


def test_names_and_sources_are_escaped():
    name = "<b>&\"quoted'</b>"
    table = Table(name, (1, 8, 8), (classifier(),), source="\x00\x1b[31m <script>\n\u202e\ud800\ufffe ]]>")
    root = ElementTree.fromstring(draw_svg(table).encode("utf-8"))
    assert root.find(f"{SVG}title").text == name
    assert [box.text for box in texts(root)][:2] == [name, r"\x00\x1b[31m <script> \u202e\ud800\ufffe ]]>"]
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg", "title", "defs", "marker", "g", "rect", "circle", "path", "polygon", "text",
    }  # fmt: skip


def test_a_long_name_and_source_stay_on_the_page():
    table = Table("네트워크" * 40, (1, 8, 8), (classifier(),), source="x" * 500 + " and more" * 80)
    check(table, ElementTree.fromstring(draw_svg(table)))


# Sizes on the edges


def sizes_of(steps, leaves):
    """The sizes beside a chain's arrows: those of rows that change the shape, if an arrow leaves them."""
    rows = [step for step in steps if not isinstance(step.row, BatchNorm)]
    for step in rows:
        if isinstance(step.row, Concat):
            for branch in step.branches:
                yield from sizes_of(branch, leaves=True)
        elif isinstance(step.row, Add):
            yield from sizes_of(step.branches[0], leaves=True)
            yield from sizes_of(step.branches[1], leaves=False)
        if step.input != step.output and (leaves or step is not rows[-1]):
            yield "×".join(map(str, step.output))


def written_sizes(root):
    return Counter(box.text for box in texts(root) if SIZE.fullmatch(box.text))


@pytest.mark.parametrize("name", [name for name in EVERY if is_flow(picture(name))])
def test_the_sizes_of_a_flow_are_those_of_the_plan(name):
    table = EVERY[name]
    expected = Counter(["×".join(map(str, table.input)), *sizes_of(table.plan().steps, leaves=False)])
    for head in table.plan().heads:
        expected.update(sizes_of(head.steps, leaves=False))
    written = written_sizes(picture(name))
    assert not expected - written
    # A column after the first repeats its input size at the top.
    repeated = written - expected
    assert repeated.total() < 8
    assert set(repeated) <= {"×".join(map(str, step.output)) for step in table.plan().steps}


@pytest.mark.parametrize("name", [name for name in EVERY if not is_flow(picture(name))])
def test_the_sizes_of_blocks_are_those_of_the_plan(name):
    table = EVERY[name]
    steps = table.plan().steps
    expected = Counter(["×".join(map(str, table.input))])
    for step in steps:
        if type(step.row).__name__ not in ("BatchNorm", "Dropout", "LRN"):
            towers = table.towers if step is not steps[-1] else 1
            expected["×".join(map(str, (step.output[0] // towers, *step.output[1:])))] += towers
    assert written_sizes(picture(name)) == expected


# The style of the papers


@pytest.mark.parametrize(
    ("name", "flow"),
    [("lenet5", False), ("alexnet", False), ("minivggnet", False), ("notes:bottleneck", False), ("plain18", True),
     ("googlenet", True), ("resnet18", True), ("short", True)],
)  # fmt: skip
def test_short_chains_are_drawn_as_blocks_and_others_as_a_flow(name, flow):
    assert is_flow(picture(name)) == flow


@pytest.mark.parametrize("name", ["alexnet", "alexnet:tiny", "three"])
def test_towers_are_streams_that_exchange_where_the_table_states_it(name):
    table, root = PICTURES[name], picture(name)
    streams = Counter(e.get("data-path") for e in root.iter() if e.get("data-tower"))
    blocks = [row.name for row in table.rows[:-1] if type(row).__name__ not in ("LRN", "Dropout")]
    assert streams == Counter(dict.fromkeys(blocks, table.towers))
    exchanging = {e.get("data-exchange") for e in root.iter() if e.get("data-exchange")}
    assert exchanging == {row.name for index, row in enumerate(table.rows) if table.plan().exchanges_towers(index)}
    crossings = Counter(e.get("data-exchange") for e in root.iter() if e.get("data-exchange"))
    last = table.rows[-1].name
    assert all(count == table.towers * (table.towers - 1) for path, count in crossings.items() if path != last)


def test_the_streams_of_alexnet_are_above_one_another():
    groups = [e for e in picture("alexnet").iter() if e.get("data-tower")]
    fronts = {
        tower: [float(g.find(f"{SVG}rect").get("y")) for g in groups if g.get("data-tower") == tower] for tower in "12"
    }
    assert max(fronts["1"]) < min(fronts["2"])


@pytest.mark.parametrize("name", ["googlenet", "googlenet:torchvision"])
def test_an_inception_module_has_four_branches_side_by_side(name):
    root = picture(name)
    for step in ARCHITECTURES[name].plan().steps:
        if isinstance(step.row, Concat):
            branches = [e for e in root.iter() if e.get("data-branch") == step.path]
            spans = [
                [float(r.get("x")) for r in branch.iter(f"{SVG}rect")]
                + [float(r.get("x")) + float(r.get("width")) for r in branch.iter(f"{SVG}rect")]
                for branch in branches
            ]
            assert len(spans) == 4
            assert all(max(one) < min(other) for one, other in pairwise(spans))
            feet = {max(float(r.get("y")) for r in branch.iter(f"{SVG}rect")) for branch in branches}
            assert len(feet) == 1


def test_heads_are_to_the_right_of_their_row_with_the_weight_of_their_loss():
    root = picture("googlenet")
    spots = {e.get("data-path"): e.find(f"{SVG}rect") for e in root.iter() if e.get("data-path")}
    assert float(spots["aux1.pool"].get("x")) > float(spots["inception_4a"].get("x"))
    assert float(spots["aux1.pool"].get("y")) > float(spots["inception_4a"].get("y"))
    assert {"aux1: loss × 0.3", "aux2: loss × 0.3"} <= {box.text for box in texts(root)}


@pytest.mark.parametrize(
    "name", ["resnet18", "resnet34", "resnet34:A", "resnet34:C", "resnet50", "resnet110", "nested"]
)
def test_a_shortcut_is_dotted_exactly_where_it_changes_the_shape(name):
    root = picture(name)
    drawn = {
        e.get("data-shortcut"): [bool(path.get("stroke-dasharray")) for path in list(e)[:2]]
        for e in root.iter()
        if e.get("data-shortcut")
    }
    adds = [step for step in PICTURES[name].plan().flat if isinstance(step.row, Add)]
    assert drawn == {step.path: [step.input != step.output] * 2 for step in adds}


def test_boxes_have_the_text_of_the_paper():
    count = Counter(box.text for box in texts(picture("resnet34")))
    assert count["7×7 conv, 64, /2"] == count["3×3 max pool, /2"] == count["global avg pool"] == 1
    assert count["3×3 conv, 128, /2"] == count["1×1 conv, 128, /2"] == 1
    assert count["3×3 conv, 128"] == 2 * 4 - 1
    assert count["ReLU"] == 16


def test_stages_have_colours_of_their_own():
    root = picture("resnet34")
    fills = {}
    for element in root.iter():
        path = element.get("data-path") or ""
        if match := re.fullmatch(r"conv(\d)_\d\.body\.conv\d", path):
            fills.setdefault(match[1], set()).add(element.find(f"{SVG}rect").get("fill"))
    assert all(len(colours) == 1 for colours in fills.values())
    assert len(set.union(*fills.values())) == len(fills) == 4


def test_the_legend_explains_only_what_is_drawn():
    assert "ReLU after every convolution." in " ".join(box.text for box in texts(picture("googlenet")))
    legend = " ".join(box.text for box in texts(picture("lenet5")))
    assert "BN:" not in legend and "Dotted" not in legend and "LRN" not in legend


def luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("name", ["alexnet", "googlenet", "resnet50"])
def test_text_has_contrast_on_every_colour(name):
    """More than WCAG's contrast for small text, 4.5 to 1."""
    fills = {e.get("fill") for e in picture(name).iter(f"{SVG}rect")} - {"none"}
    assert all((luminance(fill) + 0.05) / (luminance(INK) + 0.05) > 7 for fill in fills)
    assert len(set(palette.STAGES)) == len(palette.STAGES)


@pytest.mark.parametrize("name", ["resnet110", "resnet152"])
def test_long_networks_are_drawn_in_columns(name):
    root = picture(name)
    assert 0.6 < float(root.get("height")) / float(root.get("width")) < 1.75


def test_a_letter_of_korean_is_as_wide_as_high():
    assert labels.width("층", 10) >= 10
