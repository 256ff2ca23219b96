"""`scripts/ship.py`: a model from seed to card, resumed where it was interrupted, and trained once."""

import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate.models import shipped_models
from striate.nn import read_metadata

SCRIPT = Path(__file__).parent.parent / "scripts" / "ship.py"
README = "before\n\n| model | it knows | parameters | file | test pictures right |\n|---|---|---|---|---|\n\nafter\n"


@pytest.fixture
def ship(tmp_path, monkeypatch):
    """The script, with a package, a README and a small model of its own."""
    spec = importlib.util.spec_from_file_location("ship", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "ship", script)
    spec.loader.exec_module(script)
    (tmp_path / "package").mkdir()
    (tmp_path / "README.md").write_text(README, encoding="utf-8")
    monkeypatch.setattr(script, "PACKAGE", tmp_path / "package")
    monkeypatch.setattr(script, "ROOT", tmp_path)
    monkeypatch.setattr(script, "README", tmp_path / "README.md")
    small = script.ShippedModel(
        "alexnet:tiny", script.CIFAR, ("--epochs", "1", "--seed", "0", "--precision", "float32")
    )
    monkeypatch.setattr(script, "MODELS", {"alexnet:tiny": small})
    return script


@pytest.fixture
def run(ship, tmp_path, monkeypatch):
    """Run the script on a few pictures of ten classes."""
    draw = np.random.default_rng(0)
    for part, number in (("train", 4), ("test", 2)):
        for label in shipped_classes():
            folder = tmp_path / "cifar" / part / label
            folder.mkdir(parents=True)
            for index in range(number):
                pixels = draw.integers(0, 256, (32, 32, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / f"{index}.jpg", quality=75)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["ship.py", *map(str, arguments), "--cifar", str(tmp_path / "cifar")])
        ship.main()

    return call


def shipped_classes():
    """CIFAR-10's."""
    return ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def test_a_model_is_trained_evaluated_and_copied_with_its_card(run, tmp_path, capfd):
    run("--work", tmp_path / "work")
    file, card = (tmp_path / "package" / f"alexnet-tiny.{suffix}" for suffix in ("safetensors", "md"))
    assert file.read_bytes() == (tmp_path / "work" / "alexnet-tiny" / "model.safetensors").read_bytes()
    assert read_metadata(file).classes == shipped_classes()
    text = card.read_text(encoding="utf-8")
    assert text.startswith("# alexnet:tiny: photographs of ten kinds\n")
    assert "## Scores on 20 pictures that it has not learned from" in text
    assert re.search(r"\| truck \| [\d.]+% \| [\d.]+% \| 2 \|", text)
    assert (
        "striate train alexnet:tiny --data CIFAR --out runs/alexnet-tiny --epochs 1 --seed 0 --precision float32"
        in text
    )
    assert "| shirt.jpg | none | " in text
    assert str(tmp_path) not in text
    line = re.search(
        r"\| \[`alexnet:tiny`\]\(package/alexnet-tiny\.md\) .*%", (tmp_path / "README.md").read_text(encoding="utf-8")
    )
    assert line

    # Run again, it trains nothing; interrupted before its end, it is resumed.
    capfd.readouterr()
    run("--work", tmp_path / "work", "alexnet:tiny")
    assert "is finished" in capfd.readouterr().out
    before = file.read_bytes()
    (tmp_path / "work" / "alexnet-tiny" / "README.md").unlink()
    file.unlink()
    run("--work", tmp_path / "work")
    assert "is finished" not in capfd.readouterr().out
    assert len(file.read_bytes()) == len(before)

    # The card alone, from the model in the package.
    card.unlink()
    run("--cards")
    assert card.read_text(encoding="utf-8").splitlines()[:20] == text.splitlines()[:20]
    assert (tmp_path / "README.md").read_text(encoding="utf-8").count("alexnet:tiny") == 1


def test_a_large_model_does_not_ship(run, ship, tmp_path, monkeypatch):
    monkeypatch.setattr(ship, "MOST_BYTES", 1000)
    with pytest.raises(SystemExit, match="may ship"):
        run("--work", tmp_path / "work")
    assert not list((tmp_path / "package").iterdir())


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["lenet"], "expected one of"),
        ([], "give --work DIR to train, or --cards"),
        (["--cards", "--work", "x"], "give --work"),
    ],
)
def test_wrong_usage_is_said(run, arguments, line, capfd):
    with pytest.raises(SystemExit):
        run(*arguments)
    assert line in capfd.readouterr().err


def test_all_models_that_ship_are_in_its_table():
    names = re.findall(r'^    "([a-z0-9:]+)": ShippedModel\(', SCRIPT.read_text(encoding="utf-8"), re.MULTILINE)
    assert names == ["lenet5", "alexnet:small", "googlenet:small", "resnet20"]
    assert set(shipped_models()) <= set(names)
