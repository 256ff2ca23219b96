"""The networks by torch.hub, from this checkout as it is cloned, in a process that has what `dependencies` names."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import torch

import striate
from striate.models import shipped_models
from striate.tables import ARCHITECTURES

ROOT = Path(__file__).parent.parent
PROGRAM = """
import json, runpy, sys
import torch

for name in json.loads(sys.argv[2]):
    sys.modules[name] = None  # as if it were not installed
where = {"repo_or_dir": sys.argv[1], "source": "local", "skip_validation": True}
listed = [name for name in runpy.run_path(sys.argv[1] + "/hubconf.py") if not name.startswith("_")]
network = torch.hub.load(**where, model="resnet20", pretrained=True)
other = torch.hub.load(**where, model="alexnet:tiny", classes=7, seed=0)
torch.save({"resnet20": network.state_dict(), "alexnet:tiny": other.state_dict()}, sys.argv[3])
import striate
print(json.dumps({"listed": listed, "training": network.training, "file": striate.__file__}))
"""
PACKAGES = {"scikit-learn": "sklearn", "pillow": "PIL", "markdown-it-py": "markdown_it"}
"""Modules that have not their package's name."""


def test_the_networks_load_with_the_stated_dependencies_alone(tmp_path):
    required = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    names = {re.match(r"[\w-]+", requirement)[0] for requirement in required}
    (stated,) = re.findall(r"^dependencies = (.*)$", (ROOT / "hubconf.py").read_text(encoding="utf-8"), re.MULTILINE)
    missing = {PACKAGES.get(name, name.replace("-", "_")) for name in names} - {*json.loads(stated), "torch"}
    command = [sys.executable, "-c", PROGRAM, ROOT, json.dumps(sorted(missing)), tmp_path / "weights.pt"]
    done = json.loads(
        subprocess.run(command, cwd=tmp_path, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
    )
    assert {*ARCHITECTURES} <= {*done["listed"]}
    assert not done["training"]
    assert Path(done["file"]).is_relative_to(ROOT / "src")
    found = torch.load(tmp_path / "weights.pt")
    expected = {
        "resnet20": striate.load(shipped_models()["resnet20"]).model.network,
        "alexnet:tiny": striate.build("alexnet:tiny", classes=7, seed=0),
    }
    for name, network in expected.items():
        assert found[name].keys() == network.state_dict().keys()
        assert all(torch.equal(found[name][key], tensor) for key, tensor in network.state_dict().items())
