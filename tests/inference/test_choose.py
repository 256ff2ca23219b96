"""The choice of an engine: the fastest by a trial that is remembered, and none with other outputs."""

import itertools
import json

import pytest
import torch

from striate.errors import StriateError
from striate.inference import choose as module
from striate.inference import engines
from striate.inference.choose import choose_engine
from striate.inference.engines import Engine
from striate.nn import build
from striate.tables import Conv, Dense, Table

SECONDS = {"torch": 0.02, "onnxruntime": 0.01, "openvino": 0.006}


@pytest.fixture
def network():
    return build("lenet5:modern", seed=0).eval()


@pytest.fixture
def images():
    return torch.randn(4, 1, 32, 32, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def trials(monkeypatch, network):
    """Engines of known speed; what each was tried on: its name, its precision, how many images."""
    runs = []

    def prepare(name, _folded, precision, _device, _quantized=None, _features_of=None):
        def run(x):
            with torch.inference_mode():
                return network(x)

        return Engine(name, precision, run)

    def seconds(engine, x):
        runs.append((engine.name, engine.precision, len(x)))
        return [SECONDS[engine.name] / (2 if engine.precision == "bfloat16" else 1)]

    monkeypatch.setattr(module, "prepare", prepare)
    monkeypatch.setattr(module, "_time_runs", seconds)
    monkeypatch.setattr(module, "candidates", lambda *_: tuple(SECONDS))
    monkeypatch.setattr(module, "_MAX_RACE", 0.0)  # the speeds are known: no time on telling close ones apart
    return runs


def test_the_fastest_is_chosen_and_remembered(network, images, trials, tmp_path):
    memory = tmp_path / "cache" / "engines.json"
    assert choose_engine(network, images, batch=2, memory=memory).name == "openvino"
    assert {(name, rows) for name, _, rows in trials} >= {(name, 2) for name in SECONDS}
    del trials[:]
    assert choose_engine(network, images, batch=2, memory=memory).name == "openvino"
    assert ("onnxruntime", "float32", 2) not in trials
    del trials[:]
    choose_engine(network, images, batch=3, memory=memory)  # another batch is another question
    assert ("onnxruntime", "float32", 3) in trials


@pytest.mark.usefixtures("trials")
def test_a_remembered_trial_is_used(network, images, tmp_path):
    memory = tmp_path / "engines.json"
    choose_engine(network, images, batch=2, memory=memory)
    (order,) = json.loads(memory.read_text(encoding="utf-8")).values()
    (key,) = json.loads(memory.read_text(encoding="utf-8"))
    memory.write_text(json.dumps({key: order[::-1]}), encoding="utf-8")
    assert choose_engine(network, images, batch=2, memory=memory).name == "torch"


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"KEY": ["openvino float32"]}', '{"KEY": 3}', '{"KEY": [1, 2, 3]}'])
def test_a_damaged_memory_is_ignored(network, images, trials, tmp_path, damage):
    memory = tmp_path / "engines.json"
    choose_engine(network, images, batch=2, memory=memory)
    (key,) = json.loads(memory.read_text(encoding="utf-8"))
    memory.write_text(damage.replace("KEY", key), encoding="utf-8")
    del trials[:]
    assert choose_engine(network, images, batch=2, memory=memory).name == "openvino"
    assert ("onnxruntime", "float32", 2) in trials


@pytest.mark.usefixtures("trials")
def test_a_cache_that_cannot_be_written_costs_a_trial_only(network, images, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert choose_engine(network, images, batch=2, memory=tmp_path / "file" / "engines.json").name == "openvino"


def test_torch_does_little_work_without_a_trial(network, images, trials, tmp_path):
    assert choose_engine(network, images, batch=4, work=4, memory=tmp_path / "m.json").name == "torch"
    assert {name for name, *_ in trials} == {"torch"}
    assert not (tmp_path / "m.json").exists()


@pytest.mark.usefixtures("trials")
def test_an_engine_that_cannot_be_loaded_is_left_out(network, images, tmp_path, monkeypatch):
    memory, prepare = tmp_path / "engines.json", module.prepare

    def fails(name, *arguments):
        if name == "openvino":
            raise StriateError("engine openvino: cannot be loaded: Could not determine home directory.; take torch")
        return prepare(name, *arguments)

    assert choose_engine(network, images, batch=2, memory=memory).name == "openvino"
    monkeypatch.setattr(module, "prepare", fails)  # the memory says that it is the fastest
    assert choose_engine(network, images, batch=2, memory=memory).name == "onnxruntime"
    memory.unlink()
    for _ in range(2):
        assert choose_engine(network, images, batch=2, memory=memory).name == "onnxruntime"
    with pytest.raises(StriateError, match="cannot be loaded"):
        choose_engine(network, images, engine="openvino", batch=2, memory=memory)


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_whatever_an_engine_raises_as_it_is_loaded_is_one_error(network, images, monkeypatch, engine):
    def fails(*_arguments):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(engines, f"_{engine}", fails)
    with pytest.raises(StriateError, match=f"^engine {engine}: cannot be loaded: Could not determine home"):
        choose_engine(network, images, engine=engine, batch=2)
    assert choose_engine(network, images, batch=2).name != engine


def test_an_engine_with_other_outputs_is_not_used(network, images, tmp_path, monkeypatch):
    honest = module.prepare

    def prepare(name, *rest):
        engine = honest(name, *rest)
        wrong = Engine(name, engine.precision, lambda x: engine.run(x) + torch.arange(10) * 1e-2)
        return wrong if name == "openvino" else engine

    monkeypatch.setattr(module, "prepare", prepare)
    how = {"precision": "float32", "batch": 2, "memory": tmp_path / "m.json"}
    assert choose_engine(network, images, **how).name == "onnxruntime"
    with pytest.raises(StriateError, match="engine openvino, float32: its output is not that of the plain network"):
        choose_engine(network, images, engine="openvino", **how)


@pytest.mark.usefixtures("trials")
def test_auto_uses_bfloat16_only_where_every_class_stays(network, images, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "has_fast_bfloat16", lambda _device: True)
    chosen = choose_engine(network, images, batch=2, memory=tmp_path / "m.json")
    assert (chosen.name, chosen.precision) == ("openvino", "bfloat16")
    honest = module.prepare

    def prepare(name, folded, precision, *rest):
        engine = honest(name, folded, precision, *rest)
        turned = Engine(name, precision, lambda x: -engine.run(x))
        return turned if precision == "bfloat16" else engine

    monkeypatch.setattr(module, "prepare", prepare)
    chosen = choose_engine(network, images, batch=2, memory=tmp_path / "m.json")
    assert (chosen.name, chosen.precision) == ("openvino", "float32")
    assert (
        choose_engine(network, images, precision="float32", batch=2, memory=tmp_path / "m.json").precision == "float32"
    )


def test_close_engines_are_tried_again_within_the_budget(images, monkeypatch):
    """One that other work slowed at first wins in the end; one that is far behind is not tried again."""
    luck = {
        "slow": iter([9.0]),
        "unlucky": itertools.chain([1.2, 1.2], itertools.repeat(0.9)),
        "lucky": itertools.repeat(1.0),
    }
    monkeypatch.setattr(module, "_time_runs", lambda engine, _images: [next(luck[engine.name])])
    monkeypatch.setattr(module.time, "perf_counter", itertools.count().__next__)  # a second each time it is asked
    engines = {name: Engine(name, "float32", lambda x: x) for name in luck}
    assert module._race(engines, images, budget=10) == ["unlucky", "lucky", "slow"]


def test_without_time_to_spend_each_is_tried_once(images, monkeypatch):
    luck = {"unlucky": iter([1.2]), "lucky": iter([1.0])}
    monkeypatch.setattr(module, "_time_runs", lambda engine, _images: [next(luck[engine.name])])
    engines = {name: Engine(name, "float32", lambda x: x) for name in luck}
    assert module._race(engines, images, budget=0.0) == ["lucky", "unlucky"]


def test_the_first_run_does_not_count(images, monkeypatch):
    """It makes things ready."""
    clock, waits = [0], iter([200, 10, 11, 12])
    monkeypatch.setattr(module.time, "perf_counter", lambda: clock[0])

    def run(x):
        clock[0] += next(waits)
        return x

    assert module._time_runs(Engine("torch", "float32", run), images) == [10, 11, 12]


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_an_engine_that_overflows_where_the_network_does_not(monkeypatch, tmp_path, wrong, precision):
    """It is not taken by auto, and one line where it is asked for."""
    network = build("lenet5:tiny", seed=0).eval()
    images_NCHW = torch.rand(4, *network.table.input)
    honest = module.prepare

    def prepare(name, folded, kind, *rest):
        engine = honest(name, folded, kind, *rest)
        if (kind, name) == ("float32", "torch"):
            return engine
        return Engine(name, kind, lambda x: engine.run(x).index_fill(1, torch.tensor([3]), wrong))

    monkeypatch.setattr(module, "prepare", prepare)
    monkeypatch.setattr(module, "has_fast_bfloat16", lambda _device: True)
    monkeypatch.setattr(
        module, "candidates", lambda kind, _device: ("torch",) if kind == "bfloat16" else ("torch", "onnxruntime")
    )
    chosen = choose_engine(network, images_NCHW, batch=4, memory=tmp_path / "m.json")
    assert (chosen.name, chosen.precision) == ("torch", "float32")
    engine = "torch" if precision == "bfloat16" else "onnxruntime"
    with pytest.raises(
        StriateError, match=f"engine {engine}, {precision}: its output is not that of the plain network, or not"
    ):
        choose_engine(network, images_NCHW, engine=engine, precision=precision, batch=4)


def test_pictures_that_overflow_do_not_choose_the_engine(tmp_path):
    """Those beside them do; where there are none, it is the plain network."""
    table = Table("overflows", (1, 8, 8), (Conv("C1", maps=2, kernel=3), Dense("Out", units=3)))
    network = build(table, seed=0).eval()
    with torch.no_grad():
        for row in (network.C1, network.Out):
            row.weight.fill_(1e30)
    images_NCHW = torch.tensor([0.5, 0.0, 0.5]).view(3, 1, 1, 1).expand(3, 1, 8, 8)
    assert network(images_NCHW).isfinite().all(dim=1).tolist() == [False, True, False]
    how = {"batch": 3, "memory": tmp_path / "m.json", "precision": "float32"}
    assert choose_engine(network, images_NCHW, engine="onnxruntime", **how).name == "onnxruntime"
    chosen = choose_engine(network, images_NCHW[:1], **how)
    assert (chosen.name, chosen.precision) == ("torch", "float32")
