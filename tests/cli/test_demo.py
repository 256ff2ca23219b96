"""`striate demo`: what it shows, and which folder it replaces."""

import argparse
import json
import re
import shutil
import sys
from pathlib import Path

import pytest
from running import fails, here, striate

from striate.cli import train

pytestmark = pytest.mark.timeout(900)  # a training, on a busy machine too
RUN = Path("runs/demo")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The demo as a process, and the folder in which it ran."""
    folder = tmp_path_factory.mktemp("데모 ✓")
    return folder, striate("demo", cwd=folder, timeout=800)


def test_the_demo_reaches_97_percent_and_shows_what_to_try(demo):
    folder, done = demo
    assert (done.returncode, done.stderr) == (0, f"striate: {RUN / 'samples'}: 10 images\n")
    assert re.search(r"^Total +60,000 +325,680 +340,908", done.stdout, re.MULTILINE)
    accuracy = re.search(r"demo: validation accuracy ([\d.]+)%", done.stdout)[1]
    assert float(accuracy) >= 97
    assert str(RUN / "samples" / "7.png") in done.stdout
    assert f" -m striate evaluate {RUN} --data digits" in done.stdout
    assert (folder / RUN / "README.md").exists()


def test_it_replaces_no_other_folder(demo, tmp_path, monkeypatch):
    folder, _ = demo
    monkeypatch.chdir(tmp_path)
    refused = "holds something else than the run of a demo; move it away"
    RUN.mkdir(parents=True)
    assert refused in fails("demo", run=here)  # an empty one may be another program's
    RUN.rmdir()
    for place in ("notes.txt", "samples/mine.png"):
        shutil.copytree(folder / RUN, RUN)
        (RUN / place).touch()
        assert refused in fails("demo", run=here)
        assert (RUN / place).exists()
        shutil.rmtree(RUN)
    shutil.copytree(folder / RUN, RUN)
    config = (RUN / "run.json").read_text(encoding="utf-8")
    (RUN / "run.json").write_text(config.replace('"batch_size": 16', '"batch_size": 32'), encoding="utf-8")
    assert refused in fails("demo", run=here)


def test_json_and_a_former_run_that_is_replaced(demo, tmp_path, monkeypatch):
    folder, _ = demo
    monkeypatch.chdir(tmp_path)
    shutil.copytree(folder / RUN, RUN)
    (RUN / ".DS_Store").touch()  # as macOS leaves it
    Path("digits").mkdir()  # a folder of the user's, which --data would take
    run = train.run
    monkeypatch.setattr(train, "run", lambda options: run(argparse.Namespace(**{**vars(options), "epochs": 1})))
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / ("striate.exe" if sys.platform == "win32" else "striate")
    program.touch(0o755)
    monkeypatch.setattr(sys, "argv", [str(program)])
    done = here("demo", "--json")
    assert done.returncode == 0
    document = json.loads(done.stdout)
    assert list(document) == ["schema", "summary", "training", "predictions", "next"]
    assert document["summary"]["total"]["parameters"] == 60000
    assert len(document["training"]["history"]) == 1, "it is another run"
    assert len(document["predictions"]["predictions"]) == 10
    assert document["next"][0]["command"].replace(".exe", "") == f"{Path('bin/striate')} serve"
    assert not any("--data digits" in step["command"] for step in document["next"])
