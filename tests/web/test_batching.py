"""Batches: pictures that wait together are predicted together; the queue is bounded, and all of it is answered."""

import io
import threading
import time

import pytest
from image_files import encode, png_file
from PIL import Image
from serving import FakeModel, eventually, form, serving

from striate.web import batching


def large(index):
    """A picture of the class with this index that takes long to decode."""
    return encode(Image.new("L", (5000, 5000), 10 * index), "PNG")


class Clients:
    """Requests being sent, each in a thread."""

    def __init__(self, server, pictures, **options):
        self.responses = [None] * len(pictures)

        def client(index, picture):
            self.responses[index] = server.predict(picture, model="m", query="?top=1", **options)

        self.threads = [threading.Thread(target=client, args=pair) for pair in enumerate(pictures)]
        for thread in self.threads:
            thread.start()

    def finish(self):
        for thread in self.threads:
            thread.join()
        return self.responses


def top_class(response):
    return response.json["predictions"][0]["top"][0]["class"]


def test_pictures_that_wait_together_are_predicted_together():
    model = FakeModel()
    with serving({"m": model}, batch=8, wait_seconds=5.0) as server:
        warmed = len(model.batches)
        assert top_class(server.predict(FakeModel.picture(1), model="m")) == "b"
        assert model.batches[warmed:] == [1]
        begun = model.begun
        model.go.clear()
        first = Clients(server, [FakeModel.picture(0)])
        batcher = server.service.batchers["m"]
        eventually(lambda: model.begun == begun + 1)
        rest = Clients(server, [FakeModel.picture(i % 10) for i in range(20)])
        eventually(lambda: batcher.pending == 21)
        model.go.set()
        assert [top_class(response) for response in first.finish() + rest.finish()] == ["a", *("abcdefghij" * 2)]
        assert model.batches[warmed + 1 :] == [1, 8, 8, 4]
        assert batcher.pending == 0


def test_a_request_that_comes_alone_does_not_wait():
    with serving({"m": FakeModel()}, wait_seconds=60.0) as server:
        for _ in range(3):  # the client waits 20 seconds at most
            assert top_class(server.predict(FakeModel.picture(1), model="m")) == "b"


def test_a_full_queue_is_an_error_at_once():
    model = FakeModel()
    with serving({"m": model}, queue=4) as server:
        model.go.clear()
        accepted = Clients(server, [FakeModel.picture(i) for i in range(4)])
        eventually(lambda: server.service.batchers["m"].pending == 4)
        response = server.predict(FakeModel.picture(9), model="m")  # while the others wait
        assert (response.status, response.error) == (503, "the queue is full (4 pictures); try again in 1 s")
        assert response.headers["retry-after"] == "1"
        assert server.ask("/healthz").status == 200
        # Refused before its body: a client that asks for leave to send it gets none.
        head = b"POST /v1/models/m/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"
        assert server.send(head).status == 503
        model.go.set()
        assert [top_class(response) for response in accepted.finish()] == list("abcd")
        assert top_class(server.predict(FakeModel.picture(9), model="m")) == "j"
        assert b'striate_rejected_total{model="m"} 2.0' in server.ask("/metrics").body


def test_a_slow_network_accepts_only_what_it_can_answer_in_time():
    model = FakeModel()
    predict = model.forward
    model.forward = lambda inputs: (time.sleep(0.2 * len(inputs)), predict(inputs))[1]
    with serving({"m": model}, answer_seconds=4.0, pictures=2) as server:
        responses = Clients(server, [FakeModel.picture(1)] * 40).finish()
        late = [response for response in responses if response.status != 200]
        assert len(late) > 20
        assert all(response.error.startswith("the queue is full (") for response in late)


def test_a_prediction_that_takes_too_long():
    model = FakeModel()
    with serving({"m": model}, answer_seconds=2.0) as server:
        model.go.clear()
        (late, later) = Clients(server, [FakeModel.picture(1), FakeModel.picture(2)]).finish()
        assert (late.status, late.error) == (503, "no answer within 2 s")
        assert later.headers["retry-after"] == "10"
        assert server.service.batchers["m"].pending == 2
        model.go.set()
        eventually(lambda: server.service.batchers["m"].pending == 0)
        assert top_class(server.predict(FakeModel.picture(3), model="m")) == "d"


def test_bodies_of_all_requests_are_bounded():
    model = FakeModel()
    with serving({"m": model}, body=1000, bodies=1500) as server:
        model.go.clear()
        first = Clients(server, [FakeModel.picture(1).ljust(1000, b"\0")])
        eventually(lambda: server.service.batchers["m"].pending == 1)
        response = server.predict(b"x" * 900, model="m")
        assert (response.status, response.error) == (503, "too many requests are being received; try again in 1 s")
        model.go.set()
        assert top_class(first.finish()[0]) == "b"
        assert server.predict(b"x" * 900, model="m").status == 422


@pytest.mark.parametrize("clients", [40])
def test_under_overload_every_request_is_answered(clients):
    model = FakeModel()
    predict = model.forward
    model.forward = lambda inputs: (time.sleep(0.02), predict(inputs))[1]
    with serving({"m": model}, queue=8, batch=2) as server:
        statuses = [
            response.status for _ in range(3) for response in Clients(server, [FakeModel.picture(1)] * clients).finish()
        ]
        assert len(statuses) == 3 * clients
        assert set(statuses) == {200, 503}
        assert top_class(server.predict(FakeModel.picture(5), model="m")) == "f"
        assert server.service.batchers["m"].pending == 0


@pytest.mark.parametrize(("size", "kind"), [((16_000, 9_000), "JPEG"), ((9_000, 7_000), "PNG")])
def test_a_photo_of_many_megapixels_is_welcome(size, kind):
    buffer = io.BytesIO()
    Image.new("L", size, 30).save(buffer, kind)
    with serving({"m": FakeModel()}) as server:
        assert top_class(server.predict(buffer.getvalue(), model="m")) == "d"


class Decoder:
    """In the place of the real one: it waits with large pictures while `go` is cleared, and fails for some."""

    def __init__(self, monkeypatch):
        self.go, self.order, self.real = threading.Event(), [], batching.decode_input
        monkeypatch.setattr(batching, "decode_input", self)

    def __call__(self, content, table, *, name, small, **options):
        if content.startswith(b"raises"):
            raise AssertionError("/a/secret/path")
        decoded = self.real(content, table, name=name, small=small, **options)
        if not small:
            self.order.append(name)
            self.go.wait(60)
        return decoded


def test_large_pictures_keep_no_small_ones_waiting(monkeypatch):
    decoder = Decoder(monkeypatch)
    with serving({"m": FakeModel()}) as server:
        waiting = Clients(server, [large(index) for index in range(6)])
        eventually(lambda: server.service.batchers["m"].pending == 6 and decoder.order)
        for index in range(10):
            assert top_class(server.predict(FakeModel.picture(index), model="m")) == "abcdefghij"[index]
        decoder.go.set()
        assert [top_class(response) for response in waiting.finish()] == list("abcdef")


def test_the_pictures_of_a_form_take_turns_with_those_of_other_requests(monkeypatch):
    decoder = Decoder(monkeypatch)
    with serving({"m": FakeModel()}) as server:
        batcher = server.service.batchers["m"]
        body, kind = form([large(1)] * 8)
        many = threading.Thread(target=server.predict, args=(body, kind), kwargs={"model": "m"})
        many.start()
        eventually(lambda: batcher.pending == 8 and decoder.order and len(batcher._large) == 7)
        one = Clients(server, [large(2)])
        eventually(lambda: len(batcher._large) == 8)
        decoder.go.set()
        assert top_class(one.finish()[0]) == "c"
        many.join()
    assert decoder.order.index("the image") == 1


def test_too_many_large_pictures_are_an_error_and_small_ones_are_answered(monkeypatch):
    decoder = Decoder(monkeypatch)
    with serving({"m": FakeModel()}, queue=8) as server:
        waiting = Clients(server, [large(1)] * 4)
        eventually(lambda: server.service.batchers["m"].pending == 4 and len(server.service.batchers["m"]._large) == 3)
        response = server.predict(large(1), model="m")
        assert (response.status, response.error) == (503, "too many large pictures are waiting; try again in 10 s")
        assert top_class(server.predict(FakeModel.picture(3), model="m")) == "d"
        decoder.go.set()
        assert [response.status for response in waiting.finish()] == [200] * 4


def test_a_form_of_large_pictures_takes_no_place_from_a_single_one(monkeypatch):
    decoder = Decoder(monkeypatch)
    with serving({"m": FakeModel()}, queue=8) as server:
        batcher = server.service.batchers["m"]
        body, kind = form([large(1)] * 4)
        refused = []
        many = threading.Thread(target=lambda: refused.append(server.predict(body, kind, model="m")))
        many.start()
        eventually(lambda: batcher.pending == 4 and decoder.order and len(batcher._large) == 3)
        one = Clients(server, [large(2)])
        many.join()
        assert refused[0].error == "too many large pictures are waiting; try again in 10 s"
        decoder.go.set()
        assert top_class(one.finish()[0]) == "c"
        eventually(lambda: batcher.pending == 0)
    assert decoder.order == ["image 1", "the image"]


def test_small_files_of_many_pixels_are_put_back_for_others(monkeypatch):
    monkeypatch.setattr(batching, "_CHUNK_SECONDS", -1.0)  # each time is one picture too long
    model = FakeModel()
    with serving({"m": model}, wait_seconds=0.0) as server:
        body, kind = form([FakeModel.picture(index) for index in range(10)] * 5)
        predictions = server.predict(body, kind, model="m", query="?top=1").json["predictions"]
        assert "".join(each["top"][0]["class"] for each in predictions) == "abcdefghij" * 5
        assert server.service.batchers["m"].pending == 0


def test_what_goes_wrong_with_a_picture_is_of_that_picture_alone(monkeypatch, caplog):
    Decoder(monkeypatch)
    model = FakeModel()
    fit = model.preprocess

    def preprocess(images_NCHW):
        if (images_NCHW == 90).any():
            raise RuntimeError("/another/secret/path")
        return fit(images_NCHW)

    model.preprocess = preprocess
    with serving({"m": model}) as server:
        warm = Clients(server, [FakeModel.picture(0)])
        warm.finish()
        pictures = [b"raises", FakeModel.picture(9), *(FakeModel.picture(index) for index in range(6))] * 4
        responses = Clients(server, pictures).finish()
    for index, response in enumerate(responses):
        if index % 8 < 2:
            assert (response.status, response.error) == (500, "The server failed; its log says why.")
        else:
            assert top_class(response) == "abcdef"[index % 8 - 2]
    assert "/a/secret/path" in caplog.text and "/another/secret/path" in caplog.text


def test_a_picture_that_no_decoder_expects_is_an_error_of_its_own():
    """A PNG of colour type 3 without its palette, which Pillow fails on by an assertion."""
    bad = png_file(1, 1, b"\0\0", colour=3)
    with serving({"m": FakeModel()}) as server:
        clients = Clients(server, [bad if i % 2 else FakeModel.picture(i % 10) for i in range(20)])
        assert [response.status for response in clients.finish()] == [200, 422] * 10
