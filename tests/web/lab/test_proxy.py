"""Behind nginx, as the guide says: with another Host, below a path, in a frame of another page; in a real browser."""

import contextlib
import shutil
import socket
import subprocess

import pytest
from browser import visit
from playwright.sync_api import expect
from serving import Client, eventually, png, serving

PATHS = {"at the root": "/", "below a path": "/user/x/proxy/8000/"}
HOSTS = {
    "its own Host": "proxy_set_header Host $proxy_host;",
    "the browser's Host": "proxy_set_header Host $http_host;",
    "the browser's name alone": "proxy_set_header Host $host;",
}
CONFIG = """
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log stderr crit;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location {path} {{
            proxy_pass http://127.0.0.1:{server}/;
            {header}
            client_max_body_size 20m;
        }}
        {more}
    }}
}}
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


@contextlib.contextmanager
def nginx(folder, server, *, port, path="/", header="", more=""):
    """A client of nginx, a process of its own in this folder, before the server at a port."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        pytest.skip("no nginx: install Debian's package nginx-light")
    text = CONFIG.format(folder=folder, server=server, port=port, path=path, header=header, more=more)
    config = folder / "nginx.conf"
    config.write_text(text, encoding="utf-8")
    with subprocess.Popen([program, "-p", folder, "-c", config, "-e", "stderr"]) as process:
        try:
            eventually(lambda: process.poll() is not None or is_open(port))
            assert process.poll() is None
            yield Client(port)
        finally:
            process.terminate()
            process.wait(30)


def is_open(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


@pytest.mark.parametrize("header", HOSTS.values(), ids=list(HOSTS))
@pytest.mark.parametrize("path", PATHS.values(), ids=list(PATHS))
def test_the_page_works_behind_a_proxy(chromium, predictor, tmp_path, path, header):
    port = free_port()
    with (
        serving({"lenet5": predictor}, allowed_hosts=("localhost",)) as server,
        nginx(tmp_path, server.port, port=port, path=path, header=header) as proxy,
    ):
        assert proxy.ask(f"{path}readyz").json == {"status": "ready"}
        answer = proxy.ask(f"{path}v1/models/lenet5/predict?top=1", png(3), "image/png")
        assert answer.json["predictions"][0]["top"][0]["class"] == "3"
        with visit(chromium, f"http://localhost:{port}{path}") as page:
            expect(page.locator(".bars .name").first).to_have_text("3")
            for view in ("table", "train", "filters"):
                page.locator(f"#views a[href='#{view}']").click()
                expect(page.locator(f"#view.view-{view} h1")).to_be_visible()
            page.reload()
            expect(page.locator("#view.view-filters h1")).to_be_visible()


@pytest.mark.parametrize("allowed", [(), ("another.example",)])
def test_a_host_that_is_not_allowed_is_refused_behind_a_proxy_too(predictor, tmp_path, allowed):
    port = free_port()
    origin = {"Origin": f"http://lab.example:{port}", "Host": f"lab.example:{port}"}
    with serving({"lenet5": predictor}, allowed_hosts=allowed) as server:
        with nginx(tmp_path, server.port, port=port, header=HOSTS["its own Host"]) as proxy:
            assert proxy.ask("/", headers={"Host": "lab.example"}).status == 200
            refused = proxy.ask("/static/main.js", headers=origin)
            assert refused.status == 403 and "--allowed-host" in refused.error
        with nginx(tmp_path, server.port, port=port, header=HOSTS["the browser's Host"]) as proxy:
            refused = proxy.ask("/", headers=origin)
            assert refused.status == 421 and "--allowed-host" in refused.error


def framed(address):
    return f"""default_type text/html; return 200 '<!doctype html><iframe src="{address}" width="900" height="700"></iframe>';"""


@pytest.mark.parametrize("is_allowed", [True, False])
def test_the_page_in_a_frame_of_another_page(chromium, predictor, tmp_path, is_allowed):
    """The page around it has another port, so it is of another origin."""
    port = free_port()
    origin = f"http://localhost:{port}"
    with serving({"lenet5": predictor}, frame_origins=(origin,) if is_allowed else ()) as server:
        location = f"location = /around {{ {framed(f'http://127.0.0.1:{server.port}/')} }}"
        with nginx(tmp_path, server.port, port=port, more=location):
            allowed = (f"127.0.0.1:{server.port}", "frame-ancestors", "chrome-error", "/around", "/favicon.ico")
            with visit(chromium, f"{origin}/around", allowed=allowed) as page:
                frame = page.frame_locator("iframe")
                if is_allowed:
                    expect(frame.locator(".bars .name").first).to_have_text("3")
                else:
                    page.wait_for_load_state("networkidle")
                    assert frame.locator("#views").count() == 0
