"""Bad input over real sockets: a 4xx with one clear JSON error, in time, and the server still works."""

import io
import time
import zipfile

import pytest
from image_files import png_file
from serving import encoded, png, received

HEAD = b"POST /v1/models/lenet5/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"


@pytest.fixture(autouse=True)
def _still_works(server):
    yield
    assert server.predict(png(3)).json["predictions"][0]["top"][0]["class"] == "3"


def bomb(width=50_000, height=50_000):
    """A PNG of 2.5 billion pixels in a few kilobytes."""
    return png_file(width, height, bytes(width // 8 * 100), bits=1, colour=0)


def a_zip():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("cat.png", encoded())
    return buffer.getvalue()


def damaged(kind):
    """Cut in the middle of the pixels."""
    whole = encoded(kind, (90, 110))
    return whole[: len(whole) // 2]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the image: empty"),
        (b"hello", "the image: not an image in a known format"),
        (a_zip(), "the image: an archive or an office document, not an image"),
        (b"<svg/>", "the image: a picture in SVG format, which is not read: convert it"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "the image: a picture in PostScript format, which is not read"),
        (damaged("PNG"), "the image: "),
        (damaged("JPEG"), "the image: "),
        (damaged("WEBP"), "the image: "),
        (encoded("PNG")[:20], "the image: "),
        (bomb(), "the image: "),
        (bomb(20_000, 6_000), "the image: 20000x6000 pixels, at most 100 million are read"),
        (encoded("PNG", (1, 1))[:-30] + b"\xff" * 30, "the image: "),
    ],
)
def test_a_body_that_is_no_image(server, body, message):
    response = server.predict(body)
    assert response.status == 422
    assert response.error.startswith(message)


@pytest.mark.parametrize(
    "kind", ["text/html", "application/json", "application/x-www-form-urlencoded", "", "image", "x" * 300]
)
def test_a_body_of_another_type(server, kind):
    response = server.predict(png(), headers={"Content-Type": kind}, kind=None)
    assert response.status == 415
    assert response.error.startswith("expected a body of type image/")
    assert response.error.endswith(f", got {kind[:100] or 'none'}; with curl: -H 'Content-Type: image/jpeg'")


def test_a_body_that_is_too_large(server):
    response = server.predict(b"x" * 500_001)
    assert (response.status, response.error) == (413, "the body is larger than 500,000 bytes")
    # A declared size is refused before a byte is sent, and a client that waits for 100-continue sends none.
    response = server.send(HEAD + b"Content-Length: 99999999999\r\nExpect: 100-continue\r\n\r\n")
    assert response.status == 413


def chunked(*parts):
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)


def test_chunked_bodies(server):
    head, image = HEAD + b"Transfer-Encoding: chunked\r\n\r\n", png(3)
    response = server.send(head, chunked(image[:10], image[10:]) + b"0\r\n\r\n")
    assert response.json["predictions"][0]["top"][0]["class"] == "3"
    response = server.send(head, *[chunked(b"x" * 100_000)] * 6, pause=0)
    assert (response.status, response.error) == (413, "the body is larger than 500,000 bytes")
    assert server.send(head + b"zz\r\n").status == 400
    assert server.send(head + b"0\r\n\r\n").error == "the image: empty"


def test_after_an_early_error_a_client_may_send_the_rest_and_another_request(server):
    with server.connect() as connection:
        connection.sendall(HEAD.replace(b"image/png", b"text/plain") + b"Content-Length: 300000\r\n\r\n")
        assert received(connection).status == 415
        connection.sendall(b"x" * 300_000)
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert received(connection).status == 200


@pytest.mark.parametrize(
    "parts",
    [
        [HEAD[:30]],
        [b"G"],
        [HEAD + b"Content-Length: 100\r\n\r\n"],
        [HEAD + b"Content-Length: 100\r\n\r\n", b"x"],
        [HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"5\r\nab"],
    ],
    ids=["part of a head", "one byte", "no body", "part of a body", "part of a chunk"],
)
def test_a_slow_client(server, parts):
    started = time.perf_counter()
    response = server.send(*parts)
    assert response.status == 408
    assert response.error.endswith("did not come within 0.8 s")
    assert time.perf_counter() - started > 0.7


def test_a_client_that_sends_nothing(server):
    with server.connect() as connection:
        started = time.perf_counter()
        assert connection.recv(100) == b""
        assert time.perf_counter() - started > 0.7


def test_a_client_that_sends_byte_by_byte_times_out(server):
    with server.connect() as connection:
        sent = 0
        for byte in HEAD * 3:
            try:
                connection.sendall(bytes([byte]))
            except OSError:
                break
            sent += 1
            time.sleep(0.05)
        assert received(connection).status == 408
    assert sent < len(HEAD)


def test_garbage_behind_a_good_request(server):
    with server.connect() as connection:
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(png(3)) + png(3) + b"garbage\r\n\r\n")
        assert received(connection).status in (200, 400)


def test_a_client_that_goes_away(server):
    for part in (HEAD, HEAD + b"Content-Length: 100\r\n\r\nabc", HEAD + b"Content-Length: 5\r\n\r\nhello"):
        with server.connect() as connection:
            connection.sendall(part)


@pytest.mark.parametrize(
    "request_",
    [
        b"\0\0\0\0\r\n\r\n",
        b"hello\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nbad header\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost : localhost\r\n\r\n",
        b"GET /healthz\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET http:// HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
        HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n",
        HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: 1e3\r\n\r\n",
        HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
        HEAD + b"X: a\0b\r\n\r\n",
        HEAD + b"X: a\n b\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_malformed_http(server, request_):
    response = server.send(request_)
    assert response.status == 400
    assert response.error == "Invalid HTTP request received."
    assert response.headers["connection"] == "close"


@pytest.mark.parametrize("pieces", [1, 40])
def test_headers_without_end(server, pieces):
    piece = b"X-%d: " % pieces + b"y" * (40_000 // pieces) + b"\r\n"
    response = server.send(HEAD + piece, *[piece] * (pieces - 1), b"\r\n", pause=0.001)
    assert response.status == 431
    assert response.error == "the headers are larger than 8,192 bytes"


def test_a_long_path(server):
    assert server.ask("/v1/models/" + "x" * 7000).status == 404
    assert server.ask("/" + "x" * 9000).status == 431


@pytest.mark.parametrize(
    "name",
    [
        "nothing",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e",
        "..",
        "lenet5%00",
        "lenet5/../lenet5",
        "%ff",
        "LENET5",
        "*",
        "%0d%0aX:1",
    ],
)
def test_unknown_models(server, name):
    response = server.predict(png(), model=name)
    assert response.status == 404
    assert "passwd" not in response.error
    assert server.ask(f"/v1/models/{name}").error


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/models/lenet5/predict", "POST"),
        ("PUT", "/v1/models/lenet5/predict", "POST"),
        ("PUT", "/static/main.js", "GET, HEAD"),
        ("DELETE", "/v1/models", "GET, HEAD"),
        ("PUT", "/healthz", "GET, HEAD"),
        ("OPTIONS", "/metrics", "GET, HEAD"),
        ("GET", "/lab/compare", "POST"),
    ],
)
def test_other_methods(server, method, path, allowed):
    response = server.ask(path, method=method)
    assert (response.status, response.error) == (405, f"this path takes {allowed}")
    assert response.headers["allow"] == allowed


@pytest.mark.parametrize(
    "path",
    ["/static", "/docs", "/redoc", "/v1", "/v1/models//", "/static/x", "//healthz", "/healthz//", "/%2e%2e/healthz"],
)
def test_other_paths(server, path):
    assert (server.ask(path).status, server.ask(path).error[:12]) == (404, "no such path")


FORM = "multipart/form-data; boundary=xyz"
PART = '--xyz\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'


@pytest.mark.parametrize(
    ("body", "kind", "status", "message"),
    [
        ("", FORM, 400, "it ends too early"),
        ("--xyz--\r\n", FORM, 422, "no part called image"),
        (
            '--xyz\r\nContent-Disposition: form-data; name="top"\r\n\r\n3\r\n--xyz--\r\n',
            FORM,
            422,
            "no part called image",
        ),
        (
            '--xyz\r\nContent-Disposition: form-data; name="top"\r\n\r\n3\r\n' * 2 + "--xyz--\r\n",
            FORM,
            422,
            "two parts called top",
        ),
        ("hello", FORM, 400, "multipart/form-data: "),
        (PART, "multipart/form-data", 400, "no boundary in the content type"),
        (PART, "multipart/form-data; boundary=", 400, "multipart/form-data: "),
        (PART, "multipart/form-data; boundary=" + "x" * 5000, 400, "multipart/form-data: "),
        (PART + "x", "multipart/form-data; boundary=\xe4", 400, "multipart/form-data: "),
        (
            '--xyz\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--xyz--\r\n',
            FORM,
            422,
            "a part of another name",
        ),
        ("--xyz\r\nX: y\r\n\r\nx\r\n--xyz--\r\n", FORM, 422, "a part of another name"),
        ("--xyz\r\n" + "X: y\r\n" * 5000, FORM, 400, "multipart/form-data: "),
        (f"{PART}x\r\n" * 65 + "--xyz--\r\n", FORM, 422, "more than 64 images"),
        (f"{PART}x\r\n--xyz--\r\n".replace('"a.png"', '"../../etc/passwd\0"'), FORM, 422, "the image: not an image"),
    ],
)
def test_forms(server, body, kind, status, message):
    response = server.predict(body.encode(), kind)
    assert (response.status, message in response.error) == (status, True), response.error


def test_a_form_that_ends_too_early(server):
    response = server.predict((PART + "hello").encode(), FORM)
    assert (response.status, response.error) == (400, "multipart/form-data: it ends too early")
