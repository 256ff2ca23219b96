"""What version 0.1 left on a disk loads, answers as it did, and is gone on with; what it was told is still understood.

`fixtures/0.1/README.md` says what lies there. The tests know nothing but the command line, the files and HTTP. Another CPU
rounds otherwise: with two threads and no instructions newer than SSE, runs that were gone on with came within 0.003 of
the largest weight of a tensor. With the optimizer's state lost they end 0.18 away and more.
"""

import json
import re
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from running import STRIATE, here, striate
from safetensors.numpy import load_file

OLD = Path(__file__).parent / "fixtures" / "0.1"
PICTURES = {"digits-finished": "digits-finished/samples", "digits-towers": "digits-finished/samples",
            "stripes-finished": "stripes"}  # fmt: skip
DATA = {"digits-finished": "digits", "digits-towers": "digits", "stripes-finished": "stripes"}
PROBABILITIES = 1e-4  # what the engines may differ by, too
WEIGHTS = 0.05  # of a tensor's largest: sums in another order (one thread, or two) are 0.025 apart after twelve epochs
RUN = "lenet5-tiny-digits-1"
RENAMED = {"ScaleAndAspect": "RandomResizedCrop", "Shift": "RandomTranslation"}  # written by the new name since


@pytest.fixture(autouse=True)
def _apart(monkeypatch, tmp_path):
    """Nothing from an earlier run of the tests; the numbers were computed on a CPU."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")


@pytest.fixture
def old(tmp_path, monkeypatch):
    """A copy to work on, as the present directory; its stopped run knows where the pictures lie now."""
    copy = tmp_path / "old"
    shutil.copytree(OLD, copy)
    told = copy / "stripes-unfinished" / "run.json"
    told.write_text(
        told.read_text(encoding="utf-8").replace('"data": "stripes"', f'"data": {json.dumps(str(copy / "stripes"))}'),
        encoding="utf-8",
    )
    monkeypatch.chdir(copy)
    return copy


def expected(name):
    return json.loads((OLD / "expected" / f"{name}.json").read_text(encoding="utf-8"))


def printed(*arguments, run=here):
    done = run(*arguments, "--json")
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def assert_holds(old, new, tolerance=PROBABILITIES, where=""):
    """Whatever the old document says the new one says too, numbers within the tolerance; it may say more."""
    if isinstance(old, dict):
        assert isinstance(new, dict) and old.keys() <= new.keys(), where
        for name, value in old.items():
            assert_holds(value, new[name], tolerance, f"{where}.{name}")
    elif isinstance(old, list):
        assert isinstance(new, list) and len(old) == len(new), where
        for place, (one, other) in enumerate(zip(old, new, strict=True)):
            assert_holds(one, other, tolerance, f"{where}[{place}]")
    elif isinstance(old, float):
        assert new == pytest.approx(old, rel=tolerance, abs=tolerance), where
    else:
        assert new == (RENAMED.get(old, old) if where.endswith(".type") else old), where


def assert_near(run, twin):
    """The weights of two runs, each tensor's within a share of its largest."""
    found, wanted = (load_file(path / "model.safetensors") for path in (run, twin))
    assert found.keys() == wanted.keys()
    for name, tensor in wanted.items():
        assert np.abs(found[name] - tensor).max() <= WEIGHTS * np.abs(tensor).max(), name


def lines(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]


def learned(epoch):
    """What an epoch's line says but how fast it was, and how many were right, where one may fall on the other side."""
    return {name: epoch[name] for name in ("epoch", "train_loss", "test_loss", "learning_rate")}


def metadata(run):
    """What the model file says of itself, read as bytes."""
    content = (run / "model.safetensors").read_bytes()
    return json.loads(json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]["striate"])


def by_class(document):
    """The probabilities of each picture, whose order may be another where two are nearly equal."""
    return {
        picture["path"]: {told["class"]: told["probability"] for told in picture["top"]}
        for picture in document["predictions"]
    }


@pytest.mark.usefixtures("old")
@pytest.mark.parametrize("engine", ["torch", "onnxruntime"])
@pytest.mark.parametrize("model", PICTURES)
def test_an_old_model_sees_what_it_saw(model, engine):
    told = expected(f"{model}.predict")
    how = ("--top", len(told["predictions"][0]["top"]), "--engine", engine, "--precision", "float32")
    assert_holds(by_class(told), by_class(printed("predict", model, PICTURES[model], *how)))


@pytest.mark.parametrize("model", DATA)
def test_an_old_model_is_as_good_as_it_was(old, model):
    told = expected(f"{model}.evaluate")
    found = printed("evaluate", model, "--data", DATA[model], "--engine", "torch", "--precision", "float32")
    same = ("schema", "engine", "precision", "images", "crops", "loss", "skipped")
    assert_holds({name: told[name] for name in same}, found)
    assert [row["name"] for row in found["classes"]] == [row["name"] for row in told["classes"]]
    for name in ("top1", "top5"):  # a picture between two classes may fall on the other side
        assert abs(found[name] - told[name]) <= 1 / told["images"] + 1e-9
    assert {"top1", "loss", "images"} <= metadata(old / model)["scores"].keys()


@pytest.mark.parametrize("model", PICTURES)
def test_an_old_model_is_exported_as_it_was(old, model):
    onnxruntime = pytest.importorskip("onnxruntime")
    told, file = expected(f"{model}.onnx"), old / "model.onnx"
    printed("export", model, file)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    (images,) = session.get_inputs()
    assert images.name == told["input"]
    feed = np.random.default_rng(0).standard_normal((2, *images.shape[1:]), dtype=np.float32)
    names = [output.name for output in session.get_outputs()]
    found = dict(zip(names, [value.tolist() for value in session.run(names, {images.name: feed})], strict=True))
    assert_holds(told["outputs"], found)
    said = session.get_modelmeta().custom_metadata_map
    assert_holds(told["metadata"], {name: json.loads(text) for name, text in said.items()}, 0)


@pytest.mark.parametrize(("data", "epochs"), [("digits", 4), ("stripes", 12)])
def test_an_old_run_is_gone_on_with(old, data, epochs):
    run, twin = old / f"{data}-unfinished", old / f"{data}-finished"
    before = lines(run)
    assert 0 < len(before) < epochs
    result = printed("train", "--resume", run, run=striate)
    assert [epoch["epoch"] for epoch in result["history"]] == [*range(1, epochs + 1)]
    history = lines(run)
    assert history[: len(before)] == before
    assert history[-1].keys() == before[-1].keys()
    assert_holds([learned(epoch) for epoch in lines(twin)], [learned(epoch) for epoch in history], WEIGHTS)
    assert_near(run, twin)
    assert (run / "README.md").exists()
    assert "this run is finished" in here("train", "--resume", run).stderr


@pytest.mark.usefixtures("old")
def test_an_old_finished_run_is_finished():
    for run in DATA:
        done = here("train", "--resume", run)
        assert (done.returncode, "this run is finished" in done.stderr) == (1, True), done


@pytest.mark.usefixtures("old")
def test_an_old_table_counts_as_it_did():
    found = printed("summary", "every-row.toml", "--batch-size", 4, "--recipe")
    assert_holds(expected("every-row.summary"), found, 0)
    printed("compare", "every-row.toml", "lenet5", "--batch-size", 4)


# Each kind that a table of 0.1 could state, with all of its fields, beside those in every-row.toml.
STATED = {
    "optimizer": [{"type": "AdamW"}, {"type": "SGD", "momentum": 0.5, "nesterov": False}],
    "schedule": [
        {"type": "Constant"}, {"type": "OneCycle"}, {"type": "Cosine"}, {"type": "StepDecay", "every": 3, "factor": 0.5},
        {"type": "Plateau", "factor": 0.2, "patience": 2}, {"type": "InverseTime", "decay": 2.0},
    ],
    "augmentation": [
        [{"type": "RandomCrop", "of": 28}], [{"type": "RandomCrop", "of": [26, 30]}],
        [{"type": "ScaleAndAspect", "area": [0.5, 1.0], "aspect": [0.75, 1.25]}, {"type": "HorizontalFlip"}], [],
    ],
    "decayed": ["weights", "all"], "class_weights": ["equal", "balanced"], "patience": [3],
}  # fmt: skip
FIRST_WEIGHTS = [
    {"type": "ByActivation"}, {"type": "LeCun"}, {"type": "He"}, {"type": "Xavier", "bias": 0.2},
    {"type": "Torch", "weights": "uniform"}, {"type": "Torch", "weights": "fan_out"}, {"type": "Torch", "weights": "normal"},
]  # fmt: skip


def inline(value):
    """A value in TOML."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {inline(part)}" for name, part in value.items()) + " }"
    return f"[{', '.join(map(inline, value))}]" if isinstance(value, list) else json.dumps(value)


def stated(old, section, changes):
    """What `summary` tells of every-row.toml's recipe or another section with these fields in it."""
    text = (
        (OLD / "every-row.toml").read_text(encoding="utf-8").replace("content = [24, 22]\n", "")
    )  # which excludes crops
    begin, end = re.search(rf"(?ms)^\[{section}\]\n(.*?)^(?=\[)", text).span(1)
    kept = text[begin:end]
    for name in changes:
        kept = re.sub(rf"(?ms)^{name} = (\[\n.*?^\]|[^\n]*)\n", "", kept)
    added = "".join(f"{name} = {inline(value)}\n" for name, value in changes.items())
    (old / "table.toml").write_text(
        text[:begin] + added + (kept if section != "initialization" else "") + text[end:], encoding="utf-8"
    )
    return printed("summary", "table.toml", "--recipe")[section]


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in STATED.items() for value in values])
def test_an_old_recipe_is_understood(old, field, value):
    assert_holds({field: value}, stated(old, "recipe", {field: value}), 0)


@pytest.mark.parametrize("scheme", FIRST_WEIGHTS)
def test_old_first_weights_are_understood(old, scheme):
    assert_holds(scheme, stated(old, "initialization", scheme), 0)


def test_old_preprocessing_is_understood(old):
    changes = {"content": [20, 20], "fit": "crop", "light_on_dark": True, "figure": [20, 28], "std": [1.0, 0.5, 0.25]}
    assert_holds(changes, stated(old, "preprocessing", changes), 0)


# Nothing of these names is there: a command that understands its flags ends with 1 and says so, else with 2.
FROM = "--data none --data-dir . --val-fraction 0.3 --max-bad 1 --cache-size 1GB"
FLAGS = (
    f"train none.toml {FROM} --out run --pretrained --epochs 1 --batch-size 2 --learning-rate 0.1 --seed 1 --workers 0"
    " --precision auto --compile --tensorboard --json --debug",
    *(f"train none.toml --data digits --out run --precision {precision}" for precision in ("float32", "bfloat16")),
    "train --resume none --workers 2 --data-dir . --cache-size 500MB",
    "summary none.toml --batch-size 2 --recipe --svg none.svg --json",
    "compare none.toml lenet5 --batch-size 2 --json",
    f"evaluate none {FROM} --crops 10 --engine auto --precision int8 --json",
    *(f"predict none x.png --top 2 --jsonl --engine {e} --precision auto" for e in ("inductor", "onnxruntime", "openvino")),
    "predict none x.png --engine torch --precision int8 --calibrate digits --json",
    "export none none.onnx --json",
    "check none --data-dir . --json",
    "inspect none x.png --out seen --layer C1 --unit 0,0,0 --class 3 --json",
    f"inspect none --out seen {FROM} --seed 1 --json",
    f"inspect --gradient-flow none.toml lenet5 {FROM} --out seen",
    f"inspect --learning none.toml lenet5 {FROM} --out seen",
    f"inspect --pooling none.toml {FROM} --out seen",
    "serve a=none none --host 127.0.0.1 --port 0 --runs runs --data-dir . --token secret"
    " --engine torch --precision int8 --calibrate digits --json",
)  # fmt: skip


@pytest.mark.usefixtures("old")
@pytest.mark.parametrize("line", FLAGS)
def test_old_flags_are_understood(line):
    if "--debug" in line:
        with pytest.raises(Exception, match="none"):
            here(*line.split())
    else:
        done = here(*line.split())
        assert (done.returncode, "none" in done.stderr) == (1, True), done


@pytest.fixture
def lab(old):
    """`striate serve` over the old runs; what asks it."""
    runs = old / "runs"
    shutil.copytree(old / "lab", runs / ".lab")
    for name, run in ((RUN, "digits-unfinished"), ("finished", "digits-finished"), ("shell", "stripes-unfinished")):
        shutil.copytree(old / run, runs / name)
    fixed = ("--port", "0", "--json", "--runs", str(runs), "--engine", "torch", "--precision", "float32")
    with subprocess.Popen([*STRIATE, "serve", *fixed], stdout=subprocess.PIPE, encoding="utf-8") as process:
        try:
            address = json.loads(process.stdout.readline())["address"]

            def ask(path, document=None):
                body = None if document is None else json.dumps(document).encode()
                request = urllib.request.Request(f"{address}/lab/{path}", body, {"Content-Type": "application/json"})
                with urllib.request.urlopen(request, timeout=20) as answer:
                    return json.load(answer)

            yield ask
        finally:
            process.terminate()
            process.wait(30)


def test_old_runs_of_the_lab_are_listed_and_gone_on_with(lab, old):
    runs = {run["name"]: run for run in lab("runs")["runs"]}
    assert {name: run["state"] for name, run in runs.items()} == {
        RUN: "stopped", "finished": "finished", "shell": "outside",
    }  # fmt: skip
    told = {"table": "lenet5:tiny", "data": "digits", "epochs": 4, "done": 2, "best": 0.619444, "own": True}
    assert_holds({**told, "model": True}, runs[RUN])
    assert (runs["shell"]["table"], runs["shell"]["data"], runs["shell"]["own"]) == ("every-row", "stripes", False)
    one = lab(f"run?name={RUN}")
    assert one["history"]["epoch"] == [1, 2]
    assert (
        one["live"]["kernels"] == json.loads((OLD / "lab" / f"{RUN}.live.json").read_text(encoding="utf-8"))["kernels"]
    )
    assert {f"runs/{name}" for name in runs} <= {model["name"] for model in lab("models")["models"]}
    lab(f"run/resume?name={RUN}", {})
    deadline = time.monotonic() + 120
    while (one := lab(f"run?name={RUN}"))["state"] == "running" and time.monotonic() < deadline:
        time.sleep(0.2)
    assert (one["state"], one["done"]) == ("finished", 4), one
    assert_near(old / "runs" / RUN, old / "digits-finished")
