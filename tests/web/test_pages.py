"""The lab page's files over HTTP, and what must hold for their text."""

import gzip
import re
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import get_args

import pytest
from node import node_modules
from serving import serving

from striate.tables import Row

STATIC = Path(str(files("striate.web").joinpath("static")))
ROOT = Path(__file__).parents[2]
CODE = sorted(STATIC.rglob("*.js"))


def test_the_page_is_html_under_a_policy_that_allows_only_its_own_files(server):
    response = server.ask("/")
    assert response.status == 200 and response.headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(part.split(" ", 1) for part in response.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'" and policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["connect-src"] == "'self'" and policy["frame-ancestors"] == "'none'"
    text = response.body.decode()
    assert not re.search(r"<script(?![^>]* src=)|<style| style=| on\w+=", text)
    assert set(re.findall(r'(?:src|href)="([^"#]+)"', text)) <= {
        f"static/{path.relative_to(STATIC).as_posix()}" for path in STATIC.rglob("*")
    }


def test_the_page_names_every_module_that_it_needs_at_once(server):
    """As a browser finds them: one import after the other."""
    needed, left = set(), ["main.js"]
    while left:
        needed.add(path := left.pop())
        for name in re.findall(r'^import .*"(\..*)";$', (STATIC / path).read_text(encoding="utf-8"), re.MULTILINE):
            module = (STATIC / path).parent.joinpath(name).resolve().relative_to(STATIC).as_posix()
            left += [module] if module not in needed else []
    preloaded = re.findall(r'<link rel="modulepreload" href="static/([^"]+)" />', server.ask("/").body.decode())
    assert set(preloaded) == needed and len(preloaded) == len(needed) > 10


def test_every_file_is_served_unchanged_compressed_and_with_an_etag(server):
    served = [path for path in STATIC.rglob("*") if path.suffix in (".js", ".css", ".svg")]
    assert len(served) > 20
    for path in served:
        address = f"/static/{path.relative_to(STATIC).as_posix()}"
        plain = server.ask(address)
        assert plain.status == 200 and plain.body == path.read_bytes(), address
        squeezed = server.ask(address, headers={"Accept-Encoding": "gzip, br"})
        if len(plain.body) > 1024:  # smaller ones are not worth it
            assert gzip.decompress(squeezed.body) == plain.body
        else:
            assert squeezed.body == plain.body
        again = server.ask(address, headers={"If-None-Match": plain.headers["etag"]})
        assert again.status == 304 and again.body == b""


@pytest.mark.parametrize(
    "path", ["/static/", "/static/nothing.js", "/static/../app.py", "/static/%2e%2e/app.py", "/app.py"]
)
def test_nothing_else_is_a_file(server, path):
    response = server.ask(path)
    assert response.status == 404 and response.error == "no such path; /openapi.json lists them"


def test_without_the_token_the_page_is_served_and_the_lab_is_not(predictor):
    with serving({"lenet5": predictor}, token="secret") as server:
        assert server.ask("/").status == server.ask("/static/main.js").status == 200
        assert server.ask("/lab/models").status == 401
        assert server.ask("/static/../lab/models").status in (401, 404)
        assert server.ask("/lab/models", headers={"Authorization": "Bearer secret"}).status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Host": "evil.example"}, 421), ({"Origin": "http://evil.example"}, 403), ({"Origin": "null"}, 403)],
)
@pytest.mark.parametrize("path", ["/", "/static/main.js", "/lab/models", "/lab/layers?model=lenet5"])
def test_pages_of_others_are_refused(server, path, headers, status):
    assert server.ask(path, b"x" if "layers" in path else None, "image/png", headers=headers).status == status


@pytest.mark.parametrize(
    ("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)]
)
def test_a_picture_in_a_page_of_another_site_cannot_reach_the_lab(server, site, status):
    """It sends no Origin."""
    assert server.ask("/lab/models", headers={"Sec-Fetch-Site": site}).status == status
    assert server.ask("/v1/models", headers={"Sec-Fetch-Site": site}).status == 200  # a link may lead there


def test_a_document_is_bounded_however_it_is_sent(server):
    chunk = b"8000\r\n" + b" " * 0x8000 + b"\r\n"
    head = b"POST /lab/table HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    response = server.send(head + 16 * chunk, pause=0)  # beyond what this server takes at all
    assert response.status == 413
    response = server.ask("/lab/table", b" " * 2_000_001, "application/json")
    assert response.status == 413


def test_half_a_character_in_a_name_does_not_fail(server):
    response = server.ask("/lab/table", rb'{"name": "\ud800", "input": [1, 8, 8], "rows": []}', "application/json")
    assert response.status == 200 and response.json["fault"]


def test_all_languages_have_the_same_texts():
    texts = {name: _strings(name) for name in ("en", "ko")}
    assert list(texts["en"]) == list(texts["ko"])  # in the same order too
    for key, english in texts["en"].items():
        assert sorted(re.findall(r"\{\w+\}", english)) == sorted(re.findall(r"\{\w+\}", texts["ko"][key])), key
        assert english.strip() == english != "" and texts["ko"][key].strip() == texts["ko"][key] != "", key


def test_every_row_type_has_a_name():
    named = {key.removeprefix("row_type.") for key in _strings("en") if key.startswith("row_type.")}
    assert named == {row.__name__ for row in get_args(Row)}


def test_every_text_that_is_used_exists_and_every_text_is_used():
    known = set(_strings("en"))
    code = "\n".join(path.read_text(encoding="utf-8") for path in CODE if path.parent.name != "strings")
    asked = set(re.findall(r'\bt\(\s*"([a-z0-9_.-]+)"', code, re.IGNORECASE))
    assert asked <= known
    quoted = set(re.findall(r'["`]([a-z][\w.-]*?)(?:["`]|\$\{)', code, re.IGNORECASE))
    unused = [
        key for key in known if key not in quoted and not any(p.endswith(".") and key.startswith(p) for p in quoted)
    ]
    assert not unused


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.relative_to(STATIC).as_posix())
def test_code_makes_no_markup_of_text_and_fetches_from_nowhere_else(path):
    text = path.read_text(encoding="utf-8")
    licence = r"/\*[^*][^/]*SPDX-License-Identifier: .*?\*/\s*"
    assert re.sub(f"^{licence}", "", text, count=1, flags=re.DOTALL).startswith("/**"), "opens with what it is for"
    assert len(text.splitlines()) <= 300
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text)
    assert not re.search(r"""["'`]/(?:lab|static|v1)\b""", text), "relative: a proxy may have a path before it"
    assert not re.search(r"https?://(?!www\.w3\.org/)", text)


@pytest.mark.parametrize("page", ["main.js", "class/student.js", "class/projector.js"])
def test_every_part_of_a_page_comes_with_its_texts(page):
    """Any view may be the first that is opened, and the panel of a unit is opened without Layers."""
    parts = list(_parts(STATIC / page, set()))
    for start, loaded in parts:
        texts = {key for path in loaded if path.parent.name == "strings" for key in _keys(path)}
        code = "\n".join(path.read_text(encoding="utf-8") for path in loaded if path.parent.name != "strings")
        assert set(re.findall(r'\bt\(\s*"([a-z0-9_.-]+)"', code, re.IGNORECASE)) <= texts, start
    if page == "main.js":
        assert {STATIC / one for one in ("lib/share.js", "views/lessons.js", "views/instruments/lrn.js")} < {
            start for start, _ in parts
        }


def test_types_and_style_of_the_code():
    modules = node_modules()
    for command in (["tsc", "--project", "tsconfig.json"], ["eslint", "src/striate/web/static"]):
        node = shutil.which("node")
        found = subprocess.run(
            [node, str(modules / ".bin" / command[0]), *command[1:]],
            cwd=ROOT,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert found.returncode == 0, found.stdout + found.stderr


def _strings(language):
    """The texts of a language by their keys: `LANGUAGE.js`, and of the views that bring their own, `VIEW.LANGUAGE.js`."""
    views = sorted(path.stem.partition(".")[0] for path in (STATIC / "strings").glob(f"*.{language}.js"))
    names = [language, *(f"{view}.{language}" for view in views)]
    text = "\n".join((STATIC / "strings" / f"{name}.js").read_text(encoding="utf-8") for name in names)
    pairs = re.findall(r'^\s+"([\w.-]+)":\s*("(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`),$', text, re.MULTILINE)
    assert len(pairs) == len(dict(pairs)) == len(re.findall(r"^\s+\"[\w.-]+\":", text, re.MULTILINE))
    return {key: value[1:-1] for key, value in pairs}


def _keys(path):
    return re.findall(r'^\s+"([\w.-]+)":', path.read_text(encoding="utf-8"), re.MULTILINE)


def _parts(start, before):
    """A file that is loaded when it is needed, with all files that the page then has; and so for what it loads later."""
    loaded = before | _imported(start)
    yield start, loaded
    for path in loaded - before:
        for pattern in re.findall(r'(?<!typeof )\bimport\(["`]([^"`]+\.js)["`]\)', path.read_text(encoding="utf-8")):
            for later in path.parent.glob(re.sub(r"\$\{\w+\}", "*", pattern)):
                if later.resolve() not in loaded:
                    yield from _parts(later.resolve(), loaded)


def _imported(path):
    """A file and all that it imports at once."""
    found, waiting = set(), [path]
    while waiting:
        if (path := waiting.pop()) not in found:
            found.add(path)
            imports = re.findall(r'^import\b[^;"]*"([^"]+)";', path.read_text(encoding="utf-8"), re.MULTILINE)
            waiting += [(path.parent / one).resolve() for one in imports]
    return found
