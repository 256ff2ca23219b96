"""Every route of the API; a prediction is the predictor's."""

import json
import threading
from urllib.parse import quote

import pytest
from handwriting import PHOTOS
from prometheus_client.parser import text_string_to_metric_families
from serving import FakeModel, eventually, form, png, serving

from striate.text import decompose
from striate.web.lab.routes import lab_routes

NOT_FOUND = ("route", "none"), ("status", "404")


def form_of(fields, boundary=b"xyz"):
    parts = [
        b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (boundary, *field) for field in fields
    ]
    return b"".join([*parts, b"--%s--\r\n" % boundary]), f"multipart/form-data; boundary={boundary.decode()}"


def metrics(server):
    families = text_string_to_metric_families(server.ask("/metrics").body.decode())
    return {(sample.name, *sorted(sample.labels.items())): sample.value for f in families for sample in f.samples}


@pytest.mark.parametrize("photo", ["a marker", "chalk on a board", "upright"])
def test_a_prediction_is_the_predictors(server, predictor, tmp_path, photo):
    content = png(7, **PHOTOS[photo])
    path = tmp_path / "x.png"
    path.write_bytes(content)
    # Below that the order is that of rounding: a training in this process has numbers near zero flushed to it.
    expected = [pair for pair in predictor.predict([path])[0].top if pair[1] > 1e-30]
    response = server.predict(content)
    assert response.status == 200
    assert response.headers["content-type"] == "application/json"
    assert response.json["model"] == "lenet5"
    (prediction,) = response.json["predictions"]
    assert len(prediction["top"]) == 5
    found = prediction["top"][: len(expected)]
    assert [entry["class"] for entry in found] == [name for name, _ in expected]
    assert [entry["probability"] for entry in found] == pytest.approx([p for _, p in expected], abs=1e-6)


@pytest.mark.parametrize("kind", ["image/png", "image/anything", "application/octet-stream", "IMAGE/PNG; q=1", None])
def test_content_types_of_an_image(server, kind):
    assert server.predict(png(3), kind).json["predictions"][0]["top"][0]["class"] == "3"


def test_top(server):
    for query, count in (("", 5), ("?top=1", 1), ("?top=10", 10), ("?top=1000", 10), ("?other=1", 5)):
        assert len(server.predict(png(), query=query).json["predictions"][0]["top"]) == count
    everything = server.predict(png(), query="?top=10").json["predictions"][0]["top"]
    assert sum(entry["probability"] for entry in everything) == pytest.approx(1, abs=1e-5)
    for bad in ("0", "-1", "1001", "x", "", "1.5", "1e2", "%D9%A3", "9" * 5000):
        assert "top: expected a whole number from 1 to 1000" in server.predict(png(), query=f"?top={bad}").error


@pytest.mark.parametrize(
    ("top", "query", "count"), [(b"2", "", 2), (b"1000", "", 10), (b"2", "?top=3", 3), (b"2", "?other=3", 2)]
)
def test_top_in_a_form(server, top, query, count):
    for fields in ([(b"top", top), (b"image", png(1))], [(b"image", png(1)), (b"top", top)]):
        response = server.predict(*form_of(fields), query=query)
        assert len(response.json["predictions"][0]["top"]) == count


@pytest.mark.parametrize("top", [b"", b"0", b"1001", b"x", b"\xd9\xa3", b"9" * 5000, b" 1", b"1\r\n"])
def test_a_top_in_a_form_that_is_none(server, top):
    response = server.predict(*form_of([(b"top", top), (b"image", png(1))]))
    assert (response.status, response.error) == (422, "top: expected a whole number from 1 to 1000")


def test_several_images_of_which_one_is_bad(server):
    body, kind = form([png(1), b"hello", png(7), b""])
    response = server.predict(body, kind, query="?top=1")
    assert response.status == 200
    first, bad, third, empty = response.json["predictions"]
    assert [first["top"][0]["class"], third["top"][0]["class"]] == ["1", "7"]
    assert bad == {"error": "image 2: not an image in a known format (PNG, JPEG, BMP, GIF, WEBP, TIFF, AVIF)"}
    assert empty == {"error": "image 4: empty"}


def test_one_bad_image_in_a_form_is_an_error(server):
    response = server.predict(*form([b"hello"]))
    assert (response.status, response.error[:18]) == (422, "the image: not an ")


def test_models(server):
    listed = server.ask("/v1/models").json["models"]
    assert [model["name"] for model in listed] == ["lenet5"]
    one = server.ask("/v1/models/lenet5").json
    assert one == listed[0]
    assert one["input"] == [1, 32, 32]
    assert one["classes"] == list("0123456789")
    assert one["scores"]["top1"] > 0.99
    assert "LeCun" in one["source"]


GET_PATHS = ("/", "/static/main.js", "/healthz", "/readyz", "/metrics", "/openapi.json", "/v1/models", "/v1/models/lenet5",
             "/lab/models", "/lab/tables", "/lab/table?name=lenet5", "/lab/runs", "/lab/units?model=lenet5", "/lab/data",
             "/lab/filters?model=lenet5&path=C1", "/lab/stress?model=lenet5", "/lab/gradient-flow?tables=lenet5:tiny",
             "/lab/turn?model=lenet5&path=C1&width=2", "/lab/samples?set=photos", "/lab/run?name=none",
             "/lab/replay?model=runs/none/1", "/lab/confusion?model=runs/none", "/lab/confusion/pictures?model=runs/none&true=0&predicted=1",
             "/lab/run/picture?name=none&image=0", "/lab/run/model?name=none", "/lab/network?model=lenet5", "/lab/gratings?model=lenet5&path=C1",
             "/lab/pages", "/lab/instruments/overlap?x=1,2&g=1", "/lab/instruments/lrn?values=1,2,1",
             "/lab/instruments/gradient-flow?depth=8&shortcut=1&initialization=he&batch_norm=0",
             "/lab/lessons", "/lab/lesson?lesson=4", "/lab/claims",
             "/lab/exercise?lesson=4&exercise=1&seed=7", "/lab/solution?lesson=4&exercise=1&seed=7")  # fmt: skip
STATUSES = {
    "/lab/run?name=none": 404,
    "/lab/run/model?name=none": 404,
    "/lab/replay?model=runs/none/1": 404,
    "/lab/confusion?model=runs/none": 404,
    "/lab/confusion/pictures?model=runs/none&true=0&predicted=1": 404,
    "/lab/run/picture?name=none&image=0": 404,
}  # of the others 200


def test_they_are_all_that_get_has(server):
    documented = [path for path, methods in server.ask("/openapi.json").json["paths"].items() if "get" in methods]
    *_, lab = lab_routes(server.service.lab)
    fetched = [f"/lab{route.path}" for route in lab.routes if "GET" in route.methods]
    asked = {path.partition("?")[0].replace("/lenet5", "/{name}") for path in GET_PATHS}
    assert asked == {*documented, *fetched, "/", "/static/main.js", "/openapi.json"}


@pytest.mark.parametrize("path", GET_PATHS)
def test_head_has_the_headers_of_get_and_no_body(server, path):
    head, get = server.ask(path, method="HEAD"), server.ask(path)
    assert head.status == get.status == STATUSES.get(path, 200) and head.body == b""
    assert head.headers.keys() == get.headers.keys()
    same = head.headers.keys() - ({"content-length"} if path == "/metrics" else set()) - {"date"}
    assert {name: head.headers[name] for name in same} == {name: get.headers[name] for name in same}


@pytest.mark.parametrize("path", GET_PATHS[1:])
def test_a_slash_at_the_end_of_a_path_changes_nothing(server, path):
    path, question, query = path.partition("?")
    response = server.ask(f"{path}/{question}{query}")
    assert response.status == STATUSES.get(f"{path}?{query}", 200)
    if path != "/metrics":
        assert response.body == server.ask(f"{path}{question}{query}").body


def test_a_slash_at_the_end_of_what_is_posted_to(server):
    response = server.ask("/v1/models/lenet5/predict/?top=1", png(3), "image/png")
    assert response.json["predictions"][0]["top"][0]["class"] == "3"


def test_alive_and_ready(server):
    assert server.ask("/healthz").json == {"status": "alive"}
    assert server.ask("/readyz").json == {"status": "ready"}


def test_the_server_is_not_ready_before_the_model_is_warm():
    model = FakeModel()
    model.go.clear()
    with serving({"m": model}, wait=False) as server:
        response = server.ask("/readyz")
        assert (response.status, response.error, response.headers["retry-after"]) == (503, "loading", "1")
        assert server.ask("/healthz").status == 200
        model.go.set()
        eventually(lambda: server.ask("/readyz").status == 200)


def test_a_model_that_cannot_predict_ends_the_server():
    model = FakeModel()
    model.fails = True
    with pytest.raises(RuntimeError, match="secret"), serving({"m": model}):
        pass


def test_a_model_that_fails_later_is_an_error_without_its_text(caplog):
    model = FakeModel()
    with serving({"m": model}) as server:
        model.fails = True
        response = server.predict(FakeModel.picture(1), model="m")
        assert (response.status, response.error) == (500, "The server failed; its log says why.")
        model.fails = False
        assert server.predict(FakeModel.picture(1), model="m").status == 200
    assert "/a/secret/path" in caplog.text


def test_metrics(server):
    before = metrics(server)
    server.predict(png())
    server.predict(b"hello")
    server.ask("/nothing")
    route = ("route", "/v1/models/{name}/predict")
    after = {}

    def grown(*key):
        return after.get(key, 0) - before.get(key, 0)

    def are_counted():  # a request is counted after its response
        after.update(metrics(server))
        return grown("striate_request_seconds_count", route) + grown("striate_requests_total", *NOT_FOUND) == 3

    eventually(are_counted)
    assert grown("striate_requests_total", route, ("status", "200")) == 1
    assert grown("striate_requests_total", route, ("status", "422")) == 1
    assert grown("striate_requests_total", *NOT_FOUND) == 1
    assert grown("striate_request_seconds_count", route) == 2
    assert grown("striate_batch_pictures_count", ("model", "lenet5")) == 1
    assert after["striate_queue_pictures", ("model", "lenet5")] == 0
    assert after["striate_requests_in_flight",] == 1  # this one
    assert after["striate_rejected_total", ("model", "lenet5")] == 0
    assert after["process_resident_memory_bytes",] > 1e7


def test_two_models_by_their_names():
    first, second = FakeModel(), FakeModel("lenet5:modern")
    with serving({"first": first, "두 번째": second}) as server:
        assert server.predict(FakeModel.picture(4), model="first").json["predictions"][0]["top"][0]["class"] == "e"
        for form in ("두 번째", decompose("두 번째")):
            response = server.predict(FakeModel.picture(2), model=quote(form))
            assert response.json["model"] == server.ask(f"/v1/models/{quote(form)}").json["name"] == "두 번째"
        assert json.loads(server.ask("/v1/models").body)["models"][1]["table"] == "lenet5:modern"
    assert len(second.batches) == len(first.batches) + 1  # two and one, after the warm-up


def test_every_client_gets_its_own_prediction():
    with serving({"m": FakeModel()}) as server:
        wrong = []

        def client(index):
            for _ in range(20):
                response = server.predict(FakeModel.picture(index), model="m", query="?top=1")
                if response.json["predictions"][0]["top"][0]["class"] != "abcdefghij"[index]:
                    wrong.append(response)

        threads = [threading.Thread(target=client, args=(index,)) for index in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong
