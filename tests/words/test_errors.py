"""Every error that the page can show has Korean: each `raise` of the parts behind its routes is read from the code."""

import ast
import re
from pathlib import Path

import pytest

import striate
from striate.words import catalogue, translate

SOURCE = Path(striate.__file__).parent
PARTS = ("tables", "nn", "data", "training", "inspection", "course", "runs", "web")
ERRORS = {
    "StriateError", "CourseError", "TableError", "DataError", "ModelError", "TrainingError", "DivergenceError", "RequestError",
    "RunNotFoundError", "RunConflictError", "HTTPError", "LargePictureError", "ClassroomError", "DrawingNotFoundError",
}  # fmt: skip
OTHERS = "X7"  # in the place of names and numbers
KEPT = re.compile(
    r"X7|`[^`]*`|“[^”]*”|'[^']*'|\"[^\"]*\"|\([^()]*\)|--[\w-]+|\$?[A-Z][\w/-]*|[\w-]*\.[\w-]+|\w+_\w+|striate \w+|[a-z]+=\w+"
)
"""What stays as it is in Korean: names of fields, options, classes and files."""
FIELDS = {
    "std", "bias", "content", "crop", "figure", "factor", "momentum", "every", "at", "patience", "decay", "rubbish", "seed",
    "area", "aspect", "cells", "degrees", "scale", "squeeze", "shear", "by", "sigma", "of", "epsilon", "alpha", "beta", "k", "rate",
    "size", "float32", "uint8", "torchvision", "torch", "image", "top", "first", "second", "light", "dark", "precision", "device",
    "training", "scores", "localhost", "map", "row", "column", "boundary", "multipart", "form", "data", "stride", "striate", "cpu",
    "tensorboard", "pip", "install", "resume", "pretrained", "weights", "fit", "git", "lfs", "pull", "curl", "replay", "gzip", "header",
    "million", "table", "true", "false", "x", "json", "openapi", "replaces", "float", "check", "reason", "tanh", "runs", "set", "sweep", "target", "type", "uint",
    "title", "claim", "claims", "lab", "ledger", "https", "hf",
    "schema", "picture", "path", "digest", "decision", "keep", "drop", "relabel", "class",
}  # fmt: skip


def template(node):
    """The text of an error, names and numbers replaced; None if it is no text of its own."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(map(piece, node.values))
    return None


def piece(part):
    """A part of an f-string: its letters, nothing for the ending of a plural, else a name."""
    if isinstance(part, ast.Constant):
        return part.value
    return "" if isinstance(part.value, ast.BinOp) and isinstance(part.value.op, ast.Mult) else OTHERS


def errors():
    """(file, line, text) of each error that is made from a text of its own."""
    for part in PARTS:
        for path in sorted(SOURCE.joinpath(part).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS):
                    continue
                arguments = node.args[1:] if node.func.id == "HTTPError" else node.args
                text = template(arguments[0]) if arguments else None
                if text is not None and re.search(r"[a-z]{2}", text.replace(OTHERS, "")):
                    yield f"{path.relative_to(SOURCE).as_posix()}:{node.lineno}", text


def words(text):
    """The English words in a text that are no names."""
    return [word for word in re.findall(r"[a-z]{2,}", KEPT.sub(" ", text)) if word not in FIELDS]


FOUND = list(errors())


def test_there_are_errors_to_translate():
    assert len(FOUND) > 200


@pytest.mark.parametrize(("where", "text"), FOUND, ids=[where for where, _ in FOUND])
def test_an_error_is_translated_whole(where, text):
    korean = translate(text, "ko")
    assert not words(korean), f"{where}: {text!r} is {korean!r}"
    assert re.search("[가-힣]", korean) or not words(text), f"{where}: {text!r} has no Korean"


def test_places_of_a_translation_are_those_of_its_key():
    for english, korean in catalogue().items():
        assert sorted(re.findall(r"\{(\w+)\}", english)) == sorted(re.findall(r"\{(\w+)\}", korean)), english
        own = re.sub(r"\{\w+\}", "", korean)
        assert re.search("[가-힣]", own) or not re.search("[a-z]{3}", own) or english == korean, english
