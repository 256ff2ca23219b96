"""Which device a name means, what it can do, and how that is said."""

import devices
import pytest
import torch

from striate.errors import StriateError
from striate.runtime import DEVICE_VARIABLE, Device, find_device
from striate.runtime.abilities import Abilities, probe_device


@pytest.fixture(autouse=True)
def no_variable(monkeypatch):
    monkeypatch.delenv(DEVICE_VARIABLE, raising=False)


@pytest.fixture
def two_gpus(monkeypatch):
    """A machine with two GPUs, as far as torch's words go."""
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda check_available=False: torch.device("cuda"))
    monkeypatch.setattr(torch.accelerator, "device_count", lambda: 2)
    monkeypatch.setattr(torch.accelerator, "current_device_index", lambda: 0)


@pytest.mark.usefixtures("two_gpus")
@pytest.mark.parametrize(
    ("name", "local_rank", "found"),
    [
        ("auto", None, "cuda:0"),
        ("auto", 1, "cuda:1"),
        ("cuda", None, "cuda:0"),
        ("cuda", 1, "cuda:1"),
        ("cuda:1", 0, "cuda:1"),
        ("cpu", 1, "cpu"),
    ],
)
def test_the_device_of_a_name(name, local_rank, found):
    assert str(find_device("float32", local_rank, device=name).device) == found


@pytest.mark.usefixtures("two_gpus")
def test_the_environment_names_the_device_where_nothing_else_does(monkeypatch):
    monkeypatch.setenv(DEVICE_VARIABLE, "cuda:1")
    assert str(find_device("float32").device) == "cuda:1"
    assert str(find_device("float32", device="cpu").device) == "cpu"
    monkeypatch.setenv(DEVICE_VARIABLE, "gpu")
    with pytest.raises(StriateError, match=r"\$STRIATE_DEVICE: expected auto, cpu, .*, got 'gpu'"):
        find_device("float32")


@pytest.mark.usefixtures("two_gpus")
def test_a_device_that_is_not_there():
    with pytest.raises(StriateError) as raised:
        find_device(device="cuda:2")
    assert str(raised.value) == "device cuda:2: this machine has cuda:0, cuda:1; take cuda:0 or cpu"
    with pytest.raises(StriateError, match="device mps: this machine has cuda:0, cuda:1"):
        find_device(device="mps")


def test_a_machine_without_a_gpu(monkeypatch):
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda check_available=False: None)
    assert find_device().device == torch.device("cpu")
    with pytest.raises(StriateError) as raised:
        find_device(device="cuda")
    assert str(raised.value) == "device cuda: this machine has no GPU that torch can use; take cpu"


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:-1", "cuda:01", "CUDA", "cpu:0", "cuda:0 ", "자동"])
def test_a_name_of_no_device(name):
    with pytest.raises(StriateError, match="expected auto, cpu, cuda, cuda:N, mps or xpu, got"):
        find_device(device=name)


@pytest.mark.usefixtures("device")
def test_auto_is_the_accelerator_that_torch_has():
    found = find_device()
    assert found.device == torch.device(devices.NAME, 0)
    assert found.describe() == "Stand-in (stand_in:0), float32"
    assert found.caveats() == ("repetition is not exact",)


def test_what_a_device_lacks_is_found_out_once_and_said(device):
    device.lacks = {torch.float64, "aten::_upsample_bilinear2d_aa"}
    found = find_device()
    assert found.abilities == Abilities(float64=False, missing=("antialiased interpolation",))
    assert found.caveats() == ("no float64", "no antialiased interpolation", "repetition is not exact")
    device.lacks = frozenset()
    assert found.abilities.float64 is False  # it is not tried again


def test_a_precision_that_the_device_lacks_is_refused(device):
    device.lacks = {torch.bfloat16}
    with pytest.raises(StriateError) as raised:
        find_device("bfloat16")
    assert str(raised.value) == "device stand_in:0: has no bfloat16; take precision float32, or device cpu"


def test_an_error_of_the_trial_that_is_no_answer_is_raised(device):
    device.most_images = 0
    with pytest.raises(torch.OutOfMemoryError):
        probe_device(torch.device(devices.NAME, 0))


@pytest.mark.usefixtures("device")
def test_repetition_is_exact_by_torchs_deterministic_algorithms():
    torch.use_deterministic_algorithms(True)
    try:
        assert find_device().caveats() == ()
    finally:
        torch.use_deterministic_algorithms(False)


def test_the_seed_is_that_of_the_device_in_use(device):
    find_device().manual_seed(7)
    assert device.seed == 7


def test_the_cpu_needs_no_trial_and_has_no_caveats():
    cpu = Device(torch.device("cpu"), "bfloat16")
    assert cpu.caveats() == ()
    assert cpu.describe().startswith("cpu (")
