"""The benchmark for a GPU, of which most machines have none: the script itself works."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "gpu.py"


def run(*arguments):
    """The script on a machine without a GPU."""
    return subprocess.run(
        [sys.executable, SCRIPT, *arguments],
        capture_output=True,
        encoding="utf-8",
        check=False,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": ""},
    )


def test_without_a_gpu_it_says_so():
    done = run()
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "gpu.py: this machine has no CUDA GPU, so there is nothing to measure; --dry-run tries the script\n"
    )


@pytest.mark.timeout(900)
def test_a_dry_run_comes_to_its_end():
    done = run("--dry-run")
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()[3:6]] == ["striate", "reference", "hand-tuned"]
    assert done.stdout.splitlines()[-1].startswith("alexnet:tiny, towers on cpu and cpu: logits differ")
