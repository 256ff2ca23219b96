"""The examples of the page on other tools run, on tiny trainings, with trackers that stay on this computer.

The Hub and Trackio read the environment as they are imported, and have processes of their own in
tests/inference/test_hub.py and tests/training/test_metrics_logger.py.
"""

from functools import partial

import pytest
import torch
from guides import BLOCK, DOCS, ROOT, read

import striate
from striate.training import train

EXAMPLES = [block for language, block in BLOCK.findall(read(DOCS / "interop.md")) if language == "python"]


def example(text):
    """The example with this text in it, with a clone's place filled in."""
    (found,) = (block for block in EXAMPLES if text in block)
    return found.replace("path/to/striate", str(ROOT))


def quick(_table, _data, out, **options):
    """`striate.train`, of a tiny network on a few random images."""
    images = torch.randint(256, (40, 1, 32, 32), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    return train("lenet5:tiny", (images, torch.arange(40) % 10), out, **options)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch, without_plots):  # noqa: ARG001, for what it does
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(striate, "train", quick, raising=False)
    return tmp_path


def test_mlflow(here, monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow = pytest.importorskip("mlflow")
    mlflow.set_tracking_uri((here / "mlruns").as_uri())
    exec(example("import mlflow"), {})
    assert [*here.glob("mlruns/*/*/artifacts/model.safetensors")]


def test_wandb(here, monkeypatch):
    wandb = pytest.importorskip("wandb")
    monkeypatch.setattr(
        wandb, "init", partial(wandb.init, mode="offline", dir=here, settings=wandb.Settings(silent=True))
    )
    exec(example("import wandb"), {})
    assert [*here.glob("wandb/offline-run-*/*.wandb")]


def test_torch_hub():
    names = {}
    exec(example("torch.hub"), names)
    assert names["network"].table.name == "resnet20"
