"""A trained model in use: the predictor, its engines, evaluation, export."""

from striate.inference.choose import EngineChoice, PrecisionChoice, choose_engine
from striate.inference.engines import Engine, EngineName, EnginePrecision
from striate.inference.evaluation import Evaluation, Mistake
from striate.inference.export import EXPORT_CHECK_BATCHES, export_model
from striate.inference.prediction import Prediction
from striate.inference.predictor import Outputs, Predictor, calibration_inputs, load
from striate.inference.torchrun import predict_distributed

__all__ = [
    "EXPORT_CHECK_BATCHES",
    "Engine",
    "EngineChoice",
    "EngineName",
    "EnginePrecision",
    "Evaluation",
    "Mistake",
    "Outputs",
    "PrecisionChoice",
    "Prediction",
    "Predictor",
    "calibration_inputs",
    "choose_engine",
    "export_model",
    "load",
    "predict_distributed",
]
