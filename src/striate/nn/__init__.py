"""A table as a `torch.nn.Module`; the model file; pretrained weights.

The ONNX graph is `striate.nn.onnx_graph`, which needs the extra `onnx`.
"""

from striate.nn.fold import fold
from striate.nn.initialize import initialize
from striate.nn.key_rules import class_rows
from striate.nn.layers import Conv2D, LocalResponseNorm, ScaledTanh, SparseConv2D, activation_module
from striate.nn.limits import check_parts, parse_json
from striate.nn.model_file import (
    MODEL_FILE_NAME,
    Metadata,
    Model,
    check_savable,
    find_model,
    load_model,
    read_metadata,
    save_model,
)
from striate.nn.network import NOT_FINITE, Network, Outputs, build, check_logits, device_of
from striate.nn.pooling import Pool2D, StridedIdentity, Subsample2D
from striate.nn.pretrained import from_torchvision_state_dict, to_torchvision_state_dict, torchvision_keys
from striate.nn.reliability import FeatureDistance, Reliability, WithFeatures, feature_row, map_statistics, unit_length
from striate.nn.relu_pooling import move_relus, relu_after_pooling
from striate.nn.towers import Towers

__all__ = [
    "MODEL_FILE_NAME",
    "NOT_FINITE",
    "Conv2D",
    "FeatureDistance",
    "LocalResponseNorm",
    "Metadata",
    "Model",
    "Network",
    "Outputs",
    "Pool2D",
    "Reliability",
    "ScaledTanh",
    "SparseConv2D",
    "StridedIdentity",
    "Subsample2D",
    "Towers",
    "WithFeatures",
    "activation_module",
    "build",
    "check_logits",
    "check_parts",
    "check_savable",
    "class_rows",
    "device_of",
    "feature_row",
    "find_model",
    "fold",
    "from_torchvision_state_dict",
    "initialize",
    "load_model",
    "map_statistics",
    "move_relus",
    "parse_json",
    "read_metadata",
    "relu_after_pooling",
    "save_model",
    "to_torchvision_state_dict",
    "torchvision_keys",
    "unit_length",
]
