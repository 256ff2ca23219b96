"""The OpenAPI document, and that the server conforms to it: schemathesis, with all its checks."""

import pytest
import schemathesis
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode
from serving import png

# What a schema cannot say: that these bytes are an image.
for kind in ("image/*", "application/octet-stream"):
    schemathesis.openapi.media_type(kind, st.sampled_from([png(3), png(7, size=(60, 80), height=40, middle=(30, 40))]))


@pytest.fixture(scope="session")
def document(server):
    return server.ask("/openapi.json").json


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_the_server_conforms_to_its_document(server, mode):
    schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{server.port}/openapi.json", config=SchemathesisConfig())
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) == 6
    for operation in operations:
        if mode is GenerationMode.NEGATIVE and "parameters" not in operation.definition.raw:
            continue  # no parameter that could be wrong

        @settings(max_examples=60)
        @given(operation.as_strategy(generation_mode=mode))
        def check(case):
            case.call_and_validate()

        check()


def test_every_error_in_the_document_has_one_form(document):
    assert document["info"]["title"] == "Striate"
    assert sorted(document["paths"]) == [
        "/healthz", "/metrics", "/readyz", "/v1/models", "/v1/models/{name}", "/v1/models/{name}/predict",
    ]  # fmt: skip
    for operations in document["paths"].values():
        for operation in operations.values():
            assert {"200", "400", "403", "421"} <= set(operation["responses"])
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    reference = response["content"]["application/json"]["schema"]["$ref"]
                    assert reference == "#/components/schemas/Error"
    predict = document["paths"]["/v1/models/{name}/predict"]["post"]
    assert {"404", "408", "413", "415", "422", "500", "503"} <= set(predict["responses"])
    assert set(document["components"]["schemas"]["Error"]["properties"]) == {"error"}
