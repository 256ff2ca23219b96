"""What the page's own backend knows of the tables, written beforehand: the list, those that ship, and their schema."""

from __future__ import annotations

from typing import Any

from striate.tables import ARCHITECTURES, EXAMPLES, Table, schema_to_json, table_to_dict
from striate.web.lab.row_schema import row_schema


def list_document() -> dict[str, Any]:
    """The tables that ship by family, each with its source, and the types of rows."""
    families = [
        {"family": family, "tables": [{"name": name, "source": tables[name].source} for name in names]}
        for tables in (ARCHITECTURES, EXAMPLES)
        for family, names in tables.families.items()
    ]
    return {"families": families, "kinds": row_schema()}


def table_documents() -> dict[str, Any]:
    """The documents by their keys in the page's backend; backend/tables.js works out what follows from a table.
    "architectures" are the names of networks, without the notes' worked examples."""
    tables = {name: table_to_dict(tables[name]) for tables in (ARCHITECTURES, EXAMPLES) for name in tables}
    return {
        "tables": list_document(),
        "table-schema": schema_to_json(Table),
        "table-catalog": tables,
        "architectures": list(ARCHITECTURES),
    }
