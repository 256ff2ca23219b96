"""The distance from the training data: its features, its place in the model file, and what a damaged one says."""

import json
from dataclasses import replace

import pytest
import torch

from striate.errors import ModelError
from striate.models import shipped_models
from striate.nn import FeatureDistance, Model, Reliability, build, load_model, read_metadata, save_model
from striate.nn.reliability import WithFeatures, feature_row, map_statistics, reliability_from_dict, reliability_to_dict
from striate.tables import load_plan


def reliability_of(name):
    plan = load_plan(name)
    row = feature_row(plan)
    features = 2 * plan.step(row).output[0]
    generator = torch.Generator().manual_seed(0)
    whitening = torch.randn(features, features, generator=generator).tril()
    centres = torch.randn(plan.table.classes, features, generator=generator)
    return Reliability(2.0, FeatureDistance(row, whitening, centres), 0.05, 3.5, {0.9: 2.25}, {"images": 0})


def test_distance_is_that_of_the_nearest_class():
    reliability = reliability_of("lenet5")
    features = torch.rand(5, 32)
    unit = features / features.norm(dim=1, keepdim=True)
    expected = [
        min(float((distance.whitening @ one - centre).square().sum()) for centre in distance.centres)
        for distance in [reliability.distance]
        for one in unit
    ]
    torch.testing.assert_close(reliability.distance(features), torch.tensor(expected))
    assert reliability.none_of_these(features).tolist() == [value > 3.5 for value in expected]


def test_features_are_means_and_standard_deviations():
    maps = torch.randn(3, 4, 5, 6)
    found = map_statistics(maps)
    torch.testing.assert_close(found[:, :4], maps.mean(dim=(2, 3)))
    torch.testing.assert_close(found[:, 4:], maps.flatten(2).std(dim=2, correction=0))


def test_a_network_with_features_gives_its_logits():
    network = build("resnet18:tiny", seed=0).eval()
    images = torch.randn(2, *network.table.input)
    with torch.inference_mode():
        found = WithFeatures(network, feature_row(network.plan))(images)
        torch.testing.assert_close(found[:, : network.table.classes], network(images))


@pytest.mark.parametrize("name", ["lenet5", "resnet20", "googlenet:small", "alexnet:tiny", "resnet18:tiny"])
def test_the_row_has_maps_of_several_cells(name):
    _maps, height, width = load_plan(name).step(feature_row(load_plan(name))).output
    assert height * width > 1


def test_model_file_keeps_it(tmp_path):
    path = tmp_path / "model.safetensors"
    kept = reliability_of("lenet5")
    save_model(path, Model(build("lenet5", seed=0), tuple("0123456789"), {}, {}, kept))
    found = load_model(path).reliability
    assert torch.equal(found.distance.whitening, kept.distance.whitening)
    assert torch.equal(found.distance.centres, kept.distance.centres)
    assert replace(found, distance=None) == replace(kept, distance=None)
    assert read_metadata(path).reliability.row == "S4"


def test_a_file_without_it_has_none(tmp_path):
    path = tmp_path / "model.safetensors"
    save_model(path, Model(build("lenet5", seed=0), tuple("0123456789"), {}, {}))
    assert load_model(path).reliability is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("temperature", 0),
        ("temperature", "warm"),
        ("false_alarms", 1),
        ("sets", [[0.9]]),
        ("report", 3),
        ("distance", {"row": "C1", "centres": "", "whitening": ""}),
        ("distance", {"row": "S4", "centres": "", "whitening": ""}),
        ("distance", {"row": "S4"}),
    ],
)
def test_what_does_not_fit_is_refused(key, value):
    document = json.loads(json.dumps(reliability_to_dict(reliability_of("lenet5")))) | {key: value}
    with pytest.raises(ModelError, match="reliability"):
        reliability_from_dict(document, load_plan("lenet5"))


def test_all_models_that_ship_have_a_threshold():
    for path in shipped_models().values():
        reliability = read_metadata(path).reliability
        assert reliability.row is not None
        assert set(reliability.sets) == {0.8, 0.9, 0.95, 0.99}
