"""The Korean of the ledger's findings and reasons, from `korean.toml`."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from ledger_entries.entry import Entry
from ledger_entries.mathematics import plain_text

_ROW = re.compile(r"([^;]*); ([\d,]+) parameters, ([\d,]+) multiply-adds\.")
_EFFECT = re.compile(
    r"Measured \(\[how\]\(ablations\.md\)\): `([^`]+)` has (.+?) against `([^`]+)`, (\d+) seeds on ([\d,]+) pictures of"
    r" CIFAR-10\."
)
_SOURCES = {"Table 13-2 as printed": "인쇄된 그대로의 Table 13-2"}
_NUMBER = re.compile(r"\d[\d,.]*(?<=\d)|[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+")


@cache
def _texts() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(Path(__file__).with_name("korean.toml").read_text(encoding="utf-8"))


def korean_finding(entry: Entry) -> str:
    """The finding of a claim in Korean. ValueError if its numbers are not those of the finding."""
    english = entry.finding.text
    if (row := _ROW.fullmatch(english)) is not None:
        return f"{row[1]}; 파라미터 {row[2]}개, 곱셈-누산 {row[3]}번."
    korean = _texts()[entry.name].get("finding", english)
    expected, found = (Counter(_NUMBER.findall(plain_text(text))) for text in (english, korean))
    if expected != found:
        raise ValueError(
            f"korean.toml: {entry.name}: finding: expected the numbers of {english!r}; missing"
            f" {sorted((expected - found).elements())}, too many {sorted((found - expected).elements())}"
        )
    return korean


def korean_text(entry: Entry, field: str) -> str:
    """The `why`, the `condition` or the `source` of a claim in Korean; a source that is a reference stays, and what was
    measured of an ablation follows the reason as it does in English."""
    korean = _texts()[entry.name].get(field, _SOURCES.get(entry.source, entry.source) if field == "source" else "")
    measured = _EFFECT.finditer(entry.why) if field == "why" else ()
    return " ".join(filter(None, (korean, *map(_effect, measured))))


def _effect(sentence: re.Match[str]) -> str:
    """The Korean of a sentence of `ablations.measured_effect`."""
    variant, effect, base, seeds, images = sentence.groups()
    mean, low, high = re.findall(r"[+−]?\d+\.\d", effect)
    if effect.startswith("no "):
        found = "높다고도 낮다고도 할 수 없습니다"
    else:
        found = "높습니다" if mean.startswith("+") else "낮습니다"
    return (
        f"측정([방법](ablations.md)): `{variant}`의 정확도는 `{base}`보다 {found}({mean}%포인트, 95% 구간"
        f" {low}부터 {high}까지). 시드 {seeds}개, CIFAR-10 그림 {images}장입니다."
    )
