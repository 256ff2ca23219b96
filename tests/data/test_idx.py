"""IDX files: what is in them, plain or gzipped, and every way in which one can be wrong."""

import gzip
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.data.idx import read_idx, read_pair
from striate.errors import DataError

PICTURES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


def idx(array, magic=None, shape=None):
    """The bytes of an IDX file."""
    shape = array.shape if shape is None else shape
    return (magic or bytes((0, 0, 8, len(shape)))) + struct.pack(f">{len(shape)}I", *shape) + array.tobytes()


def write(path, content, packed=False):
    path.write_bytes(gzip.compress(content) if packed else content)
    return path


def refusal(path, dimensions=3):
    with pytest.raises(DataError) as caught:
        read_idx(path, dimensions)
    assert str(caught.value).startswith(f"{path}: ")
    return str(caught.value).removeprefix(f"{path}: ")


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_plain_or_gzipped_whatever_it_is_called(tmp_path, packed, suffix):
    read = read_idx(write(tmp_path / f"x-idx3-ubyte{suffix}", idx(PICTURES), packed), 3)
    assert np.array_equal(read, PICTURES)
    assert read.flags.writeable


def test_every_field_of_the_header(tmp_path):
    path = tmp_path / "x"
    assert "begins with nothing, expected 00000803" in refusal(write(path, b""))
    assert refusal(write(path, b"\0\0")) == "truncated: 2 bytes of a header of 16"
    assert "begins with 01000803" in refusal(write(path, idx(PICTURES, b"\1\0\x08\3")))
    assert "begins with 00000903" in refusal(write(path, idx(PICTURES, b"\0\0\x09\3")))  # signed bytes
    assert "not an IDX file of 1 dimensions: begins with 00000803" in refusal(write(path, idx(PICTURES)), 1)
    assert refusal(write(path, idx(PICTURES)[:13])) == "truncated: 13 bytes of a header of 16"
    assert "states 4294967295x28x28 bytes, at most" in refusal(write(path, idx(PICTURES, shape=(2**32 - 1, 28, 28))))


@pytest.mark.parametrize("packed", [False, True])
def test_too_few_bytes_and_too_many(tmp_path, packed):
    path = tmp_path / "x"
    assert refusal(write(path, idx(PICTURES)[:-1], packed)) == "truncated: 23 bytes, the header states 24"
    assert refusal(write(path, idx(PICTURES) + b"x", packed)) == "has more than the 24 bytes that its header states"


def test_damaged_gzip(tmp_path):
    whole = gzip.compress(idx(PICTURES))
    for end in range(2, len(whole)):
        assert refusal(write(tmp_path / "x.gz", whole[:end])).startswith(("truncated", "not an IDX", "damaged"))
    broken = bytearray(whole)
    broken[-6] ^= 1
    assert "damaged: CRC check failed" in refusal(write(tmp_path / "x.gz", bytes(broken)))


def test_a_bomb_is_not_unpacked(tmp_path):
    """A gigabyte of zeros behind a small header: only one byte more than it says is read."""
    packer = zlib.compressobj(9, wbits=31)
    content = (
        packer.compress(idx(PICTURES)) + b"".join(packer.compress(bytes(2**20)) for _ in range(64)) + packer.flush()
    )
    assert "has more than" in refusal(write(tmp_path / "x.gz", content))


def test_what_cannot_be_opened(tmp_path):
    assert refusal(tmp_path / "none") == "cannot be read: No such file or directory"
    assert refusal(tmp_path) == "cannot be read: Is a directory"


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(tmp_path_factory, content):
    path = write(tmp_path_factory.mktemp("idx") / "x", content)
    for start in (b"", b"\x1f\x8b", b"\0\0\x08\3"):
        path.write_bytes(start + content)
        try:
            assert read_idx(path, 3).ndim == 3
        except DataError as error:
            assert str(error).startswith(f"{path}: ")


def test_pictures_and_labels_must_belong_together(tmp_path):
    images, labels = tmp_path / "images", tmp_path / "labels"

    def pair(pictures, numbers):
        write(images, idx(pictures))
        write(labels, idx(np.array(numbers, dtype=np.uint8)))
        return read_pair(images, labels, classes=10)

    pictures, numbers = pair(PICTURES, [9, 0])
    assert (pictures.shape, numbers.tolist()) == ((2, 3, 4), [9, 0])
    with pytest.raises(DataError, match=r"labels: 3 labels for the 2 images of images"):
        pair(PICTURES, [1, 2, 3])
    with pytest.raises(DataError, match=r"labels: label 10, expected 0 to 9"):
        pair(PICTURES, [1, 10])
    with pytest.raises(DataError, match=r"images: has no images: 0x28x28"):
        pair(np.zeros((0, 28, 28), np.uint8), [])
    with pytest.raises(DataError, match=r"images: has no images: 2x0x28"):
        pair(np.zeros((2, 0, 28), np.uint8), [1, 2])
