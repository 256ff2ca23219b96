"""The trained models that ship in the package: a `.safetensors` file, and its model card beside it; sample pictures.

`scripts/ship.py` makes the models, `scripts/samples.py` the samples. Nothing of torch is imported here, so that
`striate list` can name the models without it.
"""

from striate.models.samples import SAMPLE_SETS, SamplePicture, SampleSet, load_samples, sample_set_of, samples_of
from striate.models.shipped import find_shipped, shipped_models

__all__ = [
    "SAMPLE_SETS",
    "SamplePicture",
    "SampleSet",
    "find_shipped",
    "load_samples",
    "sample_set_of",
    "samples_of",
    "shipped_models",
]
