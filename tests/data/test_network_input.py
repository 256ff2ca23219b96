"""From any image to a network's input: the same pixels from a file, its bytes, a PIL image, an array, a tensor."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from striate.data.network_input import decode_input, decode_side, read_input, read_inputs
from striate.data.preprocessing import preprocess
from striate.errors import DataError
from striate.tables import load_table

MNIST = load_table("lenet5")
MNIST = replace(MNIST, preprocessing=replace(MNIST.preprocessing, light_on_dark=True, figure=(20, 28)))
TABLES = [load_table("lenet5"), MNIST, load_table("alexnet:tiny"), load_table("resnet18:tiny")]


def photo(mode="RGB", size=(700, 500)):
    noise = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC).convert(mode)


@pytest.mark.parametrize("table", TABLES, ids=["lenet5", "mnist", "alexnet", "resnet"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("size", [(28, 28), (700, 500)])
def test_every_form_of_an_image_is_the_same_input(tmp_path, table, mode, size):
    image, path = photo(mode, size), tmp_path / "photo.png"
    image.save(path)
    expected = read_input(path, table)
    assert expected.shape == table.input
    assert expected.dtype == torch.uint8
    array = np.array(image)
    forms = {"text": str(path), "bytes": path.read_bytes(), "PIL": image, "opened": Image.open(path)}
    if mode == "L" or table.input[0] == 3:  # else Pillow's gray and ours differ by rounding
        forms |= {
            "array": array,
            "read-only": np.frombuffer(array.tobytes(), np.uint8).reshape(array.shape),
            "flipped": array[::-1].copy()[::-1],
            "tensor": torch.from_numpy(array if mode == "L" else array.transpose(2, 0, 1).copy()),
            "floats": torch.from_numpy(array / 255),
        }
        if mode == "L":
            forms["one channel"] = array[..., None]
    for form, source in forms.items():
        assert torch.equal(read_input(source, table), expected), form
    forms["opened"].close()


def test_gray_of_an_array_is_pillows_but_for_rounding():
    small = photo(size=(28, 28))
    assert (read_input(np.array(small), MNIST).int() - read_input(small, MNIST).int()).abs().max() <= 1


def test_a_large_image_is_decoded_to_what_is_needed():
    for table in TABLES:
        (whole, _), side = decode_input(photo(), table), decode_side(table)
        assert tuple(whole.shape) == (table.input[0], side, round(700 * side / 500))
        assert torch.equal(read_input(photo(), table), preprocess(whole.unsqueeze(0), table)[0])


def test_an_array_stays_as_it_is():
    array = np.array(photo("L", (28, 28)))
    before, tensor = array.copy(), torch.from_numpy(array)
    for source in (array, tensor):
        read_input(source, MNIST).zero_()
    assert np.array_equal(array, before)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (np.full((8, 8, 3), 2.0), r"expected uint8, or floats from 0 to 1 .*, got float64 from 0 to 2"),
        (torch.full((3, 8, 8), -1.0), r"expected uint8, or floats from 0 to 1 .*, got float32 from -1 to 0"),
        (np.zeros((8, 8), np.int64), "expected uint8, or floats from 0 to 1, got int64"),
        (np.zeros((5, 8, 8, 3), np.uint8), r"expected each image as \(height, width\), .*, got \(5, 8, 8, 3\)"),
        (np.zeros((3, 8, 3), np.uint8), r"expected each image as .*, got \(3, 8, 3\)"),
        (np.zeros((0, 8), np.uint8), r"expected each image as .*, got \(0, 8\)"),
        (np.zeros(8, np.uint8), r"expected each image as .*, got \(8,\)"),
        (b"hello", "not an image in a known format"),
        (7, "expected a Pillow image, a NumPy array or a torch tensor, got int"),
    ],
)  # fmt: skip
def test_what_is_no_image_is_refused_by_a_name(source, words):
    with pytest.raises(DataError, match=f"^image 7: {words}"):
        read_input(source, MNIST, name="image 7")


def test_many_are_read_in_order_and_called_by_path_or_number(tmp_path):
    for number in range(10):
        Image.new("L", (28, 28), number).save(tmp_path / f"{number}.png")
    paths = [tmp_path / f"{number}.png" for number in range(10)]
    sources = [*paths, np.full((28, 28), 2.0), str(tmp_path / "none.png"), photo()]
    reads = list(read_inputs(sources, load_table("lenet5"), ahead=8))
    assert [int(read.image_CHW[0, 16, 16]) for read in reads[:10]] == list(range(10))
    assert [read.path for read in reads] == [*paths, None, tmp_path / "none.png", None]
    assert [read.name for read in reads[9:]] == [str(paths[9]), "image 11", str(tmp_path / "none.png"), "image 13"]
    assert reads[10].error.startswith("image 11: expected uint8, or floats from 0 to 1")
    assert reads[11].error == f"{tmp_path / 'none.png'}: no such file"
    assert reads[12].error is None
    assert next(read_inputs([photo()], MNIST, ahead=1)).name == "the image"


def test_a_table_for_no_image_is_refused(tmp_path):
    photo(size=(10, 10)).save(tmp_path / "x.png")
    with pytest.raises(DataError, match="its input has 2 channels"):
        read_input(Path(tmp_path / "x.png"), replace(MNIST, input=(2, 32, 32)))
