"""`striate evaluate`: what it prints, for few classes and many, alone and under torchrun, until Ctrl-C."""

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from running import STRIATE, fails, here, on_a_terminal

from striate.nn import Model, build, save_model
from striate.tables import Preprocessing, load_table

MANY = tuple(f"class{number:02}" for number in range(30))


@pytest.fixture(scope="module")
def many_classes(tmp_path_factory):
    """A network for colours that has learned nothing, and two pictures of noise for each of its 30 classes."""
    root = tmp_path_factory.mktemp("many")
    draw = np.random.default_rng(0)
    for name in MANY:
        (root / "set" / name).mkdir(parents=True)
        for number in range(2):
            noise = draw.integers(0, 256, (40, 40, 3), dtype=np.uint8)
            Image.fromarray(noise).save(root / "set" / name / f"{number}.png")
    table = replace(load_table("resnet18:tiny"), preprocessing=Preprocessing(crop=0.875))
    save_model(root / "m.safetensors", Model(build(table, seed=0, classes=30), MANY, {}, {}))
    return root


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_text(run_directory):
    shown = here("evaluate", run_directory, "--data", "digits").stdout.splitlines()
    assert re.fullmatch(r"digits: top-1 \d\d\.\d\d%, top-5 \d+\.\d\d%, loss \d\.\d{4}", shown[0])
    assert shown[1] == "360 validation images, none of them trained on"
    percent = r"\d\d\.\d\d%"
    assert re.fullmatch(rf"calibration error \d+\.\d\d%: mean probability {percent}, accuracy {percent}", shown[2])
    assert shown[4].split() == ["Class", "Precision", "Recall", "Images", "Predicted:", *"0123456789"]
    assert any(re.match(r"Worst of \d+ mistakes:", line) for line in shown)
    assert max(map(len, shown)) < 100


def test_json(run_directory):
    in_float32 = ("--precision", "float32", "--json")  # as it was trained
    document = json.loads(here("evaluate", run_directory / "model.safetensors", "--data", "digits", *in_float32).stdout)
    assert list(document) == [
        "schema", "engine", "precision", "device", "part", "images", "trained_on", "crops", "top1", "top5", "loss", "classes", "confusion",
        "confusion_pairs", "calibration", "mistakes",
        "skipped", "slices", "worst_classes", "report",
    ]  # fmt: skip
    assert document["images"] == sum(map(sum, document["confusion"])) == 360
    assert document["crops"] == 1
    assert 0.5 < document["top1"] <= document["top5"] <= 1
    trained = json.loads((run_directory / "metrics.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    assert document["top1"] == pytest.approx(trained["test_accuracy"])
    assert document["loss"] == pytest.approx(trained["test_loss"], rel=1e-4)
    assert [row["images"] for row in document["classes"]] == [36, 36, 35, 37, 36, 37, 36, 36, 35, 36]
    bins = document["calibration"]["bins"]
    gaps = sum(part["images"] * abs(part["certainty"] - part["accuracy"]) for part in bins)
    assert document["calibration"]["error"] == pytest.approx(gaps / 360)
    assert len(document["mistakes"]) == 360 - round(360 * document["top1"])
    assert set(document["mistakes"][0]) == {"image", "path", "true", "taken_for", "probability"}


def test_int8_is_measured_beside_float32(run_directory):
    document = json.loads(here("evaluate", run_directory, "--data", "digits", "--precision", "int8", "--json").stdout)
    exact = json.loads(here("evaluate", run_directory, "--data", "digits", "--engine", "torch", "--json").stdout)
    assert (document["precision"], exact["precision"], exact["engine"]) == ("int8", "float32", "torch")
    assert document["float32"]["top1"] == pytest.approx(exact["top1"])
    assert document["top1"] == pytest.approx(exact["top1"], abs=0.05)
    assert document["loss"] != exact["loss"]


def test_many_classes_are_printed_in_few_lines(many_classes):
    shown = here("evaluate", many_classes / "m.safetensors", "--data", many_classes / "set").stdout.splitlines()
    assert len(shown) < 45
    assert max(map(len, shown)) < 150
    assert "The 10 classes of 30 with the lowest recall:" in shown
    assert "Most often confused:" in shown
    assert any(re.match(r"  .*/class\d\d/\d\.png: class\d\d, predicted class\d\d with ", line) for line in shown)


def test_of_very_many_classes_json_has_the_entries_of_the_matrix_that_are_not_0(tmp_path):
    names = tuple(f"{number:04}" for number in range(1001))
    for name in names:
        (tmp_path / "set" / name).mkdir(parents=True)
        Image.new("L", (8, 8), int(name) % 256).save(tmp_path / "set" / name / "0.png")
    Image.new("L", (8, 8)).save(tmp_path / "set" / "0007" / "1.png")
    save_model(tmp_path / "m.safetensors", Model(build(load_table("lenet5:modern"), classes=1001), names, {}, {}))
    document = json.loads(here("evaluate", tmp_path / "m.safetensors", "--data", tmp_path / "set", "--json").stdout)
    assert document["confusion"] is None
    assert sum(pair["images"] for pair in document["confusion_pairs"]) == document["images"] > 0
    assert {"0007"} <= {pair["true"] for pair in document["confusion_pairs"]} <= set(names)
    assert len(document["classes"]) == 1001


def test_ten_crops(many_classes):
    model, data = many_classes / "m.safetensors", many_classes / "set"
    done = here("evaluate", model, "--data", data, "--crops", 10)
    assert done.returncode == 0, done.stderr
    assert "60 images (all), which of them were trained on is not known, ten crops of each\n" in done.stdout
    one, ten = (json.loads(here("evaluate", model, "--data", data, "--json", "--crops", n).stdout) for n in (1, 10))
    assert (one["crops"], ten["crops"]) == (1, 10)
    assert one["loss"] != ten["loss"]
    assert "table lenet5:distorted: has no ten crops" in fails(
        "evaluate", "lenet5", "--data", "nowhere", "--crops", 10, run=here
    )
    assert "invalid choice: 5" in fails("evaluate", "lenet5", "--data", "digits", "--crops", 5, code=2, run=here)


def test_on_a_terminal_a_bar_comes_and_goes(run_directory):
    shown = on_a_terminal("evaluate", run_directory, "--data", "digits", columns=60)
    assert "evaluating" in shown
    shown = shown[shown.rindex("\x1b[2K") :]  # the bar is wiped out
    lines = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", shown).splitlines()
    assert max(map(len, lines)) <= 60
    assert any(line.startswith("(left out on this narrow terminal: ") for line in lines)


def test_two_processes_share_the_work_and_one_prints(run_directory):
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = ["evaluate", str(run_directory), "--data", "digits", "--json"]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [*torchrun, "-m", "striate", *command],
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=120,
        env=environment,
    )
    together, alone = json.loads(done.stdout), json.loads(here(*command).stdout)
    assert together["confusion"] == alone["confusion"]
    assert together["loss"] == pytest.approx(alone["loss"])
    assert [mistake["image"] for mistake in together["mistakes"]] == [mistake["image"] for mistake in alone["mistakes"]]


def test_ctrl_c_while_it_evaluates(tmp_path):
    """The bar goes, the cursor comes back, one line says why, and the exit code is that of an interruption."""
    save_model(tmp_path / "m.safetensors", Model(build("resnet18", seed=0, classes=2), ("a", "b"), {}, {}))
    for name in ("a", "b"):
        (tmp_path / "set" / name).mkdir(parents=True)
        for number in range(200):
            Image.new("L", (8, 8), number % 256).save(tmp_path / "set" / name / f"{number}.png")
    parent, child = pty.openpty()
    command = [*STRIATE, "evaluate", tmp_path / "m.safetensors", "--data", tmp_path / "set", "--val-fraction", "0.9"]
    command += ["--engine", "torch"]  # which is ready soonest
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=child, env={**os.environ, "TERM": "xterm"})
    os.close(child)
    try:
        shown = b""
        while b"evaluating" not in shown:
            shown += os.read(parent, 65536)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
        with contextlib.suppress(OSError):  # the other end is closed
            while part := os.read(parent, 65536):
                shown += part
    finally:
        process.kill()
        os.close(parent)
    assert process.stdout.read() == b""
    process.stdout.close()
    assert shown.endswith(b"striate: interrupted\r\n")
    assert shown.rindex(b"\x1b[?25h") > shown.rindex(b"\x1b[?25l")


def test_where_it_fails_is_a_page_and_in_json(run_directory, tmp_path):
    command = ("evaluate", run_directory, "--data", "digits", "--precision", "float32", "--engine", "torch")
    shown = here(*command, "--out", tmp_path / "page").stdout.splitlines()
    assert shown[-1] == f"where it fails, with the pictures: {tmp_path / 'page' / 'report.html'}"
    assert (tmp_path / "page" / "report.html").is_file()
    document = json.loads(here(*command, "--json", "--out", tmp_path / "ko", "--language", "ko").stdout)
    assert document["report"] == str(tmp_path / "ko" / "report.html")
    assert '<html lang="ko">' in (tmp_path / "ko" / "report.html").read_text(encoding="utf-8")
    assert {one["measure"] for one in document["slices"]} == {"brightness", "sharpness"}  # all are of one size
    assert sum(one["images"] for one in document["slices"]) == 2 * 360
    worst = document["worst_classes"]["recall"]
    assert worst[0]["recall"] == min(row["recall"] for row in document["classes"])
    assert set(worst[0]) == {
        "name", "images", "predicted", "correct", "recall", "recall_interval", "precision", "precision_interval",
    }  # fmt: skip
