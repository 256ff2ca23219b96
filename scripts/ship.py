"""Train the model that ships, and copy it with its model card into the package.

    python scripts/ship.py [--data-dir DIR]

The command below makes it. MNIST is found as by `striate train`; 20 epochs take a few minutes.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

MODELS = Path(__file__).parent.parent / "src" / "striate" / "models"
# Single precision, so that the scores are the same on every machine.
COMMAND = ("train", "lenet5:distorted", "--data", "mnist", "--seed", "0", "--precision", "float32")


def main() -> None:
    """Train in a temporary directory, then copy the model and its card."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", help="MNIST's folder, if Striate does not find it by itself")
    data_dir = ("--data-dir", options.data_dir) if (options := parser.parse_args()).data_dir else ()
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder, "lenet5")
        subprocess.run([sys.executable, "-m", "striate", *COMMAND, *data_dir, "--out", run], check=True)
        ship(run)


def ship(run: Path) -> None:
    """Copy a finished run's model, and its card without the pictures."""
    MODELS.mkdir(exist_ok=True)
    shutil.copyfile(run / "model.safetensors", MODELS / "lenet5.safetensors")
    body, _ = (run / "README.md").read_text(encoding="utf-8").split("\n## Use\n")
    card = "".join(line for line in body.splitlines(keepends=True) if not line.startswith("!["))
    (MODELS / "lenet5.md").write_text(card.replace("\n\n\n", "\n\n") + USE, encoding="utf-8", newline="\n")


USE = f"""
## Use

```
striate predict lenet5 photo.png
striate evaluate lenet5 --data mnist
```

A picture of another size than 28×28 is taken for a photo of one digit: the digit is cut out and set as MNIST's are.
It knows digits only, and gives every picture one of ten answers.

Made by `python scripts/ship.py`: `striate {" ".join(COMMAND)}`.
"""

if __name__ == "__main__":
    main()
