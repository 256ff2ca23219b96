"""Connections: requests that are sent without waiting, too many connections, clients that leave."""

import contextlib
import socket
import struct
import time

import pytest
from serving import FakeModel, eventually, received, serving

from striate.inference import Predictor
from striate.nn import Model, build

GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


def post(picture):
    head = b"POST /v1/models/m/predict?top=1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
    return head + b"Content-Length: %d\r\n\r\n" % len(picture) + picture


def post_to_lab(path, body, kind):
    head = b"POST /lab/%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\n" % (path, kind)
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


LAB = [
    post_to_lab(b"table", b'{"toml": ""}', b"application/json"),
    post_to_lab(b"compare", b"{}", b"application/json"),
    post_to_lab(b"layers?model=m", FakeModel.picture(1), b"image/png"),
    post_to_lab(b"why?model=m&method=saliency", FakeModel.picture(1), b"image/png"),
    post_to_lab(b"runs", b"{}", b"application/json"),
    GET.replace(b"/healthz", b"/lab/units?model=m"),
    GET.replace(b"/healthz", b"/static/main.js"),
    GET.replace(b"/healthz", b"/openapi.json"),
]
"""A request to each kind of route that is no prediction."""


def everything(connection):
    """What comes on a connection until it ends."""
    data = b""
    with contextlib.suppress(ConnectionError):
        while part := connection.recv(65536):
            data += part
    return data


def leave(connection, *, at_once):
    if at_once:  # without the usual farewell
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def test_a_few_requests_that_are_sent_at_once_are_answered_in_order():
    with serving({"m": FakeModel()}) as server, server.connect() as connection:
        connection.sendall(b"".join(post(FakeModel.picture(index)) for index in range(5)))
        answered = [received(connection).json["predictions"][0]["top"][0]["class"] for _ in range(5)]
        assert answered == list("abcde")
        connection.sendall(GET)
        assert received(connection).status == 200


def test_many_requests_that_are_sent_at_once_end_the_connection_after_a_few():
    with serving({"m": FakeModel()}) as server, server.connect() as connection:
        connection.sendall(GET * 60)
        data = everything(connection)
        count = data.count(b"HTTP/1.1 200 OK")
        assert 1 <= count <= 5 and data.count(b"HTTP/1.1") == count
        assert data.count(b"connection: close") == 1
        assert server.ask("/healthz").status == 200


def test_a_flood_of_requests_keeps_no_new_client_waiting():
    model = FakeModel()
    with serving({"m": model}) as server:
        model.go.clear()
        flood = [server.connect() for _ in range(100)]
        for connection in flood:
            connection.sendall(post(FakeModel.picture(1)) + GET * 59)
        eventually(lambda: server.service.batchers["m"].pending == 100)
        assert server.ask("/healthz").status == 200
        model.go.set()
        assert all(everything(connection).startswith(b"HTTP/1.1 200 OK") for connection in flood)
        for connection in flood:
            connection.close()


def test_an_idle_connection_ends_for_a_new_one():
    with serving({"m": FakeModel()}, connections=3) as server:
        others = [server.connect() for _ in range(3)]
        others[1].sendall(GET)
        assert received(others[1]).status == 200
        time.sleep(1.2)
        assert server.ask("/healthz").status == 200
        assert others[0].recv(1) == b""  # the first one, which never asked
        others[2].sendall(GET)
        assert received(others[2]).status == 200
        for other in others:
            other.close()


def test_a_connection_on_which_requests_wait_ends_for_a_new_one():
    model = FakeModel()
    with serving({"m": model}, connections=2) as server:
        model.go.clear()
        others = [server.connect() for _ in range(2)]
        for other in others:
            other.sendall(post(FakeModel.picture(1)) * 3)
        eventually(lambda: server.service.batchers["m"].pending == 2)
        assert server.ask("/healthz").status == 200
        model.go.set()
        counts = sorted(count_of_answers(other) for other in others)
        assert counts == [1, 3]


def count_of_answers(connection):
    """Answers on a connection, until three are there or it ends."""
    count = 0
    with contextlib.closing(connection), contextlib.suppress(AssertionError, ConnectionError):
        while count < 3 and received(connection).status == 200:
            count += 1
    return count


@pytest.mark.parametrize("at_once", [False, True], ids=["with a farewell", "without"])
def test_a_client_that_leaves_writes_nothing_into_the_log(capfd, caplog, at_once):
    model = FakeModel()
    request = post(FakeModel.picture(1)).replace(b"/m/", b"/fake/")
    parts = [request * 5, request * 60, GET * 60, GET + request[:80], request[:-3], request * 2 + b"garbage\r\n\r\n"]
    parts += [part for one in LAB for part in (one[:-3], one, one * 5)]
    network = Model(build("lenet5:tiny", seed=0), model.classes, {}, {})
    with serving({"fake": model, "m": Predictor(network, engine="torch")}) as server:
        for go in (True, False):
            (model.go.set if go else model.go.clear)()
            for part in parts * 3:
                connection = server.connect()
                with contextlib.suppress(ConnectionError):
                    connection.sendall(part)
                leave(connection, at_once=at_once)
            time.sleep(0.2)
            model.go.set()
            eventually(lambda: server.service.batchers["fake"].pending == 0)
        assert server.ask("/healthz").status == 200
    assert capfd.readouterr().err == ""
    assert [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []
