"""The server's errors in the page's language: one of each kind by its route, and as a person meets them."""

import json
import re

import pytest
from browser import visit
from playwright.sync_api import expect
from serving import png

JSON, PNG = "application/json", "image/png"
KERNEL = "kernel=[[1]]"
TABLE = {"name": "t", "input": [1, 32, 32], "rows": [{"type": "Conv", "name": "C1", "maps": 6, "kernel": 40}]}
REQUESTS = {
    "a parameter is missing": ("layers", png(), PNG),
    "no such model": ("layers?model=none", png(), PNG),
    "no picture": ("layers?model=lenet5", b"", PNG),
    "not a picture": ("layers?model=lenet5", b"%PDF-1.7", PNG),
    "another format": ("layers?model=lenet5", b"8BPS" + bytes(99), PNG),
    "a type of body": ("layers?model=lenet5", b"x", "text/plain"),
    "no such row": ("unit?model=lenet5&path=C9", png(), PNG),
    "no such unit": ("unit?model=lenet5&path=C1&unit=9,0,0", png(), PNG),
    "no kernel slides": ("slide?model=lenet5&path=F6&map=0&input=0", png(), PNG),
    "a number out of bounds": (f"filters?stride=9&{KERNEL}", png(), PNG),
    "a kernel": ("filters?kernel=x", png(), PNG),
    "one of several": (f"filters?channel=infrared&{KERNEL}", png(), PNG),
    "an amount": ("stress?model=lenet5&shift=999", png(), PNG),
    "not JSON": ("table", b"{", JSON),
    "not TOML": ("table", json.dumps({"toml": "= ="}).encode(), JSON),
    "an unknown field": ("table", json.dumps({"toml": 'name = "t"\ninput = [1, 8, 8]\nwidth = 3'}).encode(), JSON),
    "two tables": ("compare", b"{}", JSON),
    "no such data": ("runs", json.dumps({"table": "lenet5", "data": "none"}).encode(), JSON),
    "too much memory": ("runs", json.dumps({"table": "resnet152", "data": "digits", "batch_size": 4000}).encode(), JSON),
    "too many snapshots": ("runs", json.dumps({"table": "lenet5", "data": "digits", "replay": 99}).encode(), JSON),
    "no such run": ("run?name=none", None, None),
    "a run that is not trained": ("run/stop?name=none", b"{}", JSON),
    "a snapshot": ("replay?model=lenet5", None, None),
    "a method of attribution": ("why?model=lenet5&method=guess", png(), PNG),
    "no such table": ("table?name=none", None, None),
    "no such path": ("nothing", None, None),
    "samples": ("samples?set=none", None, None),
    "no such lesson": ("lesson?lesson=16", None, None),
    "no such exercise": ("exercise?lesson=4&exercise=4&seed=1", None, None),
    "no answer": ("exercise?lesson=4&exercise=1&seed=1", b"{}", JSON),
    "a contrast": ("turn?model=lenet5&path=C1&width=1&contrast=gray", None, None),
}  # fmt: skip
NAMES = re.compile(r"`[^`]*`|‘[^’]*’|'[^']*'|\([^)]*\)|[\w./-]+/[\w.+/-]+|\w*[_.:]\w+|: [\w, -]+$|curl.*")


FIELDS = ("stride", "shift", "set", "first", "second", "lesson", "exercise", "answer")


def english(text):
    """The English words in a text that are no names."""
    words = re.findall(r"(?<![A-Za-z0-9])[a-z]{3,}(?![A-Za-z0-9])", NAMES.sub(" ", text))
    return [word for word in words if word not in FIELDS]


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=list(REQUESTS))
def test_an_error_of_a_route_is_in_the_page_s_language(lab, request_):
    path, body, kind = request_
    answers = {
        language: lab.server.ask(f"/lab/{path}", body, kind, headers={"Accept-Language": language})
        for language in ("en", "ko", "fr")
    }
    assert {answer.status for answer in answers.values()} & {200} == set()
    assert answers["en"].json["error"] == answers["fr"].json["error"]
    korean = answers["ko"].json["error"]
    assert re.search("[가-힣]", korean) and not english(korean), korean


def test_a_fault_of_a_table_is_in_the_page_s_language(lab):
    body = json.dumps(TABLE).encode()
    english_line, korean_line = (
        lab.server.ask("/lab/table", body, JSON, headers={"Accept-Language": language}).json["fault"]["line"]
        for language in ("en", "ko")
    )
    assert english_line == "row C1 (Conv): a kernel of 40x40 does not fit into an input of 32x32 with no padding"
    assert korean_line == "C1 행(Conv): 40x40 커널이 32x32 입력(패딩 없음)보다 큽니다"


def test_the_api_answers_in_english(lab):
    answer = lab.server.ask("/v1/models/none/predict", png(), PNG, headers={"Accept-Language": "ko"})
    assert answer.json["error"].isascii()


def test_a_person_reads_korean(chromium, lab):
    with visit(chromium, f"{lab.address}/#table", locale="ko", allowed=("422",)) as page:
        page.locator("tr.line td.column-kernel input").first.fill("40")
        expect(page.locator(".fault p")).to_contain_text("C1 행(Conv): 40x40 커널이 32x32 입력(패딩 없음)보다 큽니다")
        page.goto(f"{lab.address}/#train")
        page.locator("#train-table").select_option("resnet152")
        page.locator("#train-batch_size").fill("4000")
        page.get_by_role("button", name="학습 시작").click()
        expect(page.get_by_role("alert")).to_contain_text("GB가 필요합니다")
