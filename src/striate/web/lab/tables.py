"""The tables: the list, one with all that follows from it while it is edited, its drawing, and two side by side."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from striate.analysis import (
    Fix,
    Place,
    Report,
    compare,
    comparison_to_json,
    maps_memory,
    places,
    report_to_json,
    step_cost,
    suggest_fixes,
    suggest_values,
    summarize,
)
from striate.drawing import draw_elements
from striate.errors import RequestError, TableError
from striate.nn import check_parts
from striate.tables import (
    ARCHITECTURES,
    EXAMPLES,
    Plan,
    Table,
    dumps_table,
    parse_toml,
    plan_from_dict,
    table_from_dict,
    table_to_dict,
    to_dict,
)
from striate.text import shorten
from striate.web.errors import HTTPError, page_language
from striate.web.lab.lab import Lab
from striate.web.lab.model_worker import ModelWorker
from striate.web.lab.requests import lab_route, parse_document, query_text
from striate.web.lab.table_documents import list_document
from striate.words import Language, reading, translate

_MOST_NUMBER, _MOST_LETTERS = 10**12, 1_000  # a number and a text in a table: far above any network's
_MOST_TOML, _MOST_LINE = 200_000, 1_200  # letters of a TOML file and of its lines; ResNet-152 has 27,000 and 143
_MOST_PARTS = 2_000  # rows, and lists inside them: four times ResNet-152's
_SMALL = 8_000  # bytes of a body whose table is checked in a moment, whatever it is
_WHERE = "table"


def routes(lab: Lab) -> list[Route]:
    """The routes of this view."""

    async def list_tables(_request: Request) -> Response:
        return await lab.quick.respond(list_document)

    async def show_table(request: Request) -> Response:
        if "model" in request.query_params:
            name = query_text(request, "model")
            return await lab.quick.respond_with_model(name, lambda model: _possible(model.network.plan))
        name = query_text(request, "name")
        return await lab.quick.respond(lambda: _possible(_shipped(name).plan()))

    async def check_edited(request: Request) -> Response:
        body = await lab.bodies.json(request)
        language = page_language(request)
        return await worker_for(body).respond(lambda: _in_language(_checked(parse_document(body)), language))

    async def compare_two(request: Request) -> Response:
        body = await lab.bodies.json(request)
        return await worker_for(body).respond(lambda: _compared(parse_document(body)))

    async def draw(request: Request) -> Response:
        body = await lab.bodies.json(request)
        language = page_language(request)
        return await worker_for(body).respond(lambda: _drawn(parse_document(body), language))

    def worker_for(body: bytes) -> ModelWorker:
        return lab.quick if len(body) <= _SMALL else lab.tables

    return [
        lab_route("GET", "tables", list_tables),
        lab_route("GET", "table", show_table),
        lab_route("POST", "table", check_edited),
        lab_route("POST", "compare", compare_two),
        lab_route("POST", "drawing", draw),
    ]


def _shipped(name: str) -> Table:
    """A table that ships; no path, a request reads no files. HTTPError 404 if there is none."""
    for tables in (ARCHITECTURES, EXAMPLES):
        if name in tables:
            return tables[name]
    raise HTTPError(404, "no table of that name")


def _compared(data: object) -> dict[str, Any]:
    """Two tables {"first": …, "second": …} side by side."""
    if not isinstance(data, dict) or set(data) != {"first", "second"}:
        raise RequestError("expected two tables, first and second")
    return comparison_to_json(compare(_read_plan(data["first"]), _read_plan(data["second"])))


def _drawn(data: object, language: Language) -> dict[str, Any]:
    """The drawing of a table, as elements, with its labels in a language."""
    with reading(language):
        return {"drawing": draw_elements(_read_plan(data), title=False).to_list()}


def _read_plan(data: object) -> Plan:
    """The plan of a table in a request. TableError if it is impossible, or larger than a network could be."""
    _check_bounds(data)
    if not isinstance(data, dict):
        raise TableError(f"{_WHERE}: expected fields")
    return plan_from_dict(data, _WHERE)


def _possible(plan: Plan) -> dict[str, Any]:
    """A possible table: as data, as TOML, and its report, with the place of each row."""
    return {
        "table": table_to_dict(plan.table),
        "toml": dumps_table(plan.table),
        "summary": _summary(summarize(plan)),
        "fault": None,
    }


def _checked(data: object) -> dict[str, Any]:
    """An edited table, or a file {"toml": text}; if it is impossible its fault, and values that would fit.

    The summary of an impossible table has only the rows before the fault. TableError if a file is not TOML, or not a
    table.
    """
    is_file = isinstance(data, dict) and set(data) == {"toml"}
    if isinstance(data, dict) and is_file:
        data = _parse_toml(data["toml"])
    try:
        _check_bounds(data)
        table = table_from_dict(data, _WHERE)
    except TableError as error:
        if is_file or not isinstance(data, dict):
            raise
        return _impossible(None, data, error)
    try:
        return _possible(table.plan())
    except TableError as error:
        return _impossible(table, table_to_dict(table), error)


def _in_language(answer: dict[str, Any], language: Language) -> dict[str, Any]:
    """The answer with the line of its fault in a language."""
    if (fault := answer["fault"]) is not None:
        fault["line"] = translate(fault["line"], language)
    return answer


def _parse_toml(text: object) -> dict[str, Any]:
    if not isinstance(text, str) or len(text) > _MOST_TOML or any(len(line) > _MOST_LINE for line in text.splitlines()):
        # The standard library takes the square of a line's length for a key of many parts.
        raise RequestError(f"expected TOML of at most {_MOST_TOML:,} letters, at most {_MOST_LINE:,} in a line")
    return parse_toml(text, _WHERE)


def _check_bounds(data: object) -> None:
    """TableError, with its place, if data has more parts, longer texts or larger numbers than any network's table."""
    check_parts(data, _MOST_PARTS)
    waiting: list[tuple[object, Place]] = [(data, ())]
    while waiting:
        part, place = waiting.pop()
        if isinstance(part, dict):
            waiting += [(inner, (*place, name)) for name, inner in part.items()]
            _check_text(max(part, key=len, default=""), place)
        elif isinstance(part, list):
            waiting += [(inner, (*place, index)) for index, inner in enumerate(part)]
        elif isinstance(part, str):
            _check_text(part, place)
        elif isinstance(part, int | float) and abs(part) > _MOST_NUMBER:
            raise TableError(f"{_WHERE}: {place[-1] if place else 'a number'}: at most {_MOST_NUMBER:,}", place)


def _check_text(text: str, place: Place) -> None:
    if len(text) > _MOST_LETTERS:
        raise TableError(f"{_WHERE}: a text of {len(text):,} letters, where {_MOST_LETTERS:,} are the most", place)


def _impossible(table: Table | None, data: dict[str, Any], error: TableError) -> dict[str, Any]:
    """An impossible table as data, or one whose fields cannot be read: then there is no `table`."""
    fixes = _values(data, error.place) if table is None else suggest_fixes(table)
    return {
        "table": None if table is None else data,
        "toml": None,
        "summary": {"rows": _rows_before(data, error.place), "heads": [], "total": None},
        "fault": {
            "place": list(error.place),
            "line": shorten(str(error).removeprefix(f"{_WHERE}: ").removeprefix(f"table {data.get('name')}: ")),
            "fits": [
                {"place": list(fix.place), "value": to_dict(fix.value), "bound": fix.bound, "whole": fix.whole}
                for fix in fixes
            ],
        },
    }


def _values(data: dict[str, Any], place: Place) -> tuple[Fix, ...]:
    """Values for a number that no row can have; none if the fault is another."""
    is_field = place[:1] in (("rows",), ("heads",)) and isinstance(place[-1], str)
    return suggest_values(data, place) if is_field else ()


def _rows_before(data: dict[str, Any], place: Place) -> list[dict[str, Any]]:
    """The report of the rows before a fault, of all rows if the fault is in none; empty if they are impossible too."""
    rows = data.get("rows")
    if not isinstance(rows, list):
        return []
    count = int(place[1]) if place[:1] == ("rows",) and len(place) > 1 else len(rows)
    start = {"name": _WHERE, "input": data.get("input"), "rows": rows[:count]}
    try:
        _check_bounds(start)
        found: list[dict[str, Any]] = _summary(summarize(table_from_dict(start, _WHERE)))["rows"]
    except TableError as error:
        is_earlier = error.place[:1] == ("rows",) and len(error.place) > 1 and int(error.place[1]) < count
        return _rows_before(data, error.place) if is_earlier else []
    return found


def _summary(report: Report) -> dict[str, Any]:
    """The report, and for each row its `place`, shapes, `memory`, and its cost with all rows `inside` it."""
    document = report_to_json(report)
    parts = [(document["rows"], report.rows, places(report.table.rows))]
    parts += [
        (document["heads"][index]["rows"], head.rows, places(head.head.rows, ("heads", index, "rows")))
        for index, head in enumerate(report.heads)
    ]
    for rows, row_reports, row_places in parts:
        for row, row_report, place in zip(rows, row_reports, row_places, strict=True):
            step = row_report.step
            inside = step_cost(step)
            row |= {
                "place": list(place),
                "input": list(step.input),
                "output": list(step.output),
                "memory": maps_memory(step),
                "inside": {"parameters": inside.parameters, "macs": inside.macs},
            }
    return document
