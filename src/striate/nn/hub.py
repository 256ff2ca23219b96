"""Models on the Hugging Face Hub, by address: huggingface_hub (the extra `hub`) fetches them into its cache."""

from __future__ import annotations

import re
from pathlib import Path

from striate.errors import ModelError
from striate.text import first_line

_ADDRESS = re.compile(r"hf://([\w.-]+/[\w.-]+)(?:@(\S+))?", re.ASCII)
_FILE = "model.safetensors"


def fetch_from_hub(address: str) -> Path:
    """The model file at hf://OWNER/NAME or hf://OWNER/NAME@REVISION, in the Hub's cache.

    The Hub is asked for a newer one each time; where it cannot be reached, the file that was fetched before is taken.
    ModelError, naming the address, if there is none.

    >>> fetch_from_hub("hf://lenet5")
    Traceback (most recent call last):
    striate.errors.ModelError: hf://lenet5: expected hf://OWNER/NAME or hf://OWNER/NAME@REVISION
    """
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise ModelError(f"{address}: expected hf://OWNER/NAME or hf://OWNER/NAME@REVISION")
    try:
        import huggingface_hub as hub
    except ImportError:
        raise ModelError(f"{address}: huggingface_hub is not installed: pip install 'striate[hub]'") from None
    repository, revision = found.groups()
    fault = ""
    try:
        # hf_hub_download would ask six times, for 23 seconds, where there is no network.
        hub.get_hf_file_metadata(hub.hf_hub_url(repository, _FILE, revision=revision), library_name="striate")
    except hub.errors.RemoteEntryNotFoundError:
        raise ModelError(f"{address}: has no {_FILE}, so it is no model of Striate") from None
    except hub.errors.RevisionNotFoundError:
        raise ModelError(f"{address}: has no such revision") from None
    except hub.errors.RepositoryNotFoundError:  # also of one that is private or gated
        raise ModelError(f"{address}: no such model, or one that needs `hf auth login`") from None
    except Exception as error:  # whatever the net raises
        fault = first_line(error)
    try:
        return Path(hub.hf_hub_download(repository, _FILE, revision=revision, local_files_only=bool(fault)))
    except Exception as error:
        raise ModelError(f"{address}: cannot be fetched ({fault or first_line(error)})") from None
