"""The middlewares: Host, Origin, the token; the headers that bind browsers; the metrics; how many connections."""

import pytest
from serving import FakeModel, png, run_async, serving
from starlette.responses import Response

from striate.web.errors import HTTPError
from striate.web.hosts import AllowedHosts
from striate.web.metrics import Metrics
from striate.web.middleware import (
    HeadMiddleware,
    HostCheck,
    MetricsMiddleware,
    OriginCheck,
    ResponseHeadersMiddleware,
    SingleHeadersCheck,
    TokenCheck,
    TrailingSlashMiddleware,
    response_headers,
)

POLICY = dict(response_headers())[b"content-security-policy"].decode()
NO_OTHERS = AllowedHosts(())
HELLO = Response("hello")


def scope(path="/", **headers):
    names = {name: name.replace("_", "-").encode() for name in headers}
    return {"type": "http", "path": path, "headers": [(names[name], value.encode()) for name, value in headers.items()]}


def messages_of(app, request):
    """The messages that an application sends for a request."""
    messages = []

    async def send(message):
        messages.append(message)

    run_async(app(request, None, send))
    return messages


def status_of(check, request):
    """The status of a check's error; 200 if the request passes it."""
    start, *_ = messages_of(check, request)
    return start["status"]


def test_a_check_lets_other_protocols_pass():
    passed = []

    async def app(scope, _receive, _send):
        passed.append(scope["type"])

    run_async(TokenCheck(app, "secret")({"type": "lifespan"}, None, None))
    assert passed == ["lifespan"]


@pytest.mark.parametrize("name", ["host", "origin", "authorization", "sec-fetch-site"])
def test_a_header_that_stands_twice(name):
    check = SingleHeadersCheck(HELLO)
    headers = [(b"accept", b"a"), (name.encode(), b"a"), (b"accept", b"a")]
    assert status_of(check, {**scope(), "headers": headers}) == 200
    with pytest.raises(HTTPError, match=f"two headers {name}, expected one"):
        check.check({**scope(), "headers": [*headers, (name.encode(), b"a")]})


def test_a_server_that_others_reach_has_any_host():
    assert status_of(HostCheck(HELLO, "0.0.0.0", NO_OTHERS, loopback=False), scope(host="this.machine.example")) == 200
    assert status_of(HostCheck(HELLO, "0.0.0.0", NO_OTHERS, loopback=False), scope()) == 400
    assert status_of(HostCheck(HELLO, "localhost", NO_OTHERS, loopback=True), scope(host="this.machine.example")) == 421


@pytest.mark.parametrize(
    ("path", "site", "status"),
    [
        ("/lab/models", "same-origin", 200),
        ("/lab/models", "none", 200),  # typed into the address bar
        ("/lab/models", "cross-site", 403),
        ("/lab/models", "same-site", 403),
        ("/v1/models", "cross-site", 200),
        ("/", "cross-site", 200),  # a link to the page
    ],
)
def test_pages_of_other_sites_reach_the_page_and_not_the_lab(path, site, status):
    assert status_of(OriginCheck(HELLO, NO_OTHERS), scope(path, host="localhost", sec_fetch_site=site)) == status


def test_the_files_of_the_page_need_no_token():
    check = TokenCheck(HELLO, "secret")
    statuses = {path: status_of(check, scope(path)) for path in ("/", "/static/main.js", "/static", "/lab/models")}
    assert statuses == {"/": 200, "/static/main.js": 200, "/static": 401, "/lab/models": 401}


def test_response_headers_are_added_to_those_of_the_application():
    start, _ = messages_of(ResponseHeadersMiddleware(HELLO, response_headers()), scope())
    headers = dict(start["headers"])
    assert headers[b"content-length"] == b"5" and headers[b"content-security-policy"] == POLICY.encode()


def test_a_request_that_fails_is_counted_too():
    async def fails(_scope, _receive, _send):
        assert metrics.registry.get_sample_value("striate_requests_in_flight") == 1
        raise RuntimeError("no response")

    metrics = Metrics()
    messages_of(MetricsMiddleware(HELLO, metrics), scope())
    with pytest.raises(RuntimeError):
        messages_of(MetricsMiddleware(fails, metrics), scope())
    counts = {
        status: metrics.registry.get_sample_value("striate_requests_total", {"route": "none", "status": status})
        for status in ("200", "500")
    }
    assert counts == {"200": 1, "500": 1}
    assert metrics.registry.get_sample_value("striate_requests_in_flight") == 0


@pytest.mark.parametrize(
    ("allowed", "host", "origin", "status"),
    [
        ("lab.example.org", "lab.example.org", None, 200),
        ("lab.example.org", "LAB.example.org:8443", None, 200),
        ("lab.example.org", "evil.example", None, 421),
        ("lab.example.org", "lab.example.org.evil.example", None, 421),
        ("lab.example.org", "127.0.0.1:8000", "https://lab.example.org", 200),  # the proxy sends its own Host
        ("lab.example.org", "127.0.0.1:8000", "https://lab.example.org:8443", 200),
        ("Lab.Example.org", "lab.example.org", "https://lab.example.org:8443", 200),
        ("lab.example.org", "127.0.0.1:8000", "https://evil.example", 403),
        ("lab.example.org", "127.0.0.1:8000", "https://lab.example.org.evil.example", 403),
        ("lab.example.org", "127.0.0.1:8000", "null", 403),
        ("lab.example.org", "127.0.0.1:8000", "ftp://lab.example.org", 403),
        ("lab.example.org:8443", "lab.example.org:8443", None, 200),
        ("lab.example.org:8443", "lab.example.org:1", None, 421),
        ("lab.example.org:443", "127.0.0.1:8000", "https://lab.example.org", 200),
        ("lab.example.org:443", "127.0.0.1:8000", "http://lab.example.org", 403),
        ("localhost:9000", "localhost:8000", "http://localhost:9000", 200),  # a forwarded port
        ("localhost:9000", "localhost:8000", "http://localhost:9001", 403),
        ("[2001:db8::1]", "[2001:db8::1]:9000", None, 200),
    ],
)
def test_a_host_that_is_allowed(allowed, host, origin, status):
    hosts = AllowedHosts(("another.example", allowed))
    check = HostCheck(OriginCheck(HELLO, hosts), "127.0.0.1", hosts, loopback=True)
    headers = {"host": host} if origin is None else {"host": host, "origin": origin}
    assert status_of(check, scope("/lab/models", **headers)) == status


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("x_forwarded_host", "NAME"),
        ("x_forwarded_server", "NAME"),
        ("x_original_host", "NAME"),
        ("forwarded", "host=NAME;proto=https;for=192.0.2.1"),
        ("x_forwarded_proto", "https"),
        ("x_forwarded_port", "443"),
        ("x_forwarded_for", "127.0.0.1"),
        ("x_forwarded_prefix", "/user/x"),
        ("x_real_ip", "127.0.0.1"),
        ("x_scheme", "https"),
        ("via", "1.1 NAME"),
        ("cf_connecting_ip", "127.0.0.1"),
        ("x_http_method_override", "POST"),
    ],
)
def test_what_proxies_add_allows_nothing_and_forbids_nothing(header, value):
    """Any client may send it: Host and Origin alone decide."""
    hosts = AllowedHosts(("lab.example.org",))
    check = HostCheck(OriginCheck(HELLO, hosts), "127.0.0.1", hosts, loopback=True)
    for name in ("lab.example.org", "localhost", "evil.example"):
        added = {header: value.replace("NAME", name)}
        for host, origin, status in (
            ("lab.example.org", None, 200),
            ("127.0.0.1:8000", "https://lab.example.org", 200),
            ("evil.example", None, 421),
            ("127.0.0.1:8000", "https://evil.example", 403),
        ):
            headers = {"host": host, **added, **({} if origin is None else {"origin": origin})}
            assert status_of(check, scope("/lab/models", **headers)) == status


def test_pages_that_may_show_the_page_in_a_frame():
    policy = dict(response_headers(("https://a.example", "http://localhost:8888")))[b"content-security-policy"]
    assert policy.endswith(b"; frame-ancestors https://a.example http://localhost:8888")
    assert POLICY.endswith("; frame-ancestors 'none'")


@pytest.mark.parametrize(
    ("path", "without"),
    [
        ("/", "/"),
        ("//", "//"),
        ("/healthz", "/healthz"),
        ("/healthz/", "/healthz"),
        ("/a/b/", "/a/b"),
        ("/a//", "/a//"),
    ],
)
def test_a_slash_at_the_end(path, without):
    request = scope(path)
    assert messages_of(TrailingSlashMiddleware(HELLO), request) and request["path"] == without


def test_head_is_answered_as_get_and_stays_head_for_the_server():
    methods = []

    async def app(inner, _receive, _send):
        methods.append(inner["method"])

    request = {**scope(), "method": "HEAD"}
    messages_of(HeadMiddleware(app), request)
    messages_of(HeadMiddleware(app), {**scope(), "method": "PUT"})
    assert methods == ["GET", "PUT"] and request["method"] == "HEAD"


def host(server, value):
    return server.send(b"GET /healthz HTTP/1.1\r\n" + value + b"Connection: close\r\n\r\n")


@pytest.mark.parametrize(
    "name", ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "[::1]", "localhost:1", "[::1]:65535"]
)
def test_local_hosts(server, name):
    assert host(server, f"Host: {name}\r\n".encode()).status == 200


@pytest.mark.parametrize(
    "name",
    ["evil.example", "localhost.evil.example", "10.0.0.1", "0.0.0.0", "[::2]", "127.0.0.1.evil.example", "1270.0.0.1"],
)
def test_foreign_hosts(server, name):
    response = host(server, f"Host: {name}:8000\r\n".encode())
    assert (response.status, response.error) == (
        421,
        "this server answers to localhost alone; --allowed-host allows another name",
    )


@pytest.mark.parametrize(
    "header",
    [b"", b"Host:\r\n", b"Host: a b\r\n", b"Host: localhost:x\r\n", b"Host: localhost:123456\r\n", b"Host: user@localhost\r\n",
     b"Host: localhost/\r\n", b"Host: [::1\r\n", b"Host: \xff\r\n", b"Host: localhost\r\nHost: localhost\r\n", b"Host: localhost\r\nhost: evil.example\r\n",
     b"Host: localhost,evil.example\r\n", b"Host: " + b"x" * 5000 + b":\r\n"],
)  # fmt: skip
def test_malformed_hosts(server, header):
    response = host(server, header)
    assert response.status == 400
    assert "Host" in response.error or "host" in response.error


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
        response = server.predict(png(), headers={"Origin": origin})
        assert (response.status, response.error) == (
            403,
            "the request comes from a page of another origin; behind a proxy, --allowed-host names its host",
        ), origin


def test_headers_that_bind_browsers(server):
    for response in (
        server.ask("/healthz"),
        server.predict(png()),
        server.predict(b""),
        server.ask("/x"),
        server.send(b"?\r\n\r\n"),
        server.ask("/openapi.json"),
    ):
        assert response.headers["content-security-policy"] == POLICY
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["cross-origin-resource-policy"] == "same-origin"
        assert not [name for name in response.headers if name.startswith("access-control")]
        assert "server" not in response.headers


def test_a_token():
    with serving({"m": FakeModel()}, token="s3cret", loopback=False, host="0.0.0.0") as server:
        for path in ("/v1/models", "/metrics", "/openapi.json", "/nothing"):
            for headers in (
                {},
                {"Authorization": "Bearer s3cre"},
                {"Authorization": "s3cret"},
                {"Authorization": "Basic s3cret"},
                {"Authorization": "Bearers3cret"},
                {"Authorization": "Bearer s3cret "[:-1] + "x"},
                {"Authorization": "Bearer \xe4"},
            ):
                response = server.ask(path, headers=headers)
                assert (response.status, response.error) == (401, "expected Authorization: Bearer TOKEN")
                assert response.headers["www-authenticate"] == "Bearer"
        good = {"Authorization": "Bearer s3cret"}
        for scheme in ("Bearer", "bearer", "BEARER", "Bearer "):
            assert server.ask("/v1/models", headers={"Authorization": f"{scheme} s3cret"}).status == 200
        assert (
            server.predict(FakeModel.picture(1), model="m", headers={**good, "Host": "this.machine.example"}).status
            == 200
        )
        assert server.ask("/healthz").status == server.ask("/readyz").status == 200
        document = server.ask("/openapi.json", headers=good).json
        assert "401" in document["paths"]["/v1/models"]["get"]["responses"]
        assert document["paths"]["/healthz"]["get"]["security"] == []


def test_too_many_connections():
    with serving({"m": FakeModel()}, connections=3) as server:
        others = [server.connect() for _ in range(3)]
        response = server.ask("/healthz")
        assert (response.status, response.error) == (503, "too many connections; try again in 1 s")
        assert response.headers["retry-after"] == "1"
        for other in others:
            other.close()
        while server.ask("/healthz").status == 503:
            pass
