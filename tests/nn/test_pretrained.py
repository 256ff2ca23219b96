"""torchvision's networks and ours: the same weights, the same outputs, the same state both ways."""

import enum
import hashlib
from dataclasses import replace

import pytest
import torch
import torchvision
from torch import nn

from striate.data import normalize
from striate.errors import ModelError
from striate.nn import pretrained
from striate.nn.model_file import load_model
from striate.nn.network import build
from striate.nn.pretrained import from_torchvision_state_dict, to_torchvision_state_dict
from striate.tables import Recipe, load_table
from striate.training import train

NAMES = ("alexnet", "googlenet", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152")
RELATIVE = 1e-5


def torchvisions(name, **options):
    """torchvision's network with drawn weights and drawn batch norm statistics, dropout off."""
    torch.manual_seed(0)
    if name == "googlenet":
        options = {"aux_logits": True, "init_weights": False, **options}
    network = getattr(torchvision.models, name)(weights=None, **options)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
            nn.init.normal_(module.running_mean, std=0.2)
            nn.init.uniform_(module.running_var, 0.5, 2)
        elif isinstance(module, nn.Dropout):
            module.p = 0.0
    return network


def ours_with(theirs, name):
    """Our network with the weights of theirs, dropout off."""
    network = build(f"{name}:torchvision")
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    network.load_state_dict(from_torchvision_state_dict(network.table, theirs.state_dict(), network.state_dict()))
    return network


def images(number=2):
    return torch.randn(number, 3, 224, 224, generator=torch.Generator().manual_seed(1))


def assert_equal_within(ours, theirs):
    assert ((ours - theirs).abs().max() / theirs.abs().max()).item() <= RELATIVE


@pytest.fixture(scope="module", params=NAMES)
def both(request):
    """torchvision's network, and ours with its weights."""
    theirs = torchvisions(request.param)
    return theirs, ours_with(theirs, request.param)


def test_outputs_are_torchvisions(both):
    theirs, ours = both
    with torch.inference_mode():
        assert_equal_within(ours.eval()(images()), theirs.eval()(images()))


def test_the_state_survives_the_way_back_bit_for_bit(both):
    theirs, ours = both
    there_and_back = to_torchvision_state_dict(ours.table, ours.state_dict())
    assert list(there_and_back) and there_and_back.keys() == theirs.state_dict().keys()
    assert all(torch.equal(there_and_back[key], tensor) for key, tensor in theirs.state_dict().items())
    theirs.load_state_dict(there_and_back)


@pytest.mark.parametrize("name", ["alexnet", "googlenet", "resnet18", "resnet50"])
def test_outputs_in_training_mode_with_heads(name):
    theirs = torchvisions(name).train()
    ours = ours_with(theirs, name).train()
    outputs = theirs(images(4))
    if name == "googlenet":
        outputs = (outputs.logits, outputs.aux_logits1, outputs.aux_logits2)
        for mine, their in zip(ours(images(4)), outputs, strict=True):
            assert_equal_within(mine, their)
    else:
        assert_equal_within(ours(images(4)), outputs)
    before, after = (to_torchvision_state_dict(ours.table, ours.state_dict()), theirs.state_dict())
    for key in after:  # the running statistics moved alike
        torch.testing.assert_close(before[key], after[key], rtol=1e-4, atol=1e-5)


def test_transform_input_is_our_preprocessing():
    """Pictures, each library with its own normalization: torchvision's, undone by `transform_input`, and ours."""
    theirs = torchvisions("googlenet", transform_input=True).eval()
    ours = ours_with(theirs, "googlenet").eval()
    pictures = torch.randint(0, 256, (2, 3, 224, 224), dtype=torch.uint8, generator=torch.Generator().manual_seed(2))
    normalized = torchvision.transforms.functional.normalize(
        pictures / 255, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)
    )
    with torch.inference_mode():
        assert_equal_within(ours(normalize(pictures, ours.table.preprocessing)), theirs(normalized))


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """torch's folder of downloaded weights, empty, and no network."""

    def offline(*_args, **_options):
        raise OSError("no route to host")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("torch.hub.download_url_to_file", offline)
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


def url_of(name):
    return torchvision.models.get_model_weights(name)["IMAGENET1K_V1"].url


def file_of(name):
    return url_of(name).rpartition("/")[2]


def put(cache, monkeypatch, name, state):
    """A local stand-in for the weights' file: under the name that its own content gives it, and known by that name."""
    torch.save(state, cache / "weights.pth")
    content = (cache / "weights.pth").read_bytes()
    file = cache / f"{name}-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    (cache / "weights.pth").rename(file)
    real = torchvision.models.get_model_weights(name)["IMAGENET1K_V1"]
    stand_in = torchvision.models.Weights(f"https://nowhere.invalid/{file.name}", real.transforms, {})
    known = enum.Enum("Known", {"IMAGENET1K_V1": stand_in}, type=torchvision.models.WeightsEnum)
    monkeypatch.setattr("torchvision.models.get_model_weights", lambda _: known)
    return file


@pytest.mark.parametrize("name", ["resnet18", "googlenet"])
def test_build_loads_a_file_of_weights_and_fits_other_classes(name, cache, monkeypatch):
    theirs = torchvisions(name)
    put(cache, monkeypatch, name, theirs.state_dict())
    network = build(f"{name}:torchvision", pretrained=True)
    state = to_torchvision_state_dict(network.table, network.state_dict())
    assert all(torch.equal(state[key], tensor) for key, tensor in theirs.state_dict().items())
    few = build(f"{name}:torchvision", pretrained=True, classes=7, seed=0)
    assert few.eval()(images()).shape == (2, 7)
    assert torch.equal(few.state_dict()["conv1.weight"], theirs.state_dict()[next(iter(theirs.state_dict()))])


def test_a_file_without_counters_of_batches_is_taken(cache, monkeypatch):
    """Weights saved by an old torch lack them."""
    state = {key: t for key, t in torchvisions("resnet18").state_dict().items() if "num_batches" not in key}
    put(cache, monkeypatch, "resnet18", state)
    assert build("resnet18:torchvision", pretrained=True).bn1.norm.num_batches_tracked == 0


def test_training_starts_from_the_weights(cache, monkeypatch, tmp_path):
    """A rate of almost nothing leaves them where they were."""
    theirs = torchvisions("resnet18")
    put(cache, monkeypatch, "resnet18", theirs.state_dict())
    pictures = torch.randint(0, 256, (8, 3, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    table = replace(load_table("resnet18:torchvision"), input=(3, 32, 32))
    recipe = Recipe(epochs=1, learning_rate=1e-9, weight_decay=0.0, batch_size=4)
    run = train(table, (pictures, torch.arange(8) % 2), tmp_path / "run", recipe=recipe, pretrained=True)
    trained = load_model(run.directory)
    assert trained.training["pretrained"] is True
    torch.testing.assert_close(trained.network.conv1.weight, theirs.conv1.weight, atol=1e-6, rtol=0)
    assert trained.network.fc.weight.shape == (2, 512)


def test_offline_the_error_says_what_to_fetch_and_where_to_put_it(cache, capsys):
    with pytest.raises(ModelError) as caught:
        build("resnet18:torchvision", pretrained=True)
    assert str(caught.value) == (
        f"cannot fetch torchvision's weights (no route to host); fetch {url_of('resnet18')} where there is a network"
        f" and put it at {cache / file_of('resnet18')}"
    )
    assert capsys.readouterr().out == ""


def test_a_file_that_is_not_what_its_name_says_is_refused(cache):
    (cache / file_of("resnet18")).write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(ModelError, match=r"is not the file that it is named after: .* delete it to fetch it again"):
        build("resnet18:torchvision", pretrained=True)


class Evil:
    def __reduce__(self):
        return exec, ("raise AssertionError('code was run')",)


def test_reading_weights_runs_no_code(cache, monkeypatch):
    put(cache, monkeypatch, "resnet18", {"conv1.weight": Evil()})
    with pytest.raises(ModelError, match="cannot be read as weights"):
        build("resnet18:torchvision", pretrained=True)


def test_what_is_no_tensor_is_refused(cache, monkeypatch):
    put(cache, monkeypatch, "resnet18", {"conv1.weight": 3})
    with pytest.raises(ModelError, match="holds something that is no tensor"):
        build("resnet18:torchvision", pretrained=True)


def test_weights_that_do_not_fit_are_refused(monkeypatch):
    state = torchvisions("resnet18").state_dict()
    monkeypatch.setattr(pretrained, "fetch", lambda _: {**state, "fc.weight": torch.zeros(3, 3)})
    with pytest.raises(ModelError, match=r"fc.weight is \[1000, 512\]; torchvision has the shape \[3, 3\]"):
        build("resnet18:torchvision", pretrained=True)
    monkeypatch.setattr(pretrained, "fetch", lambda _: {**state, "more": torch.zeros(3)})
    with pytest.raises(ModelError, match="hold more, which the table has no row for"):
        build("resnet18:torchvision", pretrained=True)
    monkeypatch.setattr(pretrained, "fetch", lambda _: {})
    with pytest.raises(ModelError, match=r"torchvision has no such tensor: conv1\.weight"):
        build("resnet18:torchvision", pretrained=True)


def test_only_torchvisions_tables_have_its_weights():
    with pytest.raises(ModelError, match="torchvision has no weights for lenet5; it has them for alexnet:torchvision,"):
        build("lenet5", pretrained=True)
    with pytest.raises(ModelError, match="no rule for the key"):
        to_torchvision_state_dict(load_table("resnet18:torchvision"), {"other.key.here": torch.zeros(1)})


def test_a_table_of_another_name_has_none_even_with_the_same_rows():
    with pytest.raises(ModelError, match="no weights for mine"):
        build(replace(load_table("resnet18:torchvision"), name="mine"), pretrained=True)
