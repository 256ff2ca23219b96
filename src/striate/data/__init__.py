"""Images in: named sets and folders, splits, decoding, packs, preprocessing, augmentation, batches."""

from striate.data.batches import (
    Batch,
    Batches,
    Variation,
    eval_batch_size,
    preprocessed_batches,
    validation_batches,
)
from striate.data.checking import Findings, check_dataset
from striate.data.color_jitter import principal_components
from striate.data.decisions import DECISIONS_NAME, DecidedListing, PictureDecision, list_decided, relative_path
from striate.data.decode import LargePictureError, decode_bytes, decode_picture, ignore_metadata_warnings, read_file
from striate.data.digests import Digests, as_bytes, as_digests, digest_file
from striate.data.encode import encode_png
from striate.data.folders import ImageEntry, describe_folder
from striate.data.geometry import Reals
from striate.data.image_paths import describe_paths, image_paths
from striate.data.named import NAMED, NamedSet, digit_shades, is_available, load_named
from striate.data.network_input import (
    Decoded,
    ImageSource,
    decode_input,
    decode_side,
    is_image_source,
    notes_on,
    read_input,
    read_inputs,
    read_noted_input,
)
from striate.data.options import DataOptions
from striate.data.pack import ProgressCallback
from striate.data.picture_file import stored_size
from striate.data.pictures import ArrayPictures, BadImage, Bytes, Dataset, ImageSet, Part, Pictures
from striate.data.prefetch import prefetch
from striate.data.preprocessing import as_training_images, normalize, preprocess
from striate.data.sources import DataKind, DataSource, data_kind, folder_of, load_dataset, split_parts
from striate.data.ten_crops import check_ten_crops, ten_crops
from striate.data.transforms import LUMA, FillMode, convert_channels, resample, resize, resize_batch

__all__ = [
    "DECISIONS_NAME",
    "LUMA",
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
    "DecidedListing",
    "Decoded",
    "Digests",
    "FillMode",
    "Findings",
    "ImageEntry",
    "ImageSet",
    "ImageSource",
    "LargePictureError",
    "NamedSet",
    "Part",
    "PictureDecision",
    "Pictures",
    "ProgressCallback",
    "Reals",
    "Variation",
    "as_bytes",
    "as_digests",
    "as_training_images",
    "check_dataset",
    "check_ten_crops",
    "convert_channels",
    "data_kind",
    "decode_bytes",
    "decode_input",
    "decode_picture",
    "decode_side",
    "describe_folder",
    "describe_paths",
    "digest_file",
    "digit_shades",
    "encode_png",
    "eval_batch_size",
    "folder_of",
    "ignore_metadata_warnings",
    "image_paths",
    "is_available",
    "is_image_source",
    "list_decided",
    "load_dataset",
    "load_named",
    "normalize",
    "notes_on",
    "prefetch",
    "preprocess",
    "preprocessed_batches",
    "principal_components",
    "read_file",
    "read_input",
    "read_inputs",
    "read_noted_input",
    "relative_path",
    "resample",
    "resize",
    "resize_batch",
    "split_parts",
    "stored_size",
    "ten_crops",
    "validation_batches",
]
