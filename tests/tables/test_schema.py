"""The schema as data, for readers in other languages."""

import typing

from striate.tables import Conv, Row, Table, schema_to_json, table_to_dict, to_dict

SCHEMA = schema_to_json(Table)


def test_every_class_of_a_table_is_in_it():
    assert {kind.__name__ for kind in typing.get_args(Row)} | {"Recipe", "Preprocessing", "Head"} <= SCHEMA.keys()
    assert SCHEMA["RandomTranslation"]["former_name"] == "Shift"


def test_types_and_defaults():
    fields = {field["name"]: field for field in SCHEMA["Conv"]["fields"]}
    assert list(fields) == list(to_dict(Conv("c", maps=1, kernel=1), defaults=True))[1:]
    pair = ["int", {"items": ["int", "int"]}]
    assert fields["kernel"] == {"name": "kernel", "type": {"any": pair, "none": False}}
    words = ["relu", "tanh", "scaled_tanh", "softmax"]
    assert fields["activation"]["type"] == {"any": [{"words": words}], "none": True}
    assert fields["activation"]["default"] is None
    assert fields["connections"]["type"] == {"any": [{"list": {"list": "int"}}], "none": True}
    assert {"name": "recipe", "type": {"class": "Recipe"}, "default": {}} in SCHEMA["Table"]["fields"]
    rows = next(field for field in SCHEMA["Table"]["fields"] if field["name"] == "rows")
    assert "Concat" in rows["type"]["list"]["one"]


def test_the_fields_of_a_table_are_those_that_it_is_written_with():
    written = table_to_dict(Table("t", (1, 8, 8), (Conv("c", maps=1, kernel=1),)), defaults=True)
    assert [field["name"] for field in SCHEMA["Table"]["fields"]] == list(written)
