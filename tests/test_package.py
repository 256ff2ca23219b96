"""The package as it is installed: all its files, small enough for a slow line."""

import io
import zipfile
from pathlib import Path

import striate

ROOT = Path(striate.__file__).parent


def packed_bytes(files):
    """The bytes of these files in a zip file, as a wheel is one."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as wheel:
        for path in files:
            wheel.write(path, path.relative_to(ROOT.parent))
    return len(packed.getvalue())


def test_the_wheel_stays_below_six_megabytes():
    files = [path for path in ROOT.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    models = [path for path in files if path.suffix == ".safetensors"]
    assert packed_bytes(files) < 6_000_000
    assert packed_bytes(set(files) - set(models)) < 2_000_000  # what is left for four models


def test_the_samples_are_small():
    samples = list((ROOT / "models" / "sample_pictures").rglob("*.*"))
    assert len(samples) > 10
    assert sum(path.stat().st_size for path in samples) < 500_000
