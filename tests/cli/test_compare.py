"""`striate compare` of two models: what it prints, its page, and the exit code that holds a line."""

import json

import pytest
import torch
from running import here

from striate.nn import load_model, save_model


@pytest.fixture(scope="module")
def worse(tmp_path_factory, run_directory):
    """The run's model with noise on its weights."""
    model = load_model(run_directory)
    with torch.no_grad():
        for weight in model.network.parameters():
            weight.add_(weight.std() * torch.randn(weight.shape, generator=torch.Generator().manual_seed(1)))
    path = tmp_path_factory.mktemp("worse") / "worse.safetensors"
    save_model(path, model)
    return path


def test_text(run_directory, worse):
    done = here("compare", run_directory, worse, "--data", "digits")
    shown = done.stdout
    assert done.returncode == 0
    assert "Table and recipe: the same." in shown
    assert "digits, 360 pictures (validation):" in shown
    assert "The second is worse: −" in shown
    assert "McNemar's exact test p = " in shown
    assert "right, now wrong" in shown


def test_no_worse_holds_a_line(run_directory, worse):
    held = here("compare", run_directory, worse, "--data", "digits", "--no-worse", "--json")
    assert held.returncode == 1
    assert held.stderr.splitlines()[-1].startswith("striate: ")
    assert "The second is worse" in held.stderr
    assert json.loads(held.stdout)["models"]["difference"]["worse"] is True
    assert here("compare", worse, run_directory, "--data", "digits", "--no-worse").returncode == 0


def test_a_model_against_itself(run_directory, tmp_path):
    out = tmp_path / "page"
    done = here("compare", run_directory, run_directory, "--data", "digits", "--no-worse", "--out", out)
    assert done.returncode == 0
    assert "Weights: equal, to the bit." in done.stdout
    assert "The two are one model: nothing differs." in done.stdout
    assert "No picture has another answer." in done.stdout
    assert (out / "report.html").is_file()


def test_part(run_directory):
    done = here("compare", run_directory, run_directory, "--data", "digits", "--part", "train", "--json")
    assert json.loads(done.stdout)["models"]["images"] == 1437


@pytest.mark.parametrize("flag", [("--no-worse",), ("--out", "x"), ("--part", "test"), ("--val-fraction", "0.5")])
def test_what_needs_data_says_so(flag):
    done = here("compare", "lenet5", "lenet5:modern", *flag)
    assert done.returncode == 2
    assert f"{flag[0]} needs --data DATA" in done.stderr
