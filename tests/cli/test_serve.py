"""`striate serve` as a process: it starts, tells where, stops gracefully, and says in one line why it does not start."""

import contextlib
import http.client
import json
import re
import signal
import socket
import subprocess
import threading
import time
from urllib.parse import urlsplit

import pytest
from running import STRIATE, fails, here, striate
from serving import SMALL, Client, png, received

from striate.models import shipped_models
from striate.nn import Model, build, save_model
from striate.tables import load_table


@contextlib.contextmanager
def process(*arguments, **options):
    """The server as a process, ready, and where it is."""
    command = [*STRIATE, "serve", *map(str, arguments), "--port", "0", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", **options
    ) as running:
        try:
            told = json.loads(running.stdout.readline())
            yield running, told, Client(int(told["address"].rpartition(":")[2]))
        finally:
            running.kill()


@pytest.fixture(scope="module")
def slow_model(tmp_path_factory):
    """A network that takes its time."""
    path = tmp_path_factory.mktemp("models") / "slow.safetensors"
    network = build(load_table("resnet18:torchvision").with_classes(3), seed=0)
    save_model(path, Model(network, ("a", "b", "c"), {}, {}))
    return path


def test_the_model_that_ships_and_one_by_another_name(run_directory):
    with process("lenet5", f"mine={run_directory}") as (running, told, server):
        address = f"http://127.0.0.1:{server.port}"
        assert told == {"schema": 1, "address": address, "pages": [f"{address}/"], "models": ["lenet5", "mine"]}
        assert server.ask("/readyz").status == 200
        assert server.predict(png(7)).json["predictions"][0]["top"][0]["class"] == "7"
        assert server.predict((run_directory / "samples" / "1.png").read_bytes(), model="mine").status == 200
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == 130
        assert running.stderr.read() == "striate: stopped\n"
        with pytest.raises(ConnectionError):
            server.ask("/healthz")


def test_without_a_model_it_serves_all_that_ship_lenet5_first_and_says_so():
    others = [name for name in shipped_models() if name != "lenet5"]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    command = [*STRIATE, "serve", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as running:
        assert (
            running.stdout.readline()
            == f"serving {', '.join(['lenet5', *others])} at http://127.0.0.1:{port} (Ctrl-C stops)\n"
        )
        running.terminate()
        assert running.wait(60) == 143


def test_a_graceful_stop_answers_what_was_accepted(slow_model):
    with process(slow_model) as (running, _, server):
        body = png(3, **{**SMALL, "size": (60, 60)})
        request = (
            b"POST /v1/models/slow/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
            + b"Content-Length: %d\r\n\r\n" % len(body)
        )
        answers = []

        def client():
            with server.connect() as connection:
                connection.sendall(request + body)
                answers.append(received(connection))

        def late():
            """Whose body is still on its way when the server is asked to stop."""
            with server.connect() as connection:
                connection.sendall(request + body[:100])
                time.sleep(1)
                connection.sendall(body[100:])
                answers.append(received(connection))

        threads = [threading.Thread(target=target) for target in [client] * 10 + [late]]
        for thread in threads:
            thread.start()
        while b'striate_queue_pictures{model="slow"} 0.0' in server.ask("/metrics").body:
            pass
        time.sleep(0.2)
        assert len(answers) < 10  # it has something to finish
        running.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join(60)
        assert [answer.status for answer in answers] == [200] * 11
        assert running.wait(60) == 143
        assert running.stderr.read() == "striate: stopped\n"


def test_a_second_signal_ends_at_once():
    with process() as (running, _, server):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        connection.putrequest("POST", "/v1/models/lenet5/predict")
        connection.putheader("Content-Length", "100")
        connection.endheaders()  # and no body
        while b"striate_requests_in_flight 2.0" not in server.ask("/metrics").body:
            pass
        running.send_signal(signal.SIGINT)
        time.sleep(1.2)  # within a second it would be the same wish
        assert running.poll() is None
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == 130
        connection.close()


def test_a_port_that_is_taken_is_an_error_before_the_model_is_loaded():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert fails("serve", "no.such.model", "--port", port, run=here) == (
            f"striate: 127.0.0.1:{port}: another program listens there; --port takes another"
        )


def test_an_address_that_others_reach_needs_a_token():
    line = fails("serve", "--host", "0.0.0.0", "--port", 0, code=2, run=here)
    assert "0.0.0.0 is reached from other machines: --token or $STRIATE_TOKEN is needed" in line


def test_the_addresses_are_those_that_others_reach_with_the_token_in_the_fragment():
    with process("lenet5", "--host", "0.0.0.0", "--token", "open#sesame") as (_, told, server):
        assert told["address"] == f"http://0.0.0.0:{server.port}"
        for page in told["pages"]:
            address, _, fragment = page.partition("#")
            assert fragment == "token=open%23sesame" and "0.0.0.0" not in address
            with socket.create_connection((urlsplit(address).hostname, server.port), timeout=20):
                pass
        pages = server.ask("/lab/pages", headers={"Authorization": "Bearer open#sesame"}).json["pages"]
        assert [page.partition("#")[0] for page in told["pages"]] == pages


def test_the_token_comes_from_the_environment_and_is_told_nowhere(monkeypatch):
    monkeypatch.setenv("STRIATE_TOKEN", "s3cret")
    with process("--host", "0.0.0.0") as (running, told, server):
        assert server.ask("/v1/models").status == 401
        assert server.ask("/v1/models", headers={"Authorization": "Bearer s3cret"}).status == 200
        running.terminate()
        assert "s3cret" not in json.dumps(told) + running.stdout.read() + running.stderr.read()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--port", "65536"], 2, "expected a port, 0 to 65535, got '65536'"),
        (["--port", "x"], 2, "expected a port"),
        (["--token", ""], 2, "argument --token: an empty string"),
        (["--token", "a b"], 2, "the token must be"),
        (["lenet5", "./lenet5"], 2, "two models are called lenet5: lenet5 and ./lenet5; give NAME=MODEL"),
        (["a=lenet5", "a=lenet5"], 2, "two models are called a"),
        (["a/b=lenet5"], 2, "a model's name is part of an address, 'a/b' cannot be"),
        (["=lenet5"], 2, "'' cannot be"),
        (["..=lenet5"], 2, "'..' cannot be"),
        (
            ["--allowed-host", "http://lab.example/"],
            2,
            "--allowed-host http://lab.example/: expected a name, or NAME:PORT",
        ),
        (["--allowed-host", "lab.example/x"], 2, "expected a name, or NAME:PORT, without http:// and /"),
        (["--allowed-host", "*"], 2, "--allowed-host *: expected a name"),
        (["--allowed-host", ""], 2, "argument --allowed-host: an empty string"),
        (
            ["--allow-frame", "lab.example"],
            2,
            "--allow-frame lab.example: expected https://HOST, with :PORT if it has one",
        ),
        (["--allow-frame", "https://lab.example/"], 2, "expected https://HOST, with :PORT"),
        (["--allow-frame", "https://*"], 2, "expected https://HOST, with :PORT"),
        (["--allow-frame", "https://a;script-src"], 2, "expected https://HOST, with :PORT"),
        (["none"], 1, "none: no such model"),
        (["a=none"], 1, "none: no such model"),
        (["--host", "no.such.host.invalid"], 1, "no.such.host.invalid:8000: "),
        (["--host", "192.0.2.1", "--token", "x"], 1, "192.0.2.1:8000: "),
    ],
)
def test_what_does_not_start(arguments, code, message):
    assert message in fails(
        "serve", *arguments, *([] if "--port" in arguments else ["--port", "0"]), code=code, run=here
    ).replace(":0: ", ":8000: ")


def test_help():
    done = striate("serve", "--help")
    assert done.returncode == 0
    assert "curl -H 'Content-Type: image/jpeg'" in done.stdout


def test_a_class_has_two_addresses_and_the_lab_a_token_of_its_own(tmp_path):
    runs = tmp_path / "runs"
    with process("lenet5", "--host", "0.0.0.0", "--class", "7B", "--runs", runs) as (_, told, server):
        page = told["pages"][0]
        assert "#token=" in page  # made, since none was given
        devices, projector = told["class"]["devices"], told["class"]["projector"]
        assert devices == page.partition("#")[0] + "c"
        address, _, fragment = projector.partition("#")
        assert address == page.partition("#")[0] + "class" and re.fullmatch(r"key=[\w-]{22}&token=[\w-]{22}", fragment)
        assert server.ask("/c").status == 200 and server.ask("/lab/models").status == 401
        assert (tmp_path / "classes" / "7B").is_dir()
    with process("lenet5", "--class", f"7B={tmp_path / 'classes' / '7B'}", "--runs", runs) as (_, again, server):
        assert f"#{fragment.partition('&')[0]}" in again["class"]["projector"]  # the key stays
        assert "7B" in server.ask("/lab/data").json["data"]


WRONG_CLASSES = {
    "no name": (" ", "expected a name of 40 letters, or NAME=FOLDER"),
    "no folder": ("7B=", "expected a name of 40 letters, or NAME=FOLDER"),
    "a long name": ("x" * 41, "expected a name of 40 letters, or NAME=FOLDER"),
    "not shown": ("a\u202eb", "expected a name of 40 letters, or NAME=FOLDER"),
    "a named set": ("digits", "the name 'digits' is that of a data set; give another"),
}


@pytest.mark.parametrize(("name", "line"), WRONG_CLASSES.values(), ids=list(WRONG_CLASSES))
def test_a_class_that_cannot_be_called_so_is_wrong_usage(name, line):
    assert line in fails("serve", "lenet5", "--class", name, "--port", 0, code=2, run=here)


def test_a_class_votes_on_few_classes(tmp_path):
    path = tmp_path / "many.safetensors"
    save_model(
        path, Model(build(load_table("lenet5:modern").with_classes(21), seed=0), tuple(map(str, range(21))), {}, {})
    )
    line = fails("serve", path, "--class", f"7B={tmp_path / 'c'}", "--port", 0, code=2, run=here)
    assert "many, the first model, has 21 classes; a class can vote on 20" in line


def test_a_class_is_served_once(tmp_path):
    with process("lenet5", "--class", f"7B={tmp_path / 'c'}"):
        line = fails("serve", "lenet5", "--class", f"7B={tmp_path / 'c'}", "--port", 0)
        assert line.endswith("another server has this class open")
