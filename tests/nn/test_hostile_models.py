"""Model files that somebody made to do harm, or that a disk has damaged: one clear line, at once, for little memory."""

import json
import os
import pickle
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch
from hostile_files import DATA, HEAD, HOSTILE, SHIPPED, TEXT, packed
from systems import posix

from striate.errors import ModelError
from striate.nn import limits
from striate.nn.model_file import Model, load_model, save_model
from striate.nn.network import build

LOADER = """
import json, sys, time
from pathlib import Path
from striate.errors import ModelError
from striate.nn.model_file import load_model
load_model(Path("lenet5"))  # what the libraries take themselves
def kilobytes(what):
    return next(int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines() if what in line)
for path in map(Path, sys.argv[1:]):
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before, begun = kilobytes("VmRSS"), time.process_time()
    try:
        said = f"loaded {load_model(path)}"
    except ModelError as error:
        said = str(error)
    print(json.dumps([said, time.process_time() - begun, kilobytes("VmHWM") - before]))
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the peak of memory is read as Linux has it")
def test_hostile_files_are_refused_in_one_line_at_once_for_little_memory(tmp_path):
    paths = [tmp_path / f"{number}.safetensors" for number in range(len(HOSTILE))]
    for path, (content, _) in zip(paths, HOSTILE.values(), strict=True):
        path.write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-c", LOADER, *map(str, paths)], capture_output=True, encoding="utf-8", check=True
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    for path, (name, (_, expected)), (said, seconds, kilobytes) in zip(paths, HOSTILE.items(), answers, strict=True):
        assert said.startswith(f"{path}: "), (name, said)
        assert expected in said, (name, said)
        assert "\n" not in said, name
        assert len(said) < len(str(path)) + 500, name
        assert seconds < 20, (name, seconds)  # of the processor's: a bomb would take minutes
        assert kilobytes < 200_000, (name, kilobytes)


class Trap:
    """What a pickle may hold: unpickled, it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def refusal(path):
    with pytest.raises(ModelError) as caught:
        load_model(path)
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


@posix
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
        load_model(tmp_path / "run")


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    def refuse(path, *_):
        raise PermissionError(13, "Permission denied", str(path))

    (tmp_path / "m.safetensors").write_bytes(b"")
    monkeypatch.setattr(Path, "open", refuse)  # whoever runs the tests may be root, who may read everything
    assert refusal(tmp_path / "m.safetensors").endswith("m.safetensors: Permission denied")


def test_what_the_machine_cannot_hold_is_refused(monkeypatch):
    monkeypatch.setattr(limits, "machine_memory", lambda: 100_000)
    with pytest.raises(ModelError, match="one image needs 0 GB, and this machine has 0 GB"):
        load_model(SHIPPED)


def test_what_could_not_be_loaded_is_not_saved(tmp_path):
    model = load_model(SHIPPED)
    skipped = [{"path": "x" * 100, "reason": "damaged"}] * 40_000
    with pytest.raises(
        ModelError, match=r"cannot be saved: a header of [45],\d+,\d+ bytes, where 4,000,000 are the most"
    ):
        save_model(tmp_path / "m.safetensors", Model(model.network, model.classes, {"skipped": skipped}, {}))
    assert not list(tmp_path.iterdir())


def test_a_file_without_a_checksum_is_read(tmp_path):
    path = tmp_path / "m.safetensors"
    path.write_bytes(packed({**HEAD, "__metadata__": {"striate": TEXT}}, DATA))
    assert load_model(path).classes == tuple("0123456789")
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
    draw, path, whole = random.Random(0), tmp_path / "m.safetensors", load_model(SHIPPED)
    content, refused = SHIPPED.read_bytes(), 0
    for _ in range(1000):
        path.write_bytes(mutated(content, draw))
        try:
            model = load_model(path)
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
    save_model(tmp_path / "m.safetensors", Model(network, tuple("0123456789"), {}, {}))
    loaded = load_model(tmp_path / "m.safetensors").network
    for name, buffer in network.named_buffers():
        assert torch.equal(loaded.get_buffer(name), buffer)
    assert {name.split(".")[1] for name, _ in loaded.named_buffers()} == {"sources", "targets", "fan_ins", "prototypes"}
