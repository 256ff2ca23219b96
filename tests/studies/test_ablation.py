"""Paired ablations: a control gives 0, all tables have the same draws, what is finished is kept, other settings are
refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from trainings import DieAfter

from striate.data import DataOptions
from striate.errors import TrainingError
from striate.nn import build
from striate.studies import ablate, shared_weights
from striate.tables import Conv, Dropout, RandomTranslation, Recipe, Rotation, load_plan, load_table
from striate.training import Callback, Options, load_run_config

pytestmark = pytest.mark.usefixtures("without_plots")

BASE = load_table("minivggnet:tiny")
VARIANT = replace(BASE, name="variant", rows=tuple(row for row in BASE.rows if not isinstance(row, Dropout)))
"""Draws the same weights."""
OTHER = replace(BASE, name="other", rows=(Conv("C0", maps=3, kernel=1), *BASE.rows))
"""Draws some weights before all others."""
RECIPE = Recipe(epochs=2, batch_size=75, learning_rate=0.05)
OPTIONS = Options(data=DataOptions(images=300), precision="float32")


def ablated(out, base=BASE, variants=(VARIANT,), **options):
    return ablate(base, variants, "digits", out, **{"seeds": 2, "recipe": RECIPE, "options": OPTIONS, **options})


def result(out):
    """The result as JSON, but for the seconds."""
    document = json.loads((out / "ablation.json").read_text(encoding="utf-8"))
    for table in (document["base"], *document["variants"]):
        del table["seconds"], table["median_seconds"]
    return document


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("ablations") / "out"
    return out, ablated(out, variants=(BASE, VARIANT))


def test_a_control_differs_by_exactly_0_and_a_variant_does_not(finished):
    out, ablation = finished
    control, variant = ablation.variants
    assert control.difference.by_seed == (0.0, 0.0)
    assert (control.difference.interval, control.shared_weights) == ((0.0, 0.0), 1.0)
    assert set(variant.difference.by_seed) != {0.0}
    assert control.result.runs == (
        "minivggnet-tiny-2/seed-0",
        "minivggnet-tiny-2/seed-1",
    )  # trained, and not the base's
    assert all((out / run / "model.safetensors").is_file() for run in control.result.runs)


def test_the_report_says_what_was_found(finished):
    out, _ = finished
    document = result(out)
    assert (document["schema"], document["seeds"], document["images"]) == (1, [0, 1], 300)
    for variant in document["variants"]:
        points = [
            100 * (own - base) for own, base in zip(variant["accuracies"], document["base"]["accuracies"], strict=True)
        ]
        assert variant["difference"]["by_seed"] == points
        assert variant["difference"]["mean"] == pytest.approx(np.mean(points))
    page = (out / "README.md").read_text(encoding="utf-8")
    assert "minivggnet:tiny against minivggnet:tiny: no difference was measured" in page
    assert "](ablation.png)" in page
    assert (out / "ablation.png").read_bytes().startswith(b"\x89PNG")


class Seen(Callback):
    """What the networks of an ablation are given: their first weights, and their images and labels, by training."""

    def __init__(self):
        self.weights, self.batches = [], []

    def on_network(self, network):
        self.weights.append([weight.clone() for weight in network.parameters() if weight.dim() > 1])
        self.batches.append([])
        network.register_forward_pre_hook(self.keep)

    def keep(self, module, inputs):
        if module.training:
            self.batches[-1].append(inputs[0].clone())


def test_all_tables_have_the_same_batches_and_the_first_weights_of_their_rows(tmp_path):
    seen = Seen()
    recipe = replace(RECIPE, augmentation=(RandomTranslation(cells=2), Rotation()))
    ablated(tmp_path / "out", variants=(VARIANT, OTHER), recipe=recipe, callbacks=[seen])
    for seed in range(2):
        base, *others = seen.batches[3 * seed : 3 * seed + 3]
        assert len(base) == 2 * 4
        for other in others:
            assert len(other) == len(base)
            assert all(map(torch.equal, base, other))
        weights, same, changed = seen.weights[3 * seed : 3 * seed + 3]
        assert all(map(torch.equal, weights, same))
        assert not any(map(torch.equal, weights, changed[1:]))
    assert not torch.equal(seen.batches[0][0], seen.batches[3][0])  # another seed draws otherwise


@pytest.mark.parametrize(
    ("base", "variant", "share"),
    [
        ("resnet20", "plain20", 1.0),
        ("alexnet:small", "alexnet:small-no-lrn", 1.0),
        ("alexnet:small", "alexnet:small-no-dropout", 1.0),
        ("alexnet:small", "alexnet:small-max-pool", 1.0),
        ("googlenet:small", "googlenet:small-no-head", 1.0),
        ("alexnet:small", "alexnet:small-3x3", 0.0),
    ],
)
def test_which_first_weights_are_shared(base, variant, share):
    assert shared_weights(load_plan(base), load_plan(variant)) == share


def test_dropout_of_the_same_rows_is_the_same():
    """As the trainer seeds it, step by step; in a network without LRN before it too."""
    networks = [build(name, seed=0).train() for name in ("alexnet:small", "alexnet:small-no-lrn")]
    zeros = []
    for network in networks:
        network.dropout.register_forward_hook(lambda _module, _input, output: zeros.append(output == 0))
        network.dropout.register_forward_pre_hook(lambda _module, inputs: (torch.ones_like(inputs[0]),))
        torch.manual_seed(5)
        network(torch.zeros(4, 3, 32, 32))
    assert zeros[0].any()
    assert torch.equal(*zeros)
    assert sum(isinstance(row, Dropout) for row in networks[0].table.rows) == 1


@pytest.mark.parametrize("steps", [1, 14, 16])
def test_what_was_interrupted_is_resumed_to_the_same_result(finished, tmp_path, steps):
    """It died in a training's first step, in its second epoch, in its last step."""
    out, _ = finished
    trained = []
    with pytest.raises(KeyboardInterrupt):
        ablated(tmp_path / "out", variants=(BASE, VARIANT), callbacks=[DieAfter(steps)])
    assert not (tmp_path / "out" / "ablation.json").exists()
    network = Callback()
    network.on_network = trained.append
    ablated(tmp_path / "out", variants=(BASE, VARIANT), callbacks=[network])
    assert result(tmp_path / "out") == result(out)
    assert len(trained) == 6 - (steps - 1) // 8


def test_seeds_and_variants_can_be_added_and_what_is_finished_is_kept(tmp_path):
    out, trained = tmp_path / "out", []
    callback = Callback()
    callback.on_network = lambda network: trained.append((network.table.name, network.table.recipe.seed))
    ablated(out, callbacks=[callback])
    first = result(out)
    del trained[:]
    ablated(
        out,
        variants=(VARIANT, OTHER),
        seeds=3,
        callbacks=[callback],
    )
    assert set(trained) == {("minivggnet:tiny", 2), ("variant", 2), *(("other", seed) for seed in range(3))}
    assert result(out)["base"]["accuracies"][:2] == first["base"]["accuracies"]
    assert result(out)["variants"][0]["difference"]["by_seed"][:2] == first["variants"][0]["difference"]["by_seed"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"recipe": replace(RECIPE, epochs=3)}, "was trained with another epochs: 2, not 3"),
        ({"recipe": replace(RECIPE, learning_rate=0.1)}, "another learning_rate: 0.05, not 0.1"),
        ({"options": replace(OPTIONS, data=DataOptions(images=90))}, "another images: 300, not 90"),
        ({"options": replace(OPTIONS, precision="bfloat16")}, "another precision: float32, not bfloat16"),
        (
            {"variants": (replace(VARIANT, rows=BASE.rows, name="minivggnet:tiny", input=(3, 17, 17)),)},
            "another table;",
        ),
    ],
)
def test_other_settings_are_refused_before_anything_is_trained(finished, changed, message):
    out, _ = finished
    before = result(out)
    with pytest.raises(TrainingError) as error:
        ablated(out, **changed)
    assert message in str(error.value)
    assert "seed-0: was trained with another" in str(error.value)
    assert result(out) == before


def test_what_cannot_be_an_ablation_is_refused(tmp_path, finished):
    out, ablation = finished
    with pytest.raises(TrainingError, match="needs a variant"):
        ablated(tmp_path, variants=())
    with pytest.raises(TrainingError, match="at least 2 seeds"):
        ablated(tmp_path, seeds=1)
    with pytest.raises(TrainingError, match="renamed and minivggnet:tiny are trained in the same way"):
        ablated(tmp_path, variants=(replace(BASE, name="renamed"),))
    with pytest.raises(TrainingError, match="holds a run; an ablation needs a directory of its own"):
        ablated(out / ablation.base.runs[0])
    (tmp_path / "README.md").write_text("mine", encoding="utf-8")
    with pytest.raises(TrainingError, match=r"holds a README\.md that is no ablation's"):
        ablated(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


def test_other_pictures_in_one_of_the_trainings_are_refused(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (60, 16, 16), np.uint8)
    labels = np.arange(60) % 10
    options = replace(OPTIONS, data=DataOptions())
    out = tmp_path / "out"

    def ablated_on(images, seeds):
        return ablate(BASE, [VARIANT], (images, labels), out, seeds=seeds, recipe=RECIPE, options=options)

    assert ablated_on(images, 2).images > 30
    with pytest.raises(TrainingError, match="seed-2: was trained on other pictures than"):
        ablated_on(255 - images, 3)


def test_a_run_of_an_ablation_is_an_ordinary_run(finished):
    out, ablation = finished
    config = load_run_config(out / ablation.variants[1].result.runs[1], finished=True)
    assert (config.table.name, config.table.recipe.seed, config.options.data.images) == ("variant", 1, 300)


def test_several_processes_give_the_same_result(finished, tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", str(torch.get_num_threads()))  # else each has its share of the cores
    out, _ = finished
    runs = []
    ablated(tmp_path / "out", variants=(BASE,), processes=2, on_run=runs.append)
    assert len({run.directory for run in runs}) == 4
    expected = result(out)
    assert result(tmp_path / "out") == {**expected, "variants": expected["variants"][:1]}
