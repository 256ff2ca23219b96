"""Pages that carry everything in themselves, each written once."""

import pytest
from networks import with_statistics
from own_pages import HOSTILE

from striate.inference import Predictor
from striate.nn import Model, build, save_model
from striate.tables import load_table
from striate.web import write_page, write_site


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    """The file of LeNet-5, in a folder of its own."""
    return write_page(tmp_path_factory.mktemp("page") / "lenet5.html", "lenet5", Predictor.load("lenet5"))


@pytest.fixture(scope="session")
def photo_page(tmp_path_factory):
    """The file of a network for photographs."""
    return write_page(tmp_path_factory.mktemp("page") / "resnet20.html", "resnet20", Predictor.load("resnet20"))


@pytest.fixture(scope="session")
def hostile(tmp_path_factory):
    """The file of a model whose classes, whose name and whose table's name are markup."""
    folder = tmp_path_factory.mktemp("page")
    network = with_statistics(build(load_table("lenet5:tiny"), seed=0)).eval()
    classes = (*HOSTILE, *map(str, range(network.table.classes)))[: network.table.classes]
    path = folder / "model.safetensors"
    save_model(path, Model(network, classes, {"data": HOSTILE[0]}, {}))
    return write_page(folder / "hostile.html", HOSTILE[1], Predictor.load(str(path)))


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """A folder with two models."""
    models = {"lenet5": Predictor.load("lenet5"), "resnet20": Predictor.load("resnet20")}
    return write_site(tmp_path_factory.mktemp("site"), models)
