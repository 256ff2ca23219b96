"""Who may ask: Host, Origin, the token; the headers that bind browsers; how many at a time."""

import pytest
from serving import Fake, png, serving

from striate.web.security import POLICY


def host(server, value):
    return server.send(b"GET /healthz HTTP/1.1\r\n" + value + b"Connection: close\r\n\r\n")


@pytest.mark.parametrize(
    "name", ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "[::1]", "localhost:1", "[::1]:65535"]
)
def test_hosts_that_are_here(server, name):
    assert host(server, f"Host: {name}\r\n".encode()).status == 200


@pytest.mark.parametrize(
    "name",
    ["evil.example", "localhost.evil.example", "10.0.0.1", "0.0.0.0", "[::2]", "127.0.0.1.evil.example", "1270.0.0.1"],
)
def test_foreign_hosts(server, name):
    answer = host(server, f"Host: {name}:8000\r\n".encode())
    assert (answer.status, answer.error) == (
        421,
        "this server answers to localhost alone; the Host header names another",
    )


@pytest.mark.parametrize(
    "header",
    [b"", b"Host:\r\n", b"Host: a b\r\n", b"Host: localhost:x\r\n", b"Host: localhost:123456\r\n", b"Host: user@localhost\r\n",
     b"Host: localhost/\r\n", b"Host: [::1\r\n", b"Host: \xff\r\n", b"Host: localhost\r\nHost: localhost\r\n", b"Host: localhost\r\nhost: evil.example\r\n",
     b"Host: localhost,evil.example\r\n", b"Host: " + b"x" * 5000 + b":\r\n"],
)  # fmt: skip
def test_malformed_hosts(server, header):
    answer = host(server, header)
    assert answer.status == 400
    assert "Host" in answer.error or "host" in answer.error


def test_origins(server):
    here = f"http://127.0.0.1:{server.port}"
    assert server.ask("/healthz", headers={"Origin": here}).status == 200
    for origin in (
        "null",
        "http://evil.example",
        "http://127.0.0.1",
        "http://localhost:1",
        here + ".evil.example",
        "",
        here + "/",
    ):
        answer = server.predict(png(), headers={"Origin": origin})
        assert (answer.status, answer.error) == (403, "the request comes from a page of another origin"), origin


def test_headers_that_bind_browsers(server):
    for answer in (
        server.ask("/healthz"),
        server.predict(png()),
        server.predict(b""),
        server.ask("/x"),
        server.send(b"?\r\n\r\n"),
        server.ask("/openapi.json"),
    ):
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert "server" not in answer.headers


def test_a_token():
    with serving({"m": Fake()}, token="s3cret", loopback=False, host="0.0.0.0") as server:
        for path in ("/v1/models", "/metrics", "/openapi.json", "/nothing"):
            for headers in (
                {},
                {"Authorization": "Bearer s3cre"},
                {"Authorization": "s3cret"},
                {"Authorization": "Bearer s3cret "[:-1] + "x"},
                {"Authorization": "Bearer \xe4"},
            ):
                answer = server.ask(path, headers=headers)
                assert (answer.status, answer.error) == (401, "expected Authorization: Bearer TOKEN")
                assert answer.headers["www-authenticate"] == "Bearer"
        good = {"Authorization": "Bearer s3cret"}
        assert server.ask("/v1/models", headers=good).status == 200
        assert (
            server.predict(Fake.picture(1), model="m", headers={**good, "Host": "this.machine.example"}).status == 200
        )
        assert server.ask("/healthz").status == server.ask("/readyz").status == 200
        document = server.ask("/openapi.json", headers=good).json
        assert "401" in document["paths"]["/v1/models"]["get"]["responses"]
        assert document["paths"]["/healthz"]["get"]["security"] == []


def test_too_many_connections():
    with serving({"m": Fake()}, connections=3) as server:
        others = [server.connect() for _ in range(3)]
        answer = server.ask("/healthz")
        assert (answer.status, answer.error) == (503, "too many connections; try again in 1 s")
        assert answer.headers["retry-after"] == "1"
        for other in others:
            other.close()
        while server.ask("/healthz").status == 503:
            pass
