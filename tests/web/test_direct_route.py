"""The route in front of the frameworks: what it answers, what it passes on, and what becomes of exceptions."""

import json

import pytest
from serving import run_async
from starlette.responses import Response

from striate.errors import DataError, RunNotFoundError
from striate.web.direct_route import DirectRoute
from striate.web.errors import DESCRIPTIONS, HTTPError

PATH = "/v1/models/{name}/predict"


def answer_of(endpoint, method="POST", path="/v1/models/lenet5/predict"):
    """The scope, the status and the body that a route with this endpoint sends."""
    messages = []

    async def send(message):
        messages.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": []}
    run_async(DirectRoute(Response("passed on"), PATH, endpoint)(scope, None, send))
    start, body = messages
    return scope, start["status"], body["body"]


async def echo(request):
    return Response(request.path_params["name"])


def test_it_answers_one_path_and_method():
    scope, status, body = answer_of(echo)
    assert (status, body) == (200, b"lenet5")
    assert scope["route"].path == PATH


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/models/lenet5/predict"), ("POST", "/v1/models/a/b/predict"), ("POST", "/v1/models/a/predict/")],
)
def test_it_passes_on_all_else(method, path):
    assert answer_of(echo, method, path)[2] == b"passed on"


@pytest.mark.parametrize(
    ("error", "status"), [(HTTPError(503, "full"), 503), (DataError("bad"), 422), (RunNotFoundError("none"), 404)]
)
def test_errors_are_json(error, status):
    async def fail(_request):
        raise error

    _, answered, body = answer_of(fail)
    assert answered == status
    assert json.loads(body) == {"error": str(error)}


def test_an_unexpected_exception_is_a_500_and_goes_on_to_the_log():
    sent = []

    async def fail(_request):
        raise ZeroDivisionError("secret")

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/models/a/predict", "headers": []}
    with pytest.raises(ZeroDivisionError):
        run_async(DirectRoute(Response("passed on"), PATH, fail)(scope, None, send))
    assert sent[0]["status"] == 500
    assert json.loads(sent[1]["body"]) == {"error": DESCRIPTIONS[500]}
