"""Node's packages for the checks of the page's code: what `npm ci` brought, where somebody ran it."""

import os
import shutil
from pathlib import Path

import pytest


def node_modules():
    """Their folder. Without them the test is skipped, or fails where they were promised."""
    folder = Path(__file__).parents[1] / "node_modules"
    if shutil.which("node") is None or not folder.is_dir():
        reason = "no Node, or its packages are not there: npm ci"
        if os.environ.get("STRIATE_NODE") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    return folder
