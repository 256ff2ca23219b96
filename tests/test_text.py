"""Names from elsewhere: what is shown of any text, and files' names that every system accepts."""

import re
import unicodedata
from pathlib import PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from striate.text import compose, decode_name, decompose, is_printable, printable, quote, safe_name, safe_names, width

ANY = st.text(st.characters(codec=None, exclude_categories=()), max_size=200)
"""Any text: control characters and halves of characters too, as names on Linux may hold."""
BIDIRECTIONAL = {"RLE", "LRE", "RLO", "LRO", "PDF", "RLI", "LRI", "FSI", "PDI"}
RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\..*)?", re.IGNORECASE)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("스크린샷 2026-11-30 오후\u202f1.23.45.png", "스크린샷 2026-11-30 오후\u202f1.23.45.png"),
        ("전각\u3000공백\u00a0.png", "전각\u3000공백\u00a0.png"),
        ("가족 👨‍👩‍👧.png", "가족 👨‍👩‍👧.png"),
        (decompose("고양이"), "고양이"),
        ("a\x1b[31mb\n\x07", r"a\x1b[31mb\n\x07"),
        ("b\udcffc\ud800", r"b\xffc\ud800"),
        ("gnp\u202egpj.exe", r"gnp\u202egpj.exe"),
        ("line\u2028end\u0085", r"line\u2028end\x85"),
    ],
)
def test_what_is_shown(name, shown):
    assert printable(name) == shown


@given(ANY)
def test_what_is_shown_is_harmless_on_every_screen_and_in_every_file(text):
    shown = printable(text)
    shown.encode()
    assert len(shown.splitlines()) <= 1
    assert not any(unicodedata.category(letter) in ("Cc", "Cs") for letter in shown)
    assert not BIDIRECTIONAL & set(map(unicodedata.bidirectional, shown))
    assert printable(shown) == shown
    assert is_printable(shown)
    assert is_printable(text) == (shown == compose(text))


@given(ANY)
@example("con.txt")
@example("COM¹.a.b")
@example("x" * 99 + "가" * 9)
@example("nul" + "." * 300)
def test_a_safe_name_is_one_for_every_system(text):
    name = safe_name(text)
    assert name
    assert len(name.encode()) <= 101
    assert not set('<>:"/\\|?*') & set(name)
    assert is_printable(name)
    assert not any(letter.isspace() for letter in name)
    assert name[0] not in ".-"
    assert name[-1] not in ". "
    assert not RESERVED.fullmatch(name)
    assert PureWindowsPath("runs", name).parts == ("runs", name)
    assert safe_name(name) == name
    assert name == unicodedata.normalize("NFC", name)


def test_a_safe_name_keeps_what_can_be_kept():
    assert [safe_name(text) for text in ("kernels-conv2_1.body.conv1", "사진 2026", decompose("고양이"), "ก็", "é")] == [
        "kernels-conv2_1.body.conv1", "사진-2026", "고양이", "ก็", "é",
    ]  # fmt: skip
    assert safe_name("?", "table") == "table"
    assert safe_name("가" * 40, most=60) == "가" * 20


@given(st.lists(st.sampled_from(["a", "A", "a-2", "고양이", decompose("고양이"), "?", "!", "con", "CON"]) | ANY))
def test_safe_names_differ_also_where_the_case_of_letters_does_not_count(texts):
    names = safe_names(texts)
    assert len(names) == len(texts)
    assert len({unicodedata.normalize("NFD", name).casefold() for name in names}) == len(texts)


def test_a_file_s_name_is_text_in_any_locale():
    assert decode_name(decompose("고양이")) == "고양이"
    assert decode_name("고양이".encode().decode("ascii", "surrogateescape")) == "고양이"
    with pytest.raises(ValueError):
        decode_name("\udcff")


def test_columns_on_a_terminal():
    assert [width(text) for text in ("cat", "고양이", decompose("고양이"), "e\u0301", "\u3000", "✓")] == [
        3,
        6,
        6,
        1,
        2,
        1,
    ]


def test_an_argument_is_quoted_where_a_shell_needs_it():
    assert quote("runs/demo") == "runs/demo"
    assert quote("my photos")[0] in "\"'"
