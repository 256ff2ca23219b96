"""The tables' routes: their numbers are the library's, and no request costs too much."""

import json
import re

import pytest

from striate.analysis import compare, comparison_to_json, report_to_json, summarize
from striate.drawing import draw_elements
from striate.tables import ARCHITECTURES, EXAMPLES, Row, dumps_table, load_table, loads_table, table_to_dict
from striate.words import reading

LENET5 = load_table("lenet5")


def ask(lab, path, document=None):
    body = None if document is None else json.dumps(document).encode()
    return lab.server.ask(f"/lab/{path}", body, None if body is None else "application/json")


def without_additions(report):
    """A report of the route, without what the route adds to the library's."""
    added = {"place", "input", "output", "memory", "inside"}
    plain = [{key: value for key, value in row.items() if key not in added} for row in report["rows"]]
    return report | {"rows": plain, "heads": [head | without_additions(head) for head in report.get("heads", [])]}


def test_every_table_is_listed_with_its_source(lab):
    found = ask(lab, "tables").json
    names = {table["name"]: table["source"] for family in found["families"] for table in family["tables"]}
    assert names == {name: table.source for tables in (ARCHITECTURES, EXAMPLES) for name, table in tables.items()}
    assert set(found["kinds"]) == {kind.__name__ for kind in Row.__args__}
    fields = {field["name"]: field for field in found["kinds"]["Conv"]["fields"]}
    assert fields["kernel"] == {"name": "kernel", "kind": "pair", "choices": [], "default": None, "required": True}
    assert fields["activation"]["choices"] == [None, "relu", "tanh", "scaled_tanh", "softmax"]


@pytest.mark.parametrize("name", ["lenet5", "googlenet", "resnet50:tiny", "alexnet:tiny", "notes:two-3x3"])
def test_a_table_with_all_that_follows_from_it(lab, name):
    table = load_table(name)
    response = ask(lab, f"table?name={name}").json
    assert response["table"] == json.loads(json.dumps(table_to_dict(table)))
    assert loads_table(response["toml"]) == table
    assert json.loads(json.dumps(without_additions(response["summary"]))) == json.loads(
        json.dumps(without_additions(report_to_json(summarize(table))))
    )
    assert response["fault"] is None
    assert ask(lab, "table", response["table"]).json == response
    assert ask(lab, "table", {"toml": response["toml"]}).json == response


def test_rows_have_their_place_and_the_cost_of_what_is_inside(lab):
    rows = ask(lab, "table?name=googlenet").json["summary"]["rows"]
    module = next(row for row in rows if row["path"] == "inception_3a")
    assert module["place"] == ["rows", 7]
    inner = [row for row in rows if row["path"].startswith("inception_3a.")]
    assert module["inside"]["macs"] == sum(row["macs"] for row in inner)
    assert inner[2]["place"] == ["rows", 7, "branches", 1, 1]
    assert inner[2]["memory"] == 4 * 128 * 28 * 28


def test_the_table_of_a_served_model(lab):
    response = ask(lab, "table?model=lenet5").json
    assert response["table"]["rows"] == json.loads(json.dumps(table_to_dict(LENET5)))["rows"]
    assert ask(lab, "table?model=nobody").status == 404


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("name", ["lenet5", "googlenet:tiny", "notes:bottleneck"])
def test_the_drawing_of_a_table_is_in_the_page_s_language(lab, name, language):
    table = load_table(name)
    body = json.dumps(table_to_dict(table)).encode()
    response = lab.server.ask("/lab/drawing", body, "application/json", headers={"Accept-Language": language})
    drawing = response.json["drawing"]
    with reading(language):
        assert drawing == json.loads(json.dumps(draw_elements(table, title=False).to_list()))
    assert drawing[0] == "svg"
    assert bool(re.search("[가-힣]", json.dumps(drawing, ensure_ascii=False))) == (language == "ko")


def test_an_impossible_table_has_no_drawing(lab):
    plain = table_to_dict(LENET5)
    plain["rows"][2]["kernel"] = 40
    response = ask(lab, "drawing", plain)
    assert response.status == 422
    assert "does not fit" in response.error


@pytest.mark.parametrize("name", ["nobody", "/etc/passwd", "../x.toml", "x.toml", ""])
def test_no_other_table_and_no_file(lab, name):
    assert ask(lab, f"table?name={name}").error == "no table of that name"
    assert "is missing" in ask(lab, "table").error


def test_an_impossible_row_has_a_fault_and_fixes(lab):
    plain = table_to_dict(LENET5)
    plain["rows"][2]["kernel"] = 40
    response = ask(lab, "table", plain).json
    fault = response["fault"]
    assert fault["place"] == ["rows", 2]
    assert fault["line"] == "row C3 (Conv): a kernel of 40x40 does not fit into an input of 14x14 with no padding"
    assert {"place": ["rows", 2, "kernel"], "value": 5, "bound": "most", "whole": True} in fault["fits"]
    assert [row["path"] for row in response["summary"]["rows"]] == ["C1", "S2"]
    assert response["summary"]["rows"] == ask(lab, "table?name=lenet5").json["summary"]["rows"][:2]
    assert response["toml"] is None
    plain["rows"][2]["kernel"] = 5
    assert ask(lab, "table", plain).json["fault"] is None


@pytest.mark.parametrize(
    ("place", "value", "line", "before"),
    [
        (("rows", 2, "kernel"), "x", "rows #3 (Conv C3): kernel: expected a whole number or [", 2),
        (("rows", 0, "maps"), 10**13, "maps: at most 1,000,000,000,000", 0),
        (("rows", 1, "type"), "Cnov", "rows #2: unknown type 'Cnov'; did you mean 'Conv'?", 1),
        (("input",), [1, "a", 32], "input #2: expected a whole number, got 'a'", 0),
        (("name",), "", "table '': a name is at least one printable letter", 7),
        (("preprocessing", "content"), [99, 99], "preprocessing: content must lie within the input", 7),
    ],
)
def test_a_field_that_cannot_be_read_has_a_fault_with_its_place(lab, place, value, line, before):
    plain = table_to_dict(LENET5)
    part = plain
    for name in place[:-1]:
        part = part[name]
    part[place[-1]] = value
    response = ask(lab, "table", plain).json
    assert response["fault"]["line"].startswith(line)
    assert response["fault"]["place"][: len(place)] == list(place)[: len(response["fault"]["place"])]
    assert len(response["summary"]["rows"]) == before


def test_two_tables_side_by_side(lab):
    tables = load_table("notes:5x5"), load_table("notes:two-3x3")
    first, second = map(table_to_dict, tables)
    response = ask(lab, "compare", {"first": first, "second": second}).json
    assert response == json.loads(json.dumps(comparison_to_json(compare(*tables))))
    assert response["ratios"]["parameters"] == 18 / 25
    first["rows"][0]["kernel"] = 9
    assert "does not fit" in ask(lab, "compare", {"first": first, "second": second}).error
    assert ask(lab, "compare", {"first": first}).status == 422
    assert ask(lab, "compare", [1]).status == 422


@pytest.mark.parametrize(
    "document", [[], 7, "x", None, {"toml": 3}, {"toml": "a ="}, {"toml": "a" * 300_000}, {"toml": "a = 1"}]
)
def test_a_body_that_is_no_table_is_an_error(lab, document):
    body = json.dumps(document).encode()
    assert lab.server.ask("/lab/table", body, "application/json").status == 422


def test_an_opened_file_may_be_impossible(lab):
    text = dumps_table(LENET5).replace("kernel = 5", "kernel = 50", 1)
    response = ask(lab, "table", {"toml": text}).json
    assert response["table"]["rows"][0]["kernel"] == 50
    assert response["fault"]["place"] == ["rows", 0]


def _deep(levels):
    row = {"type": "Conv", "name": "c", "maps": 1, "kernel": 1}
    for level in range(levels):
        row = {"type": "Add", "name": f"a{level}", "body": [row]}
    return [row]


def _convs(count, **fields):
    return [{"type": "Conv", "name": f"c{i}", "maps": 1, "kernel": 1, **fields} for i in range(count)]


@pytest.mark.parametrize(
    "hostile",
    [
        {"name": "t", "input": [3, 8, 8], "rows": _convs(500, maps=10**12, kernel=10**12, padding="same")},
        {"name": "t", "input": [3, 8, 8], "rows": _convs(25_000)},
        {"name": "t" * 5_000, "input": [3, 8, 8], "rows": _convs(1)},
        {"name": "t", "input": [3, 8, 8], "rows": _convs(1, **{"x" * 5_000: 1})},
        {"name": "t", "input": [3, 8, 8], "rows": _deep(200)},
        {"name": "t", "input": [3, 8, 8], "rows": _deep(90)},
        {"name": "t", "input": [3, 8, 8], "rows": _deep(16)},
        {"name": "t", "input": [3, 8, 8], "rows": [{"type": "AdaptiveAveragePool", "name": "p", "size": 10**12}]},
        {"name": "t", "input": [3, 8, 8], "rows": [{"type": "LRN", "name": "p", "size": 10**12}]},
        {"name": "t", "input": [3, 8, 8], "rows": "rows"},
        {"name": "t", "input": [3, 8, 8], "rows": [7]},
        {"name": 7, "input": {"a": 1}, "rows": [{"type": ["Conv"]}]},
        {"name": "t", "input": [3, 8, 8], "rows": _convs(2, kernel=3), "heads": [{"name": "x"}]},
        {"name": "t", "input": [3, 8, 8], "rows": _convs(3, kernel=True, stride=1.5)},
        {"toml": ("a." * 590 + "a=1\n") * 160},
        {"toml": "a." * 90_000 + "a=1"},
        {"toml": "a = [" * 30_000},
    ],
    ids=range(17),
)
def test_a_hostile_table_is_answered_in_a_moment(lab, hostile):
    response = ask(lab, "table", hostile)  # the client waits 20 seconds at most
    assert response.status in (200, 422)
    assert len(response.body) < 1_000_000
    if response.status == 200 and "rows" in hostile and len(hostile["rows"]) == 500:
        assert response.json["summary"]["total"]["parameters"] > 10**40
