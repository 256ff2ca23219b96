"""The guide's programs that read an exported file run, in each language that is there, and give what `predict` gives."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from handwriting import digit
from node import node_modules

from striate.inference import Predictor, export_model

GUIDE = Path(__file__).parents[2] / "docs" / "using-a-model.md"
JAVASCRIPT = ("onnxruntime-node", "sharp")


def program(language, text):
    """The guide's example in a language that has this text."""
    blocks = re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    (found,) = (block for block in blocks if text in block)
    return found


@pytest.fixture
def place(tmp_path):
    """A folder with what the examples read: an exported model, and a picture of a seven."""
    pytest.importorskip("onnxruntime")
    predictor = Predictor.load("lenet5", engine="torch", precision="float32")
    export_model(predictor.model, tmp_path / "pets.onnx", pixels=True)
    digit(7).save(tmp_path / "cat.jpg", quality=95)
    return tmp_path


def check(printed):
    name, probability = printed.split()
    assert name == "7"
    assert 0.5 < float(probability.replace(",", ".")) <= 1.0001


def output(command, place):
    done = subprocess.run(command, cwd=place, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_python(place):
    (place / "example.py").write_text(program("python", "pixels"), encoding="utf-8")
    check(output([sys.executable, "example.py"], place))


def test_javascript(place):
    packages = node_modules()
    if missing := [name for name in JAVASCRIPT if not (packages / name).is_dir()]:
        pytest.skip(f"not installed: npm install --no-save {' '.join(missing)}")
    (place / "node_modules").symlink_to(packages)
    (place / "example.mjs").write_text(program("js", "pixels"), encoding="utf-8")
    check(output(["node", "example.mjs"], place))


def test_csharp(place):
    if shutil.which("dotnet") is None:
        pytest.skip("no dotnet")
    output(["dotnet", "new", "console", "--name", "example"], place)
    for package in ("Microsoft.ML.OnnxRuntime", "SixLabors.ImageSharp"):
        output(["dotnet", "add", "example", "package", package], place)
    (place / "example" / "Program.cs").write_text(program("csharp", "pixels"), encoding="utf-8")
    check(output(["dotnet", "run", "--project", "example"], place))


def test_normalized_images(place):
    predictor = Predictor.load("lenet5")
    export_model(predictor.model, place / "images.onnx")
    text = program("python", "images.onnx").replace("(1, 3, 224, 224)", "(1, 1, 32, 32)")
    (place / "example.py").write_text(text + "print(len(classes), probabilities.shape)", encoding="utf-8")
    assert output([sys.executable, "example.py"], place) == "10 (1, 10)\n"
