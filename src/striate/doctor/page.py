"""The findings as one self-contained page to decide in: keep, drop or relabel; it writes the file of decisions."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import html
import io
import json
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path

from PIL import Image

from striate.data import DECISIONS_NAME, decode_picture, read_file
from striate.doctor.diagnosis import Diagnosis
from striate.doctor.words import double_in_words, shortcut_in_words, size_in_words, suspect_in_words
from striate.errors import DataError
from striate.markup import escape_html
from striate.runtime import write_atomically
from striate.words import reading_language, translate

_SHOWN = 300  # findings of a kind
_SIDE = 96  # pixels of a picture's shorter side
_QUALITY = 85


def write_diagnosis_page(diagnosis: Diagnosis, path: Path) -> None:
    """Write the page, atomically."""
    write_atomically(path, diagnosis_page(diagnosis).encode())


def diagnosis_page(diagnosis: Diagnosis) -> str:
    """The page as HTML. Its policy lets nothing run but its own script, and nothing load."""
    title = f"{translate('Check of the data')}: {diagnosis.collection.source}"
    script = files("striate.doctor").joinpath("decide.js").read_text(encoding="utf-8")
    policy = f"default-src 'none'; img-src data:; style-src '{_hash(_STYLE)}'; script-src '{_hash(script)}'"
    return f"""<!DOCTYPE html>
<html lang="{reading_language()}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape_html(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{escape_html(title)}</h1>
<form id="decisions">
{"".join(_sections(diagnosis))}
</form>
{_decisions(diagnosis)}</body>
</html>
"""


def _sections(diagnosis: Diagnosis) -> Iterable[str]:
    doubles = sorted(diagnosis.near_doubles.pairs, key=lambda pair: not diagnosis.leaks(pair.first, pair.second))
    yield _section(
        "Near-doubles",
        "Pictures that are one picture. In two parts the validation measures what was learned by heart; in two classes"
        " one label is wrong. Dropping one of the two is enough.",
        [_finding(diagnosis, (pair.first, pair.second), double_in_words(diagnosis, pair)) for pair in doubles[:_SHOWN]],
        len(doubles),
    )
    suspects = diagnosis.label_suspects
    yield _section(
        "Label suspects",
        "Pictures that a classifier which has not learned from them surely takes for another class. Some are only"
        " unusual: look at each.",
        [
            _finding(diagnosis, (suspect.index,), suspect_in_words(diagnosis, suspect), suspect.label)
            for suspect in suspects[:_SHOWN]
        ],
        len(suspects),
    )
    yield _section(
        "Shortcuts",
        "Classes that one simple number gives away. A network learns such a number first, and fails where it does not"
        " hold: take pictures of all classes in the same way.",
        [f"<p>{_text(shortcut_in_words(diagnosis, shortcut))}</p>" for shortcut in diagnosis.shortcuts],
        len(diagnosis.shortcuts),
    )
    small = diagnosis.small
    yield _section(
        "Small pictures",
        "Pictures that are smaller than the network's input, and so are scaled up.",
        [_finding(diagnosis, (index,), size_in_words(diagnosis, index)) for index in small[:_SHOWN]],
        len(small),
    )
    advice = [f"<p>{_text(diagnosis.imbalance)}</p>"] if diagnosis.imbalance else []
    yield _section("Imbalance", "Classes of many pictures count more in the loss and in the accuracy.", advice, 0)


def _section(title: str, why: str, findings: Sequence[str], total: int) -> str:
    if not findings:
        return f"<section><h2>{_text(title)}</h2><p>{_text('Nothing found.')}</p></section>\n"
    number = f": {total:,}" if total else ""
    left = f"<p>{_text(f'Shown are the first {_SHOWN}.')}</p>" if total > len(findings) else ""
    return (
        f"<section><h2>{_text(title)}{number}</h2><p>{_text(why)}</p>{left}"
        f'<div class="findings">{"".join(findings)}</div></section>\n'
    )


def _finding(diagnosis: Diagnosis, indices: Sequence[int], words: str, suggested: int | None = None) -> str:
    pictures = "".join(_picture(diagnosis, index, suggested) for index in indices)
    return f'<article><div class="pictures">{pictures}</div><p>{_text(words)}</p></article>\n'


def _picture(diagnosis: Diagnosis, index: int, suggested: int | None) -> str:
    """A picture with its path, class and part, and, where a file can be decided on, the choice."""
    collection = diagnosis.collection
    path, name = collection.paths[index], collection.class_of(index)
    about = f"{escape_html(path)}<br>{escape_html(name)}, {_text(collection.parts[index])}"
    image = f'<img src="{_image(diagnosis, index)}" alt="{escape_html(path)}" loading="lazy">'
    if collection.root is None or not _is_text(path):
        return f"<figure>{image}<figcaption>{about}</figcaption></figure>"
    choices = (("", "undecided"), ("keep", "keep"), ("drop", "drop"), ("relabel", "relabel"))
    options = "".join(f'<option value="{value}">{_text(word)}</option>' for value, word in choices)
    chosen = int(collection.labels[index]) if suggested is None else suggested
    labels = "".join(
        f'<option{" selected" if label == chosen else ""} value="{html.escape(other)}">{escape_html(other)}</option>'
        for label, other in enumerate(collection.classes)
        if _is_text(other)
    )
    data = f'data-path="{html.escape(path)}" data-digest="{collection.digests[index].tobytes().hex()}"'
    return (
        f"<fieldset {data}><figure>{image}<figcaption>{about}</figcaption></figure>"
        f'<select aria-label="{_text("decision")}">{options}</select>'
        f'<select aria-label="{_text("class")}" hidden>{labels}</select></fieldset>'
    )


def _decisions(diagnosis: Diagnosis) -> str:
    """The file of decisions, as text and to save, with the decisions made before; nothing for a named set."""
    collection = diagnosis.collection
    if collection.root is None:
        return ""
    before = [
        {"path": entry.path, "digest": entry.digest, "decision": entry.decision, "class": entry.label}
        for entry in collection.decided
    ]
    script = files("striate.doctor").joinpath("decide.js").read_text(encoding="utf-8")
    place = escape_html(str(collection.root / DECISIONS_NAME))
    why = "Save this file there. Training, evaluation and check honour it; no picture is touched."
    return f"""<section><h2>{_text("Decisions")}: <span id="count"></span></h2>
<p><code>{place}</code>. {_text(why)}</p>
<p><button type="button" id="save">{_text("save")}</button> <button type="button" id="copy">{_text("copy")}</button></p>
<textarea id="toml" rows="16" readonly aria-label="{DECISIONS_NAME}"></textarea></section>
<script type="application/json" id="before">{json.dumps(before).replace("<", chr(92) + "u003c")}</script>
<script>{script}</script>
"""


def _image(diagnosis: Diagnosis, index: int) -> str:
    """A picture as a data URL; its thumbnail where the file cannot be read any more, or there is none."""
    collection = diagnosis.collection
    pixels_HWC = collection.thumbnails[index]
    if collection.files:
        with contextlib.suppress(DataError):
            pixels_HWC = decode_picture(read_file(collection.files[index]), 3, _SIDE).pixels_HWC
    file = io.BytesIO()
    Image.fromarray(pixels_HWC).save(file, "JPEG", quality=_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"


def _is_text(name: str) -> bool:
    """Whether a name can stand in a file in UTF-8."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _text(text: str) -> str:
    return escape_html(translate(text))


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}"


_STYLE = """
:root { color-scheme: light dark; }
body { margin: 0 auto; max-width: 72rem; padding: 1rem; font: 1rem/1.5 system-ui, "Noto Sans KR", sans-serif; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; }
p { max-width: 46rem; overflow-wrap: anywhere; }
:lang(ko) p { word-break: keep-all; }
.findings { display: flex; flex-wrap: wrap; gap: 1rem; }
article { border: 1px solid #8888; border-radius: .4rem; padding: .6rem; max-width: 24rem; }
.pictures { display: flex; gap: .6rem; }
fieldset { border: 0; padding: 0; margin: 0; max-width: 11rem; }
figure { margin: 0 0 .3rem; }
figcaption { font-size: .8rem; overflow-wrap: anywhere; }
img { width: 6rem; height: 6rem; object-fit: contain; image-rendering: pixelated; }
select, button { font: inherit; min-height: 2rem; }
textarea { width: 100%; box-sizing: border-box; font-family: monospace; }
"""
