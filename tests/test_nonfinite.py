"""A network whose numbers overflow for some pictures: an error wherever its logits are asked for, and valid JSON."""

import json

import numpy as np
import pytest
import torch
from image_files import encode
from PIL import Image
from running import fails, here
from serving import form, serving

import striate
from striate.data import ArrayPictures, ImageSet
from striate.errors import DataError, ModelError
from striate.inference import Predictor
from striate.inspection import accuracy_under
from striate.nn import Model, build, save_model
from striate.tables import Conv, Dense, Preprocessing, Table

TABLE = Table(
    "overflows",
    (1, 8, 8),
    (Conv("C1", maps=2, kernel=3), Dense("Out", units=3)),
    preprocessing=Preprocessing(),
)
CLASSES = ("ant", "bee", "cat")
LINE = "the model's logits are not finite"


def png(gray):
    return encode(Image.new("L", (8, 8), gray), "PNG")


@pytest.fixture(scope="module")
def model():
    """A picture that is not black overflows, to infinity in float32, and to NaN after that; a black one does not."""
    network = build(TABLE, seed=0).eval()
    with torch.no_grad():
        network.C1.weight.fill_(1e30)
        network.Out.weight.fill_(1e30)
        network.Out.weight[0, 0] = -1e30
        network.Out.bias.copy_(torch.tensor([0.0, 1.0, 2.0]))
    return Model(network, CLASSES, {}, {})


@pytest.fixture(scope="module")
def place(model, tmp_path_factory):
    """The model's file, and a black and a gray picture of each class."""
    root = tmp_path_factory.mktemp("overflows")
    save_model(root / "m.safetensors", model)
    for label in CLASSES:
        (root / "data" / label).mkdir(parents=True)
        for number, gray in enumerate((0, 90)):
            (root / "data" / label / f"{number}.png").write_bytes(png(gray))
    (root / "black.png").write_bytes(png(0))
    (root / "gray.png").write_bytes(png(90))
    return root


def test_from_python(place):
    predictor = striate.load(place / "m.safetensors")
    black, gray = predictor.predict([place / "black.png", place / "gray.png"], top=1)
    assert (black.top[0][0], black.error) == ("cat", None)
    assert (gray.top, gray.error) == ((), f"{place / 'gray.png'}: {LINE}")
    with pytest.raises(DataError, match=LINE):
        predictor.predict(place / "gray.png")
    for ask in (predictor.logits, predictor.probabilities):
        assert ask(torch.zeros(2, 1, 8, 8, dtype=torch.uint8)).isfinite().all()
        with pytest.raises(ModelError, match=LINE):
            ask(torch.tensor([0, 90], dtype=torch.uint8).view(2, 1, 1, 1).expand(2, 1, 8, 8))


def test_predict(place):
    done = here("predict", place / "m.safetensors", place / "black.png", place / "gray.png", "--json")
    assert done.returncode == 1
    black, gray = json.loads(done.stdout, parse_constant=pytest.fail)["predictions"]
    assert black["top"][0]["class"] == "cat"
    assert gray == {"path": str(place / "gray.png"), "error": f"{place / 'gray.png'}: {LINE}"}
    line = f"striate: {place / 'gray.png'}: {LINE}"
    assert fails("predict", place / "m.safetensors", place / "gray.png", run=here) == line


@pytest.mark.parametrize("arguments", [("--precision", "bfloat16"), ("--engine", "onnxruntime")])
def test_an_engine_cannot_be_compared_by_nothing(place, arguments):
    found = fails("predict", place / "m.safetensors", place / "gray.png", *arguments, run=here)
    assert "its output is not that of the plain network, or not finite" in found


def test_evaluate(place):
    done = here("evaluate", place / "m.safetensors", "--data", place / "data", "--json")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == "striate: the model's logits for 3 images are not finite"


@pytest.mark.parametrize("of", [("gray.png",), ("--data",)])
def test_inspect(place, tmp_path, of):
    image = [place / of[0]] if of[0] != "--data" else ["--data", place / "data", "--val-fraction", 0.9]
    done = here("inspect", place / "m.safetensors", *image, "--out", tmp_path)
    assert (done.returncode, done.stdout, done.stderr.splitlines()[-1]) == (1, "", f"striate: {LINE}")


def test_perturbed(model):
    grays = np.zeros((3, 8, 8, 1), np.uint8)
    images = ImageSet(ArrayPictures(grays + 90), torch.arange(3))
    with pytest.raises(ModelError, match=LINE):
        accuracy_under(model.network, images)


@pytest.fixture(scope="module")
def server(model):
    with serving({"m": Predictor(model, engine="torch", precision="float32")}) as running:
        yield running


def test_served(server):
    black = server.predict(png(0), model="m")
    assert (black.status, black.json["predictions"][0]["top"][0]["class"]) == (200, "cat")
    gray = server.predict(png(90), model="m")
    assert (gray.status, gray.error) == (422, f"the image: {LINE}")
    several = server.predict(*form([png(0), png(90), png(0)]), model="m")
    assert several.status == 200
    first, second, third = json.loads(several.body, parse_constant=pytest.fail)["predictions"]
    assert first == third
    assert second == {"error": f"image 2: {LINE}"}


@pytest.mark.parametrize(
    "path",
    ["layers?model=m", "why?model=m&method=saliency", "stress?model=m", "unit?model=m&path=Out", "row?model=m&path=C1"],
)
def test_the_lab(server, path):
    """An error, or numbers without a probability; JSON either way."""
    response = server.ask(f"/lab/{path}", png(90), "image/png")
    document = json.loads(response.body, parse_constant=pytest.fail)
    if path.startswith(("layers", "why", "stress")):
        assert (response.status, document) == (422, {"error": LINE})
    else:
        assert response.status == 200
        assert "top" not in document
