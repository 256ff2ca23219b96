"""The routes of a class: who may do what, and what a hostile device gets."""

import json
import socket
import threading
import time

import numpy as np
import pytest
from image_files import encode
from PIL import Image, ImageDraw
from serving import serving

from striate.web import ClassSettings

JSON, PNG = "application/json", "image/png"


def drawing(number=7, side=140):
    """A drawing as the page's pad makes it: a seven, or another stroke."""
    image = Image.new("RGBA", (side, side), "white")
    ImageDraw.Draw(image).line(
        [(40, 30), (100, 30), (60 + number % 10, 115)], fill=(17, 17, 17), width=11, joint="curve"
    )
    return encode(image, "PNG")


@pytest.fixture
def server(predictor, tmp_path):
    with serving(
        {"lenet5": predictor}, class_settings=ClassSettings("7B", tmp_path / "7B"), token="of-the-lab"
    ) as running:
        yield running


class Device:
    """A device that has joined."""

    def __init__(self, server, name=""):
        self.server = server
        self.token = server.ask("/class/join", json.dumps({"name": name}).encode(), JSON).json["token"]

    def ask(self, path, document=None, *, body=None, token=None):
        headers = {"Authorization": f"Bearer {self.token if token is None else token}"}
        if body is None and document is not None:
            body = json.dumps(document).encode()
            return self.server.ask(f"/class/{path}", body, JSON, headers=headers)
        return self.server.ask(f"/class/{path}", body, body and PNG, headers=headers)

    def draw(self, query="", number=7):
        return self.ask(f"drawings{query}", body=drawing(number))


def teacher(server, path, document=None, key=None):
    headers = {"Authorization": f"Bearer {server.service.classroom.store.key if key is None else key}"}
    body = None if document is None else json.dumps(document).encode()
    return server.ask(f"/class/{path}", body, body and JSON, headers=headers)


def test_devices_draw_the_class_votes_and_the_network_answers(server, tmp_path):
    mina, jun = Device(server, "미나"), Device(server)
    sent = mina.draw().json
    assert sent["answer"][0][0] == 7 and sent["answer"][0][1] > 0.5 and sent["label"] is None
    desk = jun.ask("desk").json
    assert desk["class"] == "7B" and desk["labels"] == list("0123456789")
    assert (desk["next"], desk["waiting"], desk["own"]) == (sent["id"], 1, [])
    assert mina.ask("desk").json["next"] is None
    picture = server.ask(f"/class/picture?id={sent['id']}")
    assert picture.headers["content-type"] == "image/png" and "immutable" in picture.headers["cache-control"]

    answer = jun.ask("vote", {"id": sent["id"], "label": 7}).json
    assert answer["verdict"]["label"] == 7 and answer["waiting"] == 0
    board = teacher(server, "board").json
    (shown,) = board["drawings"]
    assert (shown["name"], shown["label"], shown["votes"]) == ("미나", 7, {"7": 1})
    assert board["devices"] == 2 and board["model"] == "lenet5"
    assert (tmp_path / "7B" / "7" / f"{sent['id']}.png").read_bytes() == picture.body

    teacher(server, "board/ask", {"label": 3})
    assert jun.ask("desk").json["asked"] == 3
    assert jun.draw("?label=3").json["label"] == 3
    teacher(server, "board/open", {"open": False})
    refused = jun.draw()
    assert refused.status == 409 and refused.error == "the class takes no drawings now"
    teacher(server, "board/remove", {"id": sent["id"]})
    assert server.ask(f"/class/picture?id={sent['id']}").status == 404
    assert teacher(server, f"board?since={board['version']}").json["removed"] == [sent["id"]]


def test_a_device_acts_only_in_its_own_name(server):
    mina, jun = Device(server, "Mina"), Device(server, "Jun")
    drawn = mina.draw().json["id"]
    for token in ("", "x", "of-the-lab", server.service.classroom.store.key, mina.token[:-1], mina.token + "x"):
        for path, document in (("vote", {"id": drawn, "label": 1}), ("remove", {"id": drawn}), ("name", {"name": "x"})):
            assert jun.ask(path, document, token=token).status == 401
        assert jun.ask("desk", token=token).status == 401
        assert jun.ask("drawings", body=drawing(), token=token).status == 401
    assert jun.ask("remove", {"id": drawn}).status == 404  # not of this device
    for label in (1, 2, 3, 3):
        jun.ask("vote", {"id": drawn, "label": label})
    (shown,) = teacher(server, "board").json["drawings"]
    assert shown["votes"] == {"3": 1}  # one device, one vote
    text = json.dumps(teacher(server, "board").json) + json.dumps(jun.ask("desk").json)
    assert mina.token not in text and server.service.classroom.store.key not in text
    assert mina.ask("remove", {"id": drawn}).status == 200
    assert teacher(server, "board").json["drawings"] == []


@pytest.mark.parametrize("path", ["board", "board/ask", "board/open", "board/remove", "board/qr"])
def test_the_teachers_routes_need_the_teachers_key(server, path):
    device = Device(server)
    document = None if path == "board" else {"id": "x", "label": 1, "open": False, "text": "http://x/"}
    for key in ("", "x", device.token, "of-the-lab", "\xff"):
        assert teacher(server, path, document, key=key).status == 401
    store = server.service.classroom.store
    assert store.is_open and store.asked is None


def test_the_pages_need_no_token_and_the_lab_does(server):
    for path in ("/c", "/class", "/c/", "/static/class/student.js", "/static/styles/class.css"):
        page = server.ask(path)
        assert page.status == 200 and "script-src 'self'" in page.headers["content-security-policy"]
    device = Device(server)
    for path in ("/lab/models", "/lab/runs", "/v1/models", "/metrics"):
        assert server.ask(path).status == 401
        assert server.ask(path, headers={"Authorization": f"Bearer {device.token}"}).status == 401


def test_without_a_class_there_are_no_such_pages(predictor):
    with serving({"lenet5": predictor}) as server:
        for path in ("/c", "/class", "/class/board", "/class/desk"):
            assert server.ask(path).status == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Host": "evil.example"}, 421),
    ],
)
def test_pages_of_others_reach_no_class(server, headers, status):
    assert server.ask("/class/join", b'{"name": ""}', JSON, headers=headers).status == status


HOSTILE = {
    "no JSON": ("vote", b"{", JSON, 422),
    "a list": ("vote", b"[]", JSON, 422),
    "no id": ("vote", b'{"label": 1}', JSON, 422),
    "a label that is none": ("vote", b'{"id": "x", "label": 10}', JSON, 422),
    "a label that is text": ("vote", b'{"id": "x", "label": "1"}', JSON, 422),
    "true as a label": ("vote", b'{"id": "x", "label": true}', JSON, 422),
    "a fraction": ("vote", b'{"id": "x", "label": 1.5}', JSON, 422),
    "a number beyond all": ("vote", b'{"id": "x", "label": 1e999}', JSON, 422),
    "no such drawing": ("vote", b'{"id": "x", "label": 1}', JSON, 404),
    "SQL": ("remove", b'{"id": "x\' OR 1=1 --"}', JSON, 404),
    "half a letter": ("name", b'{"name": "\\ud800"}', JSON, 200),
    "a long name": ("name", b'{"name": "' + b"\xf0\x9f\x98\x80" * 1500 + b'"}', JSON, 200),
    "a name that is none": ("name", b'{"name": {}}', JSON, 422),
    "deep": ("name", b"[" * 7000, JSON, 422),
    "large": ("name", b'"' + b"x" * 9000 + b'"', JSON, 413),
    "a large picture": ("drawings", drawing() + bytes(30_001), PNG, 413),
    "no picture": ("drawings", b"", PNG, 422),
    "an SVG": ("drawings", b"<svg onload=alert(1)>", PNG, 422),
    "another type": ("drawings", b"x", "image/svg+xml", 415),
    "a bomb": ("drawings", encode(Image.new("L", (5000, 5000)), "PNG"), PNG, 422),
    "an empty pad": ("drawings", encode(Image.new("L", (140, 140), 255), "PNG"), PNG, 422),
    "a label in the query": ("drawings?label=99", drawing(), PNG, 422),
    "a label that is no number": ("drawings?label=%00", drawing(), PNG, 422),
}


@pytest.mark.parametrize(("path", "body", "kind", "status"), HOSTILE.values(), ids=list(HOSTILE))
def test_what_a_hostile_device_sends_is_refused_in_one_line(server, path, body, kind, status):
    device = Device(server)
    answer = server.ask(f"/class/{path}", body, kind, headers={"Authorization": f"Bearer {device.token}"})
    assert answer.status == status
    if status != 200:
        assert answer.error
    assert len(device.ask("desk").json["name"]) <= 20


def test_a_device_that_floods_is_slowed_and_the_others_are_not(server):
    hostile, other = Device(server), Device(server)
    statuses = []

    def flood():
        statuses.extend(hostile.draw(number=number).status for number in range(6))

    threads = [threading.Thread(target=flood) for _ in range(4)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    assert other.draw().status == 200
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - began
    assert set(statuses) == {200, 429} and statuses.count(200) <= 4 + 0.7 * seconds + 1
    assert other.draw().status == 200


def test_many_devices_of_one_address_leave_room_for_others(server):
    store = server.service.classroom.store
    for number in range(store.limits.many_addresses):
        store.join("", f"10.0.0.{number}")
    answers = [server.ask("/class/join", b'{"name": ""}', JSON) for _ in range(12)]
    assert [answer.status for answer in answers] == [200] * store.limits.few_devices + [409] * 4
    assert answers[-1].error == "8 devices have joined from this address, and no more can"
    assert store.join("", "10.0.0.99")


def test_connections_of_one_address_leave_room_for_others(predictor, tmp_path):
    settings = ClassSettings("7B", tmp_path / "7B")
    with serving({"lenet5": predictor}, class_settings=settings, connections=40, address_connections=5) as server:
        waiting = [server.connect() for _ in range(5)]
        for connection in waiting:
            connection.sendall(
                b"POST /class/join HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Type: application/json\r\nContent-Length: 9\r\n\r\n"
            )
        assert server.ask("/c").status == 503
        with socket.create_connection(
            ("127.0.0.1", server.port), timeout=20, source_address=("127.0.0.9", 0)
        ) as another:
            another.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert another.recv(100).startswith(b"HTTP/1.1 200")
        for connection in waiting:
            connection.close()


def test_an_error_is_in_the_language_of_the_page(server):
    device = Device(server)
    headers = {"Authorization": f"Bearer {device.token}", "Accept-Language": "ko"}
    blank = encode(Image.fromarray(np.full((140, 140), 255, np.uint8)), "PNG")
    assert server.ask("/class/drawings", blank, PNG, headers=headers).error == "그림: 아무것도 그리지 않았습니다"
