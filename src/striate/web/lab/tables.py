"""Tables: which there are, one with all that is worked out from it while it is edited, and two side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
from striate.errors import TableError
from striate.nn import check_parts
from striate.tables import (
    ARCHITECTURES,
    EXAMPLES,
    Table,
    dumps_table,
    parse_toml,
    plan_from_dict,
    table_from_dict,
    table_to_dict,
    to_dict,
)
from striate.web.errors import HTTPError
from striate.web.lab.lab import Lab
from striate.web.lab.requests import route, word
from striate.web.lab.row_schema import row_schema

_LARGEST, _LONGEST = 10**12, 1_000  # a whole number and a text in a table: far above any network's
_TEXT, _LINE = 200_000, 1_200  # letters of a TOML file and of its lines; ResNet-152 has 27,000 and 143
_WHERE = "table"


def routes(lab: Lab) -> list[Route]:
    """The routes of this file."""

    async def tables(_request: Request) -> Response:
        return await lab.quick.answer(lambda: {"families": list(_families()), "kinds": row_schema()})

    async def known(request: Request) -> Response:
        if "model" in request.query_params:
            return await lab.quick.answer_of(word(request, "model"), lambda model: told(model.network.table))
        return await lab.quick.answer(lambda: told(_named(word(request, "name"))))

    async def edited(request: Request) -> Response:
        data = await lab.bodies.document(request)
        return await lab.quick.answer(lambda: answer(data))

    async def compared(request: Request) -> Response:
        data = await lab.bodies.document(request)
        if not isinstance(data, dict) or set(data) != {"first", "second"}:
            raise HTTPError(422, "expected two tables, first and second")
        return await lab.quick.answer(
            lambda: comparison_to_json(compare(read_table(data["first"]), read_table(data["second"])))
        )

    return [
        route("GET", "tables", tables),
        route("GET", "table", known),
        route("POST", "table", edited),
        route("POST", "compare", compared),
    ]


def read_table(data: object) -> Table:
    """A table in a request, walked. TableError if it is impossible, or larger than a network could be."""
    check_bounds(data)
    return plan_from_dict(_mapping(data), _WHERE).table


def told(table: Table) -> dict[str, Any]:
    """A possible table: as plain data, as TOML, and its report, whose rows say where they stand, too."""
    return {
        "table": table_to_dict(table),
        "toml": dumps_table(table),
        "summary": _summary(summarize(table)),
        "fault": None,
    }


def answer(data: object) -> dict[str, Any]:
    """What becomes of an edited table, or of a file {"toml": text}; if it is impossible why, and what would fit.

    Then the summary has the rows before the impossible one alone. TableError if a file is not TOML, or no table.
    """
    opened = isinstance(data, dict) and set(data) == {"toml"}
    if isinstance(data, dict) and opened:
        data = _parsed(data["toml"])
    try:
        check_bounds(data)
        table = table_from_dict(data, _WHERE)
    except TableError as error:
        if opened or not isinstance(data, dict):
            raise
        return _impossible(None, data, error)
    try:
        return told(table)
    except TableError as error:
        return _impossible(table, table_to_dict(table), error)


def check_bounds(data: object) -> None:
    """TableError, with its place, if plain data has more parts, longer texts or larger numbers than any network's."""
    check_parts(data)
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
        elif isinstance(part, int | float) and abs(part) > _LARGEST:
            raise TableError(f"{_WHERE}: {place[-1] if place else 'a number'}: at most {_LARGEST:,}", place)


def _check_text(text: str, place: Place) -> None:
    if len(text) > _LONGEST:
        raise TableError(f"{_WHERE}: a text of {len(text):,} letters, where {_LONGEST:,} are the most", place)


def _families() -> Iterator[dict[str, Any]]:
    for tables in (ARCHITECTURES, EXAMPLES):
        for family, names in tables.families.items():
            yield {"family": family, "tables": [{"name": name, "source": tables[name].source} for name in names]}


def _named(name: str) -> Table:
    """A table that ships: no path, whoever asks reads no files."""
    for tables in (ARCHITECTURES, EXAMPLES):
        if name in tables:
            return tables[name]
    raise HTTPError(404, "no table of that name")


def _mapping(data: object) -> Mapping[str, object]:
    if not isinstance(data, dict):
        raise TableError(f"{_WHERE}: expected fields")
    return data


def _parsed(text: object) -> dict[str, Any]:
    if not isinstance(text, str) or len(text) > _TEXT or any(len(line) > _LINE for line in text.splitlines()):
        # The standard library takes the square of a line's length for a key of many parts.
        raise HTTPError(422, f"expected TOML of at most {_TEXT:,} letters, at most {_LINE:,} in a line")
    return parse_toml(text, _WHERE)


def _impossible(table: Table | None, plain: dict[str, Any], error: TableError) -> dict[str, Any]:
    return {
        "table": None if table is None else plain,
        "toml": None,
        "summary": {"rows": _rows_before(plain, error.place), "heads": [], "total": None},
        "fault": {
            "place": list(error.place),
            "line": str(error).removeprefix(f"{_WHERE}: ").removeprefix(f"table {plain.get('name')}: ")[:_LONGEST],
            "fits": [
                {"place": list(fit.place), "value": to_dict(fit.value), "bound": fit.bound, "whole": fit.whole}
                for fit in (_values(plain, error.place) if table is None else suggest_fixes(table))
            ],
        },
    }


def _values(plain: dict[str, Any], place: Place) -> tuple[Fix, ...]:
    """What would do for a number that no row can have; nothing if the fault is another."""
    return suggest_values(plain, place) if place[:1] in (("rows",), ("heads",)) and isinstance(place[-1], str) else ()


def _rows_before(plain: dict[str, Any], place: Place) -> list[dict[str, Any]]:
    """The report of the rows before a fault: all rows if it is no row's. Nothing if they say no sizes either."""
    rows = plain.get("rows")
    if not isinstance(rows, list):
        return []
    count = int(place[1]) if place[:1] == ("rows",) and len(place) > 1 else len(rows)
    begun = {"name": _WHERE, "input": plain.get("input"), "rows": rows[:count]}
    try:
        check_bounds(begun)
        found: list[dict[str, Any]] = _summary(summarize(table_from_dict(begun, _WHERE)))["rows"]
    except TableError as error:
        earlier = error.place[:1] == ("rows",) and len(error.place) > 1 and int(error.place[1]) < count
        return _rows_before(plain, error.place) if earlier else []
    return found


def _summary(report: Report) -> dict[str, Any]:
    """The report, and for each row its `place`, shapes, `memory`, and what it costs with all rows `inside` it."""
    found = report_to_json(report)
    walks = [(found["rows"], report.rows, places(report.table.rows))]
    walks += [
        (found["heads"][index]["rows"], head.rows, places(head.head.rows, ("heads", index, "rows")))
        for index, head in enumerate(report.heads)
    ]
    for rows, reports, where in walks:
        for row, one, place in zip(rows, reports, where, strict=True):
            inside = step_cost(one.step)
            row |= {
                "place": list(place),
                "input": list(one.step.input),
                "output": list(one.step.output),
                "memory": maps_memory(one.step),
                "inside": {"parameters": inside.parameters, "macs": inside.macs},
            }
    return found
