"""A model for the Hugging Face Hub: its file and its card, which huggingface_hub's own mixin uploads.

Needs the extra `hub`.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from huggingface_hub import ModelCard, ModelHubMixin

from striate.nn import MODEL_FILE_NAME

_CARD = "README.md"
_USE = re.compile(r"^## Use\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
"""The section of a run's card with commands for its directory."""


class HubModel(
    ModelHubMixin,
    library_name="striate",
    pipeline_tag="image-classification",
    tags=["image-classification"],
):
    """A model that `save` writes to a path, with its card, if it has one; the card's pictures lie beside it.

    The mixin would write a dataclass such as `Model` into a config.json, so it is given none.
    """

    def __init__(self, save: Callable[[Path], None], card: Path | None) -> None:
        self.save, self.card = save, card

    def _save_pretrained(self, save_directory: Path) -> None:
        """Write the model file, and copy the pictures of the card."""
        self.save(save_directory / MODEL_FILE_NAME)
        for picture in () if self.card is None else _pictures(self.card):
            shutil.copyfile(picture, save_directory / picture.name)

    def generate_model_card(self, repository: str, **kwargs: Any) -> ModelCard:
        """The card with what the Hub reads of it in front, and with how the model is used from there."""
        if self.card is None:
            return super().generate_model_card(model_id=repository, **kwargs)
        text = _USE.sub("", self.card.read_text(encoding="utf-8")).rstrip()
        data = self._hub_mixin_info.model_card_data.to_yaml()
        return ModelCard(f"---\n{data}\n---\n\n{text}\n\n{_usage(repository)}")


def find_card(path: Path | None) -> Path | None:
    """The card of the model file at a path: that of its run directory, or of the model that ships; None without one."""
    if path is None:
        return None
    card = path.parent / _CARD if path.name == MODEL_FILE_NAME else path.with_suffix(".md")
    return card if card.is_file() else None


def _pictures(card: Path) -> list[Path]:
    """The pictures that a card shows from its own folder."""
    names = re.findall(r"!\[[^]]*\]\(([\w.-]+)\)", card.read_text(encoding="utf-8"))
    return [card.parent / name for name in names if (card.parent / name).is_file()]


def _usage(repository: str) -> str:
    return f"""## Use

```
pip install 'striate[hub]'
striate predict hf://{repository} photo.jpg
```

```python
import striate

striate.load("hf://{repository}").predict("photo.jpg")
```
"""
