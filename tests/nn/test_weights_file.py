"""Weights from a file: the public CIFAR-10 ResNets' computation by our tables, and torchvision's files."""

import numpy as np
import pytest
import torch
import torchvision
from public_resnets import PublicResNet, checkpoint

import striate
from striate.errors import ModelError
from striate.nn import Model, build, from_torchvision_state_dict, save_model
from striate.tables import load_table

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


@pytest.fixture
def saved(tmp_path):
    def save(content, **options):
        torch.save(content, tmp_path / "weights.th", **options)
        return tmp_path / "weights.th"

    return save


def pictures():
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (3, 3, 32, 32), dtype=torch.uint8, generator=generator)


def normalized(images):
    """As the public implementation prepares pictures."""
    return torchvision.transforms.functional.normalize(images.double() / 255, MEAN, STD)


def assert_equal_logits(ours, theirs, images):
    with torch.inference_mode():
        torch.testing.assert_close(ours.double().eval()(images), theirs.double().eval()(images), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("depth", [20, 32])
def test_the_public_networks_logits(depth, saved):
    theirs = PublicResNet(depth)
    ours = build(f"resnet{depth}", weights=saved(checkpoint(theirs)))
    assert_equal_logits(ours, theirs, normalized(pictures()))


@pytest.mark.parametrize("depth", [44, 56, 110])
def test_every_public_depth_fits_its_table(depth, saved):
    theirs = PublicResNet(depth)
    ours = build(f"resnet{depth}", weights=saved(checkpoint(theirs)))
    units = (depth - 2) // 6
    own, their = ours.get_submodule(f"conv4_{units}").body.bn1.norm, theirs.layer3[-1].bn1  # maps within a unit stay
    assert torch.equal(own.running_mean, their.running_mean)


def test_files_that_an_old_torch_wrote(saved):
    """Before zip files, without counters of batches; and a state alone."""
    theirs = PublicResNet(20)
    state = {key: tensor for key, tensor in theirs.state_dict().items() if "num_batches" not in key}
    file = saved({"state_dict": {f"module.{key}": t for key, t in state.items()}}, _use_new_zipfile_serialization=False)
    assert_equal_logits(build("resnet20", weights=file), theirs, normalized(pictures()))
    assert_equal_logits(build("resnet20", weights=str(saved(state))), theirs, normalized(pictures()))


def test_the_table_has_the_weights_preprocessing_on_the_way_to_a_model_file(saved, tmp_path):
    theirs = PublicResNet(20).double().eval()
    network = build("resnet20", weights=saved(checkpoint(theirs)))
    table = load_table("resnet20")
    assert (network.table.rows, network.table.recipe) == (table.rows, table.recipe)
    assert (network.table.preprocessing.mean, network.table.preprocessing.std) == (MEAN, STD)

    save_model(tmp_path / "public.safetensors", Model(network, CLASSES, {}, {}))
    model = striate.load(tmp_path / "public.safetensors")
    with torch.inference_mode():
        probabilities = theirs(normalized(pictures())).softmax(1)
    for picture, expected in zip(pictures(), probabilities, strict=True):
        found = model.predict(np.ascontiguousarray(picture.permute(1, 2, 0)))
        by_class = dict(zip(CLASSES, expected.tolist(), strict=True))
        assert found.top and all(p == pytest.approx(by_class[name], abs=1e-4) for name, p in found.top)


def test_other_classes_get_a_new_last_row(saved):
    theirs = PublicResNet(20)
    file = saved(checkpoint(theirs))
    few = build("resnet20", weights=file, classes=7, seed=0)
    assert torch.equal(few.conv1.weight, theirs.conv1.weight)
    assert torch.equal(few.fc.weight, build("resnet20", classes=7, seed=0).fc.weight)
    hundred = PublicResNet(20, classes=100)
    assert_equal_logits(
        build("resnet20", weights=saved(checkpoint(hundred)), classes=100), hundred, normalized(pictures())
    )
    with pytest.raises(ModelError, match=r"fc\.weight is \[10, 64\]; the file has the shape \[100, 64\]"):
        build("resnet20", weights=file)


def test_torchvisions_files_too(saved):
    torch.manual_seed(0)
    theirs = torchvision.models.resnet18(weights=None)
    file = saved(theirs.state_dict())
    ours = build("resnet18:torchvision", weights=file)
    expected = from_torchvision_state_dict(ours.table, theirs.state_dict(), ours.state_dict())
    assert all(torch.equal(tensor, expected[key]) for key, tensor in ours.state_dict().items())
    assert ours.table == load_table("resnet18:torchvision")
    few = build("resnet18:torchvision", weights=file, classes=7)
    assert few.fc.weight.shape == (7, 512)


class Code:
    def __reduce__(self):
        return exec, ("raise AssertionError('code was run')",)


STATE = PublicResNet(20).state_dict()
UNFIT = {
    "another depth": (PublicResNet(32).state_dict(), r"hold layer1\.3\.bn1\.bias, which the table has no row for"),
    "a tensor is missing": (
        {key: tensor for key, tensor in STATE.items() if key != "layer2.0.conv1.weight"},
        r"conv3_1\.body\.conv1\.weight is \[32, 16, 3, 3\]; the file has no such tensor: layer2\.0\.conv1\.weight",
    ),
    "another shape": ({**STATE, "linear.bias": torch.zeros(3)}, r"fc\.bias is \[10\]; the file has the shape \[3\]"),
    "torchvision's": (torchvision.models.resnet18().state_dict(), "which the table has no row for"),
    "a number": ({**STATE, "linear.bias": 3}, "something else than a network's tensors"),
    "a list": ([1, 2], "something else than a network's tensors"),
    "a state that is none": ({"state_dict": 3}, "something else than a network's tensors"),
    "code": ({"state_dict": Code()}, "not a file of weights by torch.save, or damaged, or not tensors alone"),
}


@pytest.mark.parametrize("kind", UNFIT)
def test_what_does_not_fit_is_one_line_that_names_the_file(kind, saved):
    content, words = UNFIT[kind]
    file = saved(content)
    with pytest.raises(ModelError, match=words) as caught:
        build("resnet20", weights=file)
    assert str(caught.value).startswith(f"{file}: ") and "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short", b"\x80\x02 a pickle", b"weights\n" * 1000])
def test_what_is_no_such_file_is_one_line(content, tmp_path):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(ModelError, match="not a file of weights by") as caught:
        build("resnet20", weights=tmp_path / "file")
    assert str(caught.value).startswith(f"{tmp_path / 'file'}: ") and "\n" not in str(caught.value)


def test_a_cut_file_and_no_file(saved, tmp_path):
    file = saved(checkpoint(PublicResNet(20)))
    file.write_bytes(file.read_bytes()[:200_000])
    with pytest.raises(ModelError, match="or damaged"):
        build("resnet20", weights=file)
    with pytest.raises(ModelError, match="none: No such file"):
        build("resnet20", weights=tmp_path / "none")
    with pytest.raises(ModelError, match="a URL; download it"):
        build("resnet20", weights="https://example.com/resnet20.th")


def test_only_some_tables_have_known_weights(saved):
    file = saved(checkpoint(PublicResNet(20)))
    with pytest.raises(ModelError, match="resnet20:B: weights from a file are only understood for resnet20, resnet32,"):
        build("resnet20:B", weights=file)
    with pytest.raises(ModelError, match=r"from torchvision \(pretrained\) or from a file \(weights\), not from both"):
        build("resnet18:torchvision", weights=file, pretrained=True)
