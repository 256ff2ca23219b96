"""A stand-in for the Hugging Face Hub on loopback: repositories in memory, with the routes that huggingface_hub asks for."""

import base64
import contextlib
import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Hub(ThreadingHTTPServer):
    """`repositories` holds for each OWNER/NAME the files of its revisions; `requests` is what was asked for."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.repositories, self.requests = {}, []

    @property
    def environment(self):
        """What makes huggingface_hub ask this stand-in, and nobody else."""
        address = f"http://127.0.0.1:{self.server_address[1]}"
        return {
            "HF_ENDPOINT": address,
            "HF_TOKEN": "hf_of_the_test",
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
        }


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append(f"POST {self.path}")
        address = f"http://{self.headers['Host']}"
        if self.path == "/api/repos/create":
            stated = json.loads(body)
            name = f"{stated['organization']}/{stated['name']}"
            self.server.repositories.setdefault(name, {"main": {}})
            self.send_json({"url": f"{address}/{name}"})
        elif self.path == "/api/validate-yaml":
            self.send_json({"errors": [], "warnings": []})
        elif found := re.fullmatch(r"/api/models/([^/]+/[^/]+)/preupload/main", self.path):
            files = [{**file, "uploadMode": "regular", "shouldIgnore": False} for file in json.loads(body)["files"]]
            self.send_json({"files": files})
        elif found := re.fullmatch(r"/api/models/([^/]+/[^/]+)/commit/main", self.path):
            lines = [json.loads(line) for line in body.splitlines()]
            files = {
                line["value"]["path"]: base64.b64decode(line["value"]["content"])
                for line in lines
                if line["key"] == "file"
            }
            self.server.repositories[found[1]]["main"].update(files)
            self.send_json({"commitUrl": f"{address}/{found[1]}/commit/{COMMIT}", "commitOid": COMMIT, "success": True})
        else:
            self.refuse("EntryNotFound")

    def do_GET(self):
        self.server.requests.append(f"{self.command} {self.path}")
        found = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", self.path)
        revisions = self.server.repositories.get(found[1]) if found else None
        if revisions is None:
            self.refuse("RepoNotFound")
        elif found[2] not in revisions:
            self.refuse("RevisionNotFound")
        elif found[3] not in revisions[found[2]]:
            self.refuse("EntryNotFound")
        else:
            self.send(200, revisions[found[2]][found[3]])

    do_HEAD = do_GET

    def refuse(self, code):
        self.send(404, b"", {"X-Error-Code": code, "X-Error-Message": code})

    def send_json(self, document):
        self.send(200, json.dumps(document).encode(), {"Content-Type": "application/json"})

    def send(self, status, content, headers=None):
        self.send_response(status)
        about = {
            "ETag": f'"{hashlib.sha1(content).hexdigest()}"',
            "X-Repo-Commit": COMMIT,
            "Content-Length": str(len(content)),
        }
        for name, value in {**about, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_):
        """Say nothing."""


COMMIT = "0123456789abcdef0123456789abcdef01234567"


@contextlib.contextmanager
def hub():
    """The stand-in, while it answers."""
    with Hub() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
