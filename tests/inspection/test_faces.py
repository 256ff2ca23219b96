"""The two faces of the package: what importing them loads, and what they export."""

import inspect
import subprocess
import sys

import pytest

import striate.inspection
import striate.inspection.views


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("striate.inspection", {"matplotlib", "captum", "sklearn"}),
        ("striate.inspection.views", {"captum", "sklearn"}),
    ],
)
def test_what_a_face_does_not_import(module, heavy):
    program = f"import sys, {module}; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("face", [striate.inspection, striate.inspection.views])
def test_every_exported_name_is_there_and_has_a_docstring(face):
    for name in face.__all__:
        exported = getattr(face, name)
        if inspect.isclass(exported) or inspect.isfunction(exported):
            assert exported.__doc__, name
