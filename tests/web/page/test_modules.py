"""The modules that a page carries become blobs, each with the addresses of those that it imports: none may import itself."""

import posixpath
import re
from graphlib import TopologicalSorter

from striate.web.page.html import code

IMPORT = re.compile(r'^(?:import|export \{|\})[^"\n]*"(\.{1,2}/[^"]+)"', re.MULTILINE)
ANY = re.compile(r'\bfrom "([^"]+)"|^import "([^"]+)"', re.MULTILINE)
BESIDE = re.compile(r'\bimport\("([^"]+)"\)|new URL\("([^"]+)", import\.meta\.url\)')


def resolved(path, specifier):
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), specifier))


def test_modules_import_one_another_in_no_circle():
    files = code()
    needed = {path: {resolved(path, name) for name in IMPORT.findall(text)} for path, text in files.items()}
    assert set().union(*needed.values()) <= files.keys()
    order = list(TopologicalSorter(needed).static_order())  # CycleError names those of a circle
    assert {"main.js", "backend/worker.js", "backend/client.js"} <= set(order)


def test_every_import_is_one_that_the_page_rewrites():
    for path, text in code().items():
        found = [one or other for one, other in ANY.findall(text)]
        assert found == IMPORT.findall(text), path
        for one, other in BESIDE.findall(text):
            assert resolved(path, one or other) in code(), path


def test_comments_before_code_are_left_out_and_casts_are_not():
    files = code()
    assert "@param" not in files["lib/dom.js"]
    assert "/** @type {HTMLElement} */ (document.getElementById(id))" in files["main.js"]


def test_a_licence_that_goes_with_a_module_stands_in_the_page():
    """Comments before what they are on are left out of a page; a port's licence must not be."""
    text = code()["backend/tables/toml.js"]
    assert "Copyright (c) 2021 Taneli Hukkinen" in text and "this permission notice shall be included" in text
