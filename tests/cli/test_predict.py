"""`striate predict` on many pictures: folders, patterns, bad files, lines as they come, several processes, Ctrl-C."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from handwriting import digit
from running import STRIATE, fails, here, on_a_terminal, striate

from striate.inference import Predictor
from striate.inspection import load_sample
from striate.nn import Model, build, save_model

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Digits in folders, one hidden, one no picture."""
    root = tmp_path_factory.mktemp("pictures")
    for number in range(10):
        (root / f"sub{number % 2}").mkdir(exist_ok=True)
        digit(number).save(root / f"sub{number % 2}" / f"{number}.png")
    digit(3).save(root / ".hidden.png")
    (root / "notes.txt").write_text("no picture", encoding="utf-8")
    return root


def lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_folder_is_all_below_it(pictures):
    done = here("predict", "lenet5", pictures, "--jsonl")
    taken = f"striate: {pictures}: 10 images; passed over: 1 .txt ({pictures}/notes.txt), 1 hidden ({pictures}/.hidden.png)\n"
    assert done.stderr == taken
    assert [(one["path"], one["top"][0]["class"]) for one in lines(done)] == [
        (str(pictures / f"sub{part}" / f"{number}.png"), str(number))
        for part in (0, 1)
        for number in range(part, 10, 2)
    ]


def test_a_pattern_is_all_that_it_fits(pictures, monkeypatch):
    monkeypatch.chdir(pictures)
    assert [one["path"] for one in lines(here("predict", "lenet5", "**/[12].png", "--jsonl"))] == [
        "sub0/2.png",
        "sub1/1.png",
    ]
    assert "none*.png: no such file" in fails("predict", "lenet5", "none*.png", run=here)
    digit(7).save(pictures / "odd[1].png")
    assert [one["path"] for one in lines(here("predict", "lenet5", "odd[1].png", "--jsonl"))] == ["odd[1].png"]
    (pictures / "odd[1].png").unlink()


def test_bad_pictures_are_counted_and_do_not_stop_the_others(tmp_path):
    for number in range(5):
        digit(number).save(tmp_path / f"{number}.png")
    (tmp_path / "1.png").write_bytes((tmp_path / "2.png").read_bytes()[:60])
    (tmp_path / "3.png").write_text("hello", encoding="utf-8")
    done = here("predict", "lenet5", tmp_path, "--jsonl", "--top", "1")
    assert done.returncode == 1
    assert ["error" in one for one in lines(done)] == [False, True, False, True, False]
    taken, failed = done.stderr.splitlines()
    assert taken == f"striate: {tmp_path}: 5 images"
    assert failed.startswith("striate: 2 of 5 pictures cannot be read, the first: ")
    shown = here("predict", "lenet5", tmp_path).stdout.splitlines()
    assert shown[4].startswith(f"{tmp_path / '4.png'}  ")
    assert [line.split(": ")[0] for line in shown[5:]] == [str(tmp_path / "1.png"), str(tmp_path / "3.png")]


def test_the_error_of_one_bad_picture_stands_once(tmp_path):
    digit(7).save(tmp_path / "7.png")
    (tmp_path / "bad.png").write_text("hello", encoding="utf-8")
    done = here("predict", "lenet5", tmp_path)
    assert "bad.png" not in done.stdout
    assert done.stderr.count("bad.png: not an image in a known format") == 1


def test_a_folder_without_images_is_an_error_beside_other_answers(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("no picture", encoding="utf-8")
    digit(7).save(tmp_path / "7.png")
    for name in ("empty", "notes"):
        done = here("predict", "lenet5", tmp_path / name, tmp_path / "7.png", "--jsonl")
        assert done.returncode == 1
        reason, read = lines(done)
        assert reason["error"] == f"{tmp_path / name}: no image can be found in this folder"
        assert read["top"][0]["class"] == "7"
        assert done.stderr.endswith(f"1 of 2 pictures cannot be read, the first: {reason['error']}\n")


def test_every_engine_predicts(pictures):
    for engine in ("torch", "onnxruntime", "openvino"):
        done = here("predict", "lenet5", pictures / "sub1" / "7.png", "--engine", engine, "--json")
        (one,) = json.loads(done.stdout)["predictions"]
        assert one["top"][0]["class"] == "7"


def test_int8_prints_its_loss_of_accuracy(pictures):
    picture = pictures / "sub1" / "7.png"
    int8 = ("--precision", "int8", "--calibrate", "digits")
    done = here("predict", "lenet5", picture, *int8, "--json")
    assert json.loads(done.stdout)["predictions"][0]["top"][0]["class"] == "7"
    assert re.fullmatch(
        r"striate: digits: int8: top-1 \d\d\.\d\d%, in float32 \d\d\.\d\d%: [+-]\d\.\d\d%\n", done.stderr
    )
    words = fails("predict", "lenet5", picture, *int8, "--engine", "torch", run=here)
    assert "for int8 take onnxruntime or openvino" in words
    words = fails("predict", "lenet5", picture, "--precision", "int8", run=here, code=2)
    assert "--precision int8 and --calibrate DATA go together" in words


def test_json_and_jsonl_exclude_each_other(pictures):
    words = fails("predict", "lenet5", pictures, "--json", "--jsonl", run=here, code=2)
    assert "--json is one document and --jsonl one for each picture" in words


def test_two_processes_share_the_work(pictures):
    command = [*TORCHRUN, "-m", "striate", "predict", "lenet5", str(pictures), "--jsonl"]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True, timeout=120, env=environment)
    alone = lines(here("predict", "lenet5", pictures, "--jsonl"))
    assert [one["path"] for one in lines(done)] == [one["path"] for one in alone]
    assert [one["top"][0]["class"] for one in lines(done)] == [one["top"][0]["class"] for one in alone]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_after_the_predictions_so_far(pictures, tmp_path, number, code):
    for copy in range(3000):
        (tmp_path / f"{copy}.png").hardlink_to(pictures / "sub0" / "4.png")
    process = subprocess.Popen(
        [*STRIATE, "predict", "lenet5", tmp_path, "--jsonl"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    first = process.stdout.readline()
    process.send_signal(number)
    with process:
        rest, words = process.stdout.read(), process.stderr.read()  # `communicate` passes over what is in the buffer
    assert json.loads(first)["top"][0]["class"] == "4"
    assert all(json.loads(line)["top"] for line in rest.splitlines())
    assert process.returncode == code
    assert words == f"striate: {tmp_path}: 3,000 images\nstriate: interrupted\n"


def test_a_reader_that_leaves(pictures):
    command = f"{sys.executable} -m striate predict lenet5 {pictures} --jsonl | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, encoding="utf-8", check=True, timeout=60)
    assert len(done.stdout.splitlines()) == 1
    assert len(done.stderr.splitlines()) == 1


def test_a_bar_counts_on_a_terminal(pictures):
    shown = on_a_terminal("predict", "lenet5", pictures)
    assert "predicting" in shown
    assert "predicting" not in striate("predict", "lenet5", pictures / "sub0").stderr


def test_inspect_predicts_as_predict_does_for_large_photos(tmp_path):
    """Twelve digits as a telephone takes them, 4000x3000: the same classes, to the digit of the logits' softmax."""
    for number in range(12):
        paper = digit(number % 10, size=(1000, 750), height=90 + 30 * number, middle=(420, 390), pen=4, falloff=60)
        paper.resize((4000, 3000)).save(tmp_path / f"{number}.jpg", quality=85)
    predicted = lines(here("predict", "lenet5", tmp_path, "--raw", "--jsonl", "--precision", "float32"))
    assert len(predicted) == 12
    network = Predictor.load("lenet5").model.network
    for one in predicted:
        sample = load_sample(Path(one["path"]), network.table)
        with torch.inference_mode():
            best = network.eval()(sample.input_NCHW)[0].softmax(dim=0).max(dim=0)
        assert (str(int(best.indices)), float(best.values)) == (
            one["top"][0]["class"],
            pytest.approx(one["top"][0]["probability"], abs=1e-4),
        )
    (photo,) = lines(here("predict", "lenet5", tmp_path / "3.jpg", "--jsonl"))
    document = json.loads(here("inspect", "lenet5", tmp_path / "3.jpg", "--out", tmp_path / "inside", "--json").stdout)
    (answer,) = [view["top"] for view in document["views"] if view["name"] == "answer"]
    assert [one["class"] for one in answer[:3]] == [one["class"] for one in photo["top"]]


def test_the_samples_of_a_model_with_their_true_classes():
    done = here("predict", "lenet5", "--samples", "--top", "1")
    assert re.search(r"^Sample +True class +Class", done.stdout)
    assert re.search(r"^3\.png +3 +3 \d", done.stdout, re.MULTILINE)
    first, *others = lines(here("predict", "lenet5", "--samples", "--jsonl"))
    assert len(others) == 9
    assert Path(first["path"]).is_file()
    assert first["true"] == "0"
    assert {"author", "licence", "source", "top"} <= set(first)


def test_samples_are_in_place_of_pictures(pictures):
    needed = "pictures are needed: IMAGE, or --samples without IMAGE"
    for wrong in (("predict", "lenet5"), ("predict", "lenet5", "--samples", pictures)):
        done = striate(*wrong)
        assert done.returncode == 2
        assert needed in done.stderr
    assert here("predict", "lenet5", "--top", "1", pictures).returncode == 0


def test_a_model_without_samples(tmp_path):
    path = tmp_path / "pets.safetensors"
    save_model(path, Model(build("lenet5:tiny", seed=0), ("cat", "dog", *"12345678"), {}, {}))
    line = f"{path}: no sample pictures ship for a model of its classes; give pictures of your own"
    assert line in fails("predict", path, "--samples", run=here)
