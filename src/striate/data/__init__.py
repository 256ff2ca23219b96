"""Images in: named sets and folders, splits, decoding, packs, preprocessing, augmentation, batches."""

from striate.data.batches import Batch, Batches, eval_batch_size, preprocessed_batches, validation_batches
from striate.data.batching import FillMode, resample
from striate.data.checking import Findings, check_dataset
from striate.data.crops import check_ten_crops, ten_crops
from striate.data.decode import decode, decode_bytes, read_image, resize
from striate.data.digit import DIGIT_SEARCH_SIDE
from striate.data.folders import image_paths
from striate.data.named import NAMED, is_available, load_named
from striate.data.options import DataOptions
from striate.data.pack import Progress
from striate.data.pictures import ArrayPictures, BadImage, Bytes, Dataset, ImageSet, Pictures
from striate.data.preprocessing import normalize, preprocess, scale_images
from striate.data.sources import DataKind, DataSource, data_kind, load_dataset, stored_side

__all__ = [
    "DIGIT_SEARCH_SIDE",
    "NAMED",
    "ArrayPictures",
    "BadImage",
    "Batch",
    "Batches",
    "Bytes",
    "DataKind",
    "DataOptions",
    "DataSource",
    "Dataset",
    "FillMode",
    "Findings",
    "ImageSet",
    "Pictures",
    "Progress",
    "check_dataset",
    "check_ten_crops",
    "data_kind",
    "decode",
    "decode_bytes",
    "eval_batch_size",
    "image_paths",
    "is_available",
    "load_dataset",
    "load_named",
    "normalize",
    "preprocess",
    "preprocessed_batches",
    "read_image",
    "resample",
    "resize",
    "scale_images",
    "stored_side",
    "ten_crops",
    "validation_batches",
]
