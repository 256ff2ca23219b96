"""Model files that somebody made to do harm, or that a disk has damaged: one clear line, at once, for little memory."""

import json
import os
import pickle
import random
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch

from striate.errors import ModelError
from striate.models import shipped_models
from striate.nn import header
from striate.nn.build import build
from striate.nn.model_file import Model, load, save

SHIPPED = shipped_models()["lenet5"]


def unpacked(content):
    """A .safetensors file's header, as data, and its tensors' bytes."""
    length = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def packed(head, data=b""):
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    return struct.pack("<Q", len(text)) + text + data


HEAD, DATA = unpacked(SHIPPED.read_bytes())
METADATA = json.loads(HEAD["__metadata__"]["striate"])


def with_text(text):
    """The model that ships with another text as its metadata, and no checksum."""
    return packed({**HEAD, "__metadata__": {"striate": text}}, DATA)


def with_metadata(**parts):
    return with_text(json.dumps({**METADATA, **parts}))


def with_table(**fields):
    return with_metadata(table={**METADATA["table"], **fields})


def with_rows(*rows, last=True):
    """A table of these rows, and a Dense one after them."""
    after = [{"type": "Dense", "name": "Out", "units": 10}] if last else []
    return with_table(rows=[*rows, *after], recipe={"loss": "cross_entropy"}, expected=None)


def inside(depth, row):
    for _ in range(depth):
        row = {"type": "Add", "name": "a", "body": [row]}
    return row


def with_tensor(name, **fields):
    return packed({**HEAD, name: {**HEAD[name], **fields}}, DATA)


DROPOUT = {"type": "Dropout", "name": "d"}
TEXT = HEAD["__metadata__"]["striate"]
FIRST = next(name for name in HEAD if name != "__metadata__")
HOSTILE = {
    "an empty file": (b"", "no header of .safetensors"),
    "seven bytes": (b"striate", "no header"),
    "a pickle": (pickle.dumps({"C1.weight": [1.0]}), "no header of .safetensors; pickles and archives are not read"),
    "a header longer than the file": (struct.pack("<Q", 2**63) + b"{}", "no header"),
    "a long header": (packed(b" " * (header.MOST_BYTES + 1)), "a header of 4,000,001 bytes, where 4,000,000 are the"),
    "a header of nested lists": (packed(b"[" * 1_000_000), "not a model file"),
    "a header of nested objects": (packed(b'{"a":' * 500_000), "not a model file"),
    "a header that is no text": (packed(bytes(range(128, 256)) * 1000), "not a model file"),
    "no metadata": (packed({}), "not a Striate model of format 1"),
    "metadata that are a list": (packed({"__metadata__": []}), "not a model file"),
    "metadata that are a number": (with_text("17"), "not a Striate model of format 1"),
    "metadata that are no JSON": (with_text("{"), "not a model file"),
    "metadata of nested lists": (with_text("[" * 100_000), "recursion"),
    "metadata of many empty lists": (with_text(f"[{'[],' * 1_000_000}[]]"), "not a Striate model of format 1"),
    "a key twice": (with_text('{"format": 2, ' + TEXT[1:]), "an object has a key twice: format, format"),
    "a number of 4000 digits": (with_metadata(x=int("9" * 4000)), "a whole number of 4000 digits"),
    "NaN": (with_metadata(scores={"top1": float("nan")}), "NaN is no finite number"),
    "1e999": (with_text(TEXT.replace('"seconds": ', '"seconds": 1e999, "x": ', 1)), "1e999 is no finite number"),
    "half a character": (with_metadata(classes=["\ud800", *"123456789"]), "the name of a class is no text"),
    "a class that is a number": (with_metadata(classes=[*range(10)]), "classes are not a list of names"),
    "one class twice": (with_metadata(classes=["a"] * 10), "two classes have one name"),
    "many classes": (with_metadata(classes=[str(i) for i in range(300_000)]), "300000 class names for a table with"),
    "training that is a list": (with_metadata(training=[]), "training and scores are not objects"),
    "no table": (with_metadata(table=None), "table: expected fields, got None"),
    "a table that is a word": (with_metadata(table="lenet5"), "table: expected fields"),
    "a long word for a table": (with_metadata(table="x" * 1_000_000), "table: expected fields, got 'xxx"),
    "a row of no kind": (with_rows({"type": "Exec", "name": "a"}), "unknown type 'Exec'"),
    "a long name of a row": (with_rows({**DROPOUT, "name": "d" * 1_000_000}), "a name has at most 100 letters"),
    "a long name around many rows": (
        with_rows({"type": "Add", "name": "a" * 1_000_000, "body": [{**DROPOUT, "rate": "x"}] * 15_000}),
        "rate: expected a finite number, got 'x'",
    ),
    "a name of torch's": (with_rows({**DROPOUT, "name": "forward"}), "the name 'forward' is taken by torch.nn.Module"),
    "a million units": (with_rows({"type": "Dense", "name": "F", "units": 10**9}), "parameters, too many for a file of"),
    "10^20 - 1 maps": (with_rows({"type": "Conv", "name": "C", "maps": 10**20 - 1, "kernel": 1}), "too many for a file"),
    "a kernel of 10^9": (
        with_rows({"type": "Conv", "name": "C", "maps": 1, "kernel": 10**9, "padding": 10**9}),
        "parameters, too many for a file of",
    ),
    "classes without end": (with_rows({"type": "Dense", "name": "Out", "units": 10**18}, last=False), "10 class names"),
    "an input of 10^6 x 10^6": (
        with_table(input=[1, 10**6, 10**6], rows=[{"type": "AveragePool", "name": "S", "kernel": 10**6, "stride": 1},
                                                  {"type": "Dense", "name": "Out", "units": 10}],
                   recipe={"loss": "cross_entropy"}, expected=None, preprocessing={}),
        "one image needs 4,000 GB, and this machine has",
    ),
    "padding of 10^6": (
        with_rows({"type": "MaxPool", "name": "S", "kernel": 10**6, "stride": 10**6, "padding": 10**6 - 1}),
        "GB, and this machine has",
    ),
    "maps of zeros": (with_rows({"type": "Identity", "name": "I", "maps": 10**9}), "too many for a file of"),
    "10^8 windows": (
        with_table(input=[1, 10**8, 10**8], preprocessing={}, recipe={"loss": "cross_entropy"}, expected=None,
                   rows=[{"type": "AdaptiveAveragePool", "name": "S", "size": 10**8},
                         {"type": "Dense", "name": "Out", "units": 10}]),
        "too many for a file",
    ),
    "a figure of 10^7 pixels": (
        with_table(preprocessing={**METADATA["table"]["preprocessing"], "figure": [20, 10**7]}),
        "one image needs 400,000 GB",
    ),
    "many rows": (with_rows(*({**DROPOUT, "name": f"d{i}"} for i in range(80_000))), "rows and lists in them, where"),
    "many connections": (
        with_rows({"type": "Conv", "name": "C", "maps": 600_000, "kernel": 1, "connections": [[0]] * 600_000}),
        "600,0",
    ),
    "sparse kernels, written out": (
        with_rows({"type": "AdaptiveAveragePool", "name": "A", "size": 1},
                  {"type": "Identity", "name": "I", "maps": 10**8},
                  {"type": "Conv", "name": "C", "maps": 1000, "kernel": 1, "connections": [[0]] * 1000}),
        "one image needs 400 GB, and this machine has",
    ),
    "many prototypes": (with_rows({"type": "RBF", "name": "R", "prototypes": [["#"]] * 300_000}), "rows and lists in"),
    "branches without end": (with_rows(inside(17, DROPOUT)), "row d: stands inside more than 16 others"),
    "branches that no stack bears": (with_rows(inside(200, DROPOUT)), "parts stand inside one another too deeply"),
    "a wide tower": (with_table(towers=10**18), "towers"),
    "a missing tensor": (packed({n: v for n, v in HEAD.items() if n != FIRST}, DATA), "not a model file"),
    "another dtype": (with_tensor(FIRST, dtype="I32"), f"tensor {FIRST} is I32"),
    "a narrow dtype": (with_tensor(FIRST, dtype="F16"), "not a model file"),
    "a dtype that there is not": (with_tensor(FIRST, dtype="X99"), "not a model file"),
    "another shape": (with_tensor(FIRST, shape=[10**12]), "not a model file"),
    "a shape that overflows": (with_tensor(FIRST, shape=[2**32, 2**32]), "not a model file"),
    "a negative shape": (with_tensor(FIRST, shape=[-1]), "not a model file"),
    "overlapping tensors": (with_tensor("C1.weight", data_offsets=[0, 600]), "not a model file"),
    "bytes after the last tensor": (SHIPPED.read_bytes() + b"\0" * 1_000_000, "not a model file"),
    "a hole between tensors": (
        packed({n: {**v, "data_offsets": [o + 8 for o in v["data_offsets"]]} if n != "__metadata__" else v
                for n, v in HEAD.items()}, b"\0" * 8 + DATA),
        "not a model file",
    ),
}  # fmt: skip

LOADER = """
import json, sys, time
from pathlib import Path
from striate.errors import ModelError
from striate.nn.model_file import load
load(Path("lenet5"))  # what the libraries take themselves
def kilobytes(what):
    return next(int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines() if what in line)
for path in map(Path, sys.argv[1:]):
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before, begun = kilobytes("VmRSS"), time.process_time()
    try:
        said = f"loaded {load(path)}"
    except ModelError as error:
        said = str(error)
    print(json.dumps([said, time.process_time() - begun, kilobytes("VmHWM") - before]))
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the peak of memory is read as Linux has it")
def test_hostile_files_are_refused_in_one_line_at_once_for_little_memory(tmp_path):
    paths = [tmp_path / f"{number}.safetensors" for number in range(len(HOSTILE))]
    for path, (content, _) in zip(paths, HOSTILE.values(), strict=True):
        path.write_bytes(content)
    done = subprocess.run([sys.executable, "-c", LOADER, *map(str, paths)], capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    for path, (name, (_, expected)), (said, seconds, kilobytes) in zip(paths, HOSTILE.items(), answers, strict=True):
        assert said.startswith(f"{path}: "), (name, said)
        assert expected in said, (name, said)
        assert "\n" not in said, name
        assert len(said) < len(str(path)) + 500, name
        assert seconds < 3, (name, seconds)
        assert kilobytes < 200_000, (name, kilobytes)


class Trap:
    """What a pickle may hold: unpickled, it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def refusal(path):
    with pytest.raises(ModelError) as caught:
        load(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")
    return str(caught.value)


@pytest.mark.parametrize("name", ["model.pt", "model.pth", "model.pkl", "model.safetensors"])
def test_a_pickle_is_never_unpickled(tmp_path, name):
    trap, path = tmp_path / "sprung", tmp_path / name
    torch.save({"C1.weight": Trap(trap)}, path)
    assert "pickles and archives are not read" in refusal(path)
    path.write_bytes(pickle.dumps(Trap(trap)))
    assert "pickles and archives are not read" in refusal(path)
    assert not trap.exists()
    pickle.loads(path.read_bytes()).close()
    assert trap.exists()  # the trap would have shut


def test_what_is_not_a_file(tmp_path):
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        archive.write(SHIPPED, "model.safetensors")
    assert "pickles and archives are not read" in refusal(tmp_path / "m.zip")
    os.mkfifo(tmp_path / "pipe.safetensors")
    assert "not a file; expected" in refusal(tmp_path / "pipe.safetensors")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert "no such model" in refusal(tmp_path / "loop")
    assert "no such model" in refusal(tmp_path / "a\0b")
    assert "File name too long" in refusal(tmp_path / ("a" * 300))
    (tmp_path / "run" / "model.safetensors").mkdir(parents=True)
    with pytest.raises(ModelError, match=r"run/model\.safetensors: not a file"):
        load(tmp_path / "run")


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    def refuse(path, *_):
        raise PermissionError(13, "Permission denied", str(path))

    (tmp_path / "m.safetensors").write_bytes(b"")
    monkeypatch.setattr(Path, "open", refuse)  # whoever runs the tests may be root, who may read everything
    assert refusal(tmp_path / "m.safetensors").endswith("m.safetensors: Permission denied")


def test_what_the_machine_cannot_hold_is_refused(monkeypatch):
    monkeypatch.setattr(header, "machine_memory", lambda: 100_000)
    with pytest.raises(ModelError, match="one image needs 0 GB, and this machine has 0 GB"):
        load(SHIPPED)


def test_what_could_not_be_loaded_is_not_saved(tmp_path):
    model = load(SHIPPED)
    skipped = [{"path": "x" * 100, "reason": "damaged"}] * 40_000
    with pytest.raises(
        ModelError, match=r"cannot be saved: a header of [45],\d+,\d+ bytes, where 4,000,000 are the most"
    ):
        save(tmp_path / "m.safetensors", Model(model.network, model.classes, {"skipped": skipped}, {}))
    assert not list(tmp_path.iterdir())


def test_a_file_without_a_checksum_is_read(tmp_path):
    path = tmp_path / "m.safetensors"
    path.write_bytes(packed({**HEAD, "__metadata__": {"striate": TEXT}}, DATA))
    assert load(path).classes == tuple("0123456789")
    path.write_bytes(packed(HEAD, bytes([DATA[0] ^ 1]) + DATA[1:]))
    assert "damaged: its numbers are not those that were saved" in refusal(path)


def mutated(content, draw):
    """A copy with a few bits flipped, bytes cut out, put in or doubled: mostly in the header, where there is more to hit."""
    content, end = bytearray(content), 8 + int.from_bytes(content[:8], "little")
    for _ in range(draw.choice((1, 1, 2, 8))):
        at = draw.randrange(draw.choice((8, end, len(content))))
        match draw.randrange(5):
            case 0:
                content[at] ^= 1 << draw.randrange(8)
            case 1:
                content[at] = draw.choice(b'0129"[]{},:.-e\\ \0\xff')
            case 2:
                del content[at : at + draw.choice((1, 4, 1000))]
            case 3:
                content[at:at] = content[at : at + draw.choice((1, 4, 1000))]
            case 4:
                del content[at:]
        if len(content) < 9:
            break
        end = min(end, len(content))
    return bytes(content)


def test_damage_is_found_or_changes_nothing(tmp_path):
    draw, path, whole = random.Random(0), tmp_path / "m.safetensors", load(SHIPPED)
    content, refused = SHIPPED.read_bytes(), 0
    for _ in range(1000):
        path.write_bytes(mutated(content, draw))
        try:
            model = load(path)
        except ModelError as error:
            refused += 1
            assert "\n" not in str(error)
            continue
        assert (model.network.table, model.classes) == (whole.network.table, whole.classes)
        state = model.network.state_dict()
        assert all(torch.equal(tensor, state[name]) for name, tensor in whole.network.state_dict().items())
    assert refused > 900


def test_buffers_that_are_not_in_the_file_are_right_in_a_loaded_network(tmp_path):
    network = build("lenet5", seed=0)
    save(tmp_path / "m.safetensors", Model(network, tuple("0123456789"), {}, {}))
    loaded = load(tmp_path / "m.safetensors").network
    for name, buffer in network.named_buffers():
        assert torch.equal(loaded.get_buffer(name), buffer)
    assert {name.split(".")[1] for name, _ in loaded.named_buffers()} == {"sources", "targets", "fan_ins", "prototypes"}
