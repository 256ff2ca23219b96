"""Models on the Hugging Face Hub: pushed to a stand-in on loopback, loaded back bit for bit; what goes wrong in one line."""

import json
import os
import subprocess
import sys

import pytest
import torch
from hub_stand_in import COMMIT, hub

import striate
from striate.errors import ModelError

pytest.importorskip("huggingface_hub")
PUSH = """
import sys
import striate

for path, repository in zip(sys.argv[1::2], sys.argv[2::2], strict=True):
    print(striate.load(path).push_to_hub(repository))
"""
LOAD = """
import json, sys
import striate

errors = {}
for address in sys.argv[2:]:
    try:
        striate.load(address)
    except striate.StriateError as error:
        errors[address] = str(error)
from striate.nn import save_model
save_model(__import__("pathlib").Path("back.safetensors"), striate.load(sys.argv[1]).model)
print(json.dumps(errors))
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("hub")


@pytest.fixture(scope="module")
def stand_in():
    with hub() as server:
        yield server


@pytest.fixture(scope="module")
def run(place, stand_in):
    """Run Python in a process that knows no other hub than the stand-in."""

    def start(*arguments, status=0, **environment):
        surroundings = {**os.environ, **stand_in.environment, "HF_HOME": str(place / "home"), **environment}
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=place,
            env=surroundings,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=300,
        )
        assert done.returncode == status, done.stderr
        return done

    return start


@pytest.fixture(scope="module")
def trained(place):
    """A run directory, with its card."""
    images = torch.randint(256, (40, 1, 32, 32), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    striate.train("lenet5:tiny", (images, torch.arange(40) % 10), place / "trained")
    return place / "trained"


@pytest.fixture(scope="module")
def pushed(run, trained, stand_in):
    """The files on the Hub of a run and of a model that ships."""
    assert (
        run("-c", PUSH, trained, "kim/digits", "lenet5", "kim/lenet5")
        .stdout.splitlines()[0]
        .endswith(f"/kim/digits/commit/{COMMIT}")
    )
    return {name: stand_in.repositories[name]["main"] for name in ("kim/digits", "kim/lenet5")}


def test_a_model_comes_back_bit_for_bit(run, pushed, trained, place, stand_in):
    model = pushed["kim/digits"]["model.safetensors"]
    assert model == (trained / "model.safetensors").read_bytes()
    stand_in.repositories["kim/digits"]["v1"] = dict(pushed["kim/digits"])
    stand_in.repositories["kim/other"] = {"main": {"config.json": b"{}"}}
    errors = json.loads(
        run(
            "-c", LOAD, "hf://kim/digits@v1", "hf://kim/none", "hf://kim/digits@v2", "hf://kim/other", "hf://digits"
        ).stdout
    )
    assert errors == {
        "hf://kim/none": "hf://kim/none: no such model, or one that needs `hf auth login`",
        "hf://kim/digits@v2": "hf://kim/digits@v2: has no such revision",
        "hf://kim/other": "hf://kim/other: has no model.safetensors, so it is no model of Striate",
        "hf://digits": "hf://digits: expected hf://OWNER/NAME or hf://OWNER/NAME@REVISION",
    }
    assert (place / "back.safetensors").read_bytes() == model


def test_the_card_of_a_run_goes_with_it_and_says_how_it_is_used_from_there(pushed, trained):
    card, own = pushed["kim/digits"]["README.md"].decode(), (trained / "README.md").read_text(encoding="utf-8")
    front, _, text = card.removeprefix("---\n").partition("\n---\n")
    assert "library_name: striate" in front
    before, _, use = text.partition("## Use\n")
    assert before.strip() == own.partition("## Use\n")[0].strip()
    assert "striate predict hf://kim/digits photo.jpg" in use
    assert {"curves.png", "confusion.png", "calibration.png", "mistakes.png"} < pushed["kim/digits"].keys()
    for name in pushed["kim/digits"].keys() - {"README.md"}:
        assert pushed["kim/digits"][name] == (trained / name).read_bytes()
    assert not [name for name in pushed["kim/digits"] if "samples" in name]


def test_a_model_that_ships_has_its_card_too(pushed):
    assert pushed["kim/lenet5"].keys() == {"README.md", "model.safetensors"}
    assert "# lenet5: handwritten digits" in pushed["kim/lenet5"]["README.md"].decode()


@pytest.mark.usefixtures("pushed")
def test_the_command_line_takes_an_address_and_after_that_needs_no_network(run):
    predict = ("-m", "striate", "predict", "hf://kim/lenet5", "--samples", "--json")
    online = json.loads(run(*predict).stdout)
    unreached = {"HF_ENDPOINT": "http://127.0.0.1:9"}
    offline = run(*predict, **unreached)
    assert json.loads(offline.stdout) == online
    assert not offline.stderr
    failed = run("-m", "striate", "predict", "hf://kim/digits2", "x.png", status=1, **unreached)
    assert failed.stderr.startswith("striate: hf://kim/digits2: cannot be fetched (")
    assert failed.stderr.count("\n") == 1
    assert (
        "cannot be uploaded (" in run("-c", PUSH, "lenet5", "kim/lenet5", status=1, **unreached).stderr.splitlines()[-1]
    )


def test_one_line_says_that_it_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    monkeypatch.delitem(sys.modules, "striate.inference.hub", raising=False)
    for call in (lambda: striate.load("hf://kim/digits"), lambda: striate.load("lenet5").push_to_hub("kim/digits")):
        with pytest.raises(ModelError, match=r"huggingface_hub is not installed: pip install 'striate\[hub\]'"):
            call()
