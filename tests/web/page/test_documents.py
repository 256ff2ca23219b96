"""What a page carries in the place of a server's answers is what the server answers."""

import json
from urllib.parse import urlencode

import pytest

from striate.inference import Predictor
from striate.web.lab.instruments.gradient_flow import bench_queries
from striate.web.page.documents import documents

DEPTHS = (20, 32, 44, 56)
MEASURED = 1e-3
"""Of a gradient: processors sum in other orders."""


@pytest.fixture(scope="module")
def written():
    return documents({"lenet5": Predictor.load("lenet5")})


def asked(path, query):
    return f"{path}?{urlencode(sorted(query.items()))}"


def test_every_setting_of_the_gradient_is_there(written):
    wanted = {asked("instruments/gradient-flow", query) for query in bench_queries()}
    wanted |= {asked("gradient-flow", {"tables": f"plain{depth},resnet{depth}"}) for depth in DEPTHS}
    assert {key for key in written if "gradient-flow" in key} == wanted


def numbers(document):
    """All numbers of a document, and the rest of it."""
    rest = json.loads(json.dumps(document), parse_float=lambda _: None)
    found = []
    json.loads(json.dumps(document), parse_float=lambda text: found.append(float(text)))
    return found, rest


@pytest.mark.parametrize("key", [asked("gradient-flow", {"tables": "plain20,resnet20"}), *[
    asked("instruments/gradient-flow", query) for query in bench_queries() if query["depth"] == "8"
][::5]])  # fmt: skip
def test_the_gradients_are_those_that_the_server_measures(server, written, key):
    found, rest = numbers(written[key])
    wanted, other = numbers(server.ask(f"/lab/{key}").json)
    assert rest == other
    assert found == pytest.approx(wanted, rel=MEASURED, abs=1e-30)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_lessons_are_those_of_the_language(server, written, language):
    for path in ("lessons", "claims", "lesson?lesson=3"):
        assert written[f"{language} {path}"] == server.ask(f"/lab/{path}", headers={"Accept-Language": language}).json


def test_samples_go_by_the_models(written):
    assert [key for key in written if key.startswith("samples")] == ["samples?set=digits"]
