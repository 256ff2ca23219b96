"""Training: the trainer, its loss, optimizer, schedule and metrics; runs with checkpoints and a report; callbacks."""

from striate.training.adapt import adapt_to_dataset
from striate.training.api import data_name, recompute, resume, train
from striate.training.callbacks import Callback, Epoch, Progress
from striate.training.figure_text import figure_png, has_letters
from striate.training.loss import eval_loss, make_loss, total_loss
from striate.training.metrics import Bin, Scores, calibration, predict_logits, score, worst_mistakes
from striate.training.metrics_logger import MetricsLogger
from striate.training.model_card import reliability_section
from striate.training.optimizer import Optimizer
from striate.training.reliability import (
    COVERAGES,
    FALSE_ALARMS,
    calibrate,
    conformal_threshold,
    fit_distance,
    fit_temperature,
    prediction_sets,
)
from striate.training.replay import REPLAY_FOLDER, REPLAY_PICTURE_NAME, find_snapshots, replay_steps
from striate.training.run_config import MODEL_CARD_NAME, RUN_CONFIG_NAME, Options, RunConfig, load_run_config
from striate.training.run_directory import METRICS_NAME, RUN_FILES, run_holder
from striate.training.run_report import SAMPLES_FOLDER
from striate.training.schedule import learning_rate
from striate.training.session import Run
from striate.training.step_result import StepResult
from striate.training.tensorboard import TENSORBOARD_FOLDER
from striate.training.trained_on import PICTURES_NAME, PictureList, TrainedOn, trained_options
from striate.training.trainer import Trainer, TrainState

__all__ = [
    "COVERAGES",
    "FALSE_ALARMS",
    "METRICS_NAME",
    "MODEL_CARD_NAME",
    "PICTURES_NAME",
    "REPLAY_FOLDER",
    "REPLAY_PICTURE_NAME",
    "RUN_CONFIG_NAME",
    "RUN_FILES",
    "SAMPLES_FOLDER",
    "TENSORBOARD_FOLDER",
    "Bin",
    "Callback",
    "Epoch",
    "MetricsLogger",
    "Optimizer",
    "Options",
    "PictureList",
    "Progress",
    "Run",
    "RunConfig",
    "Scores",
    "StepResult",
    "TrainState",
    "TrainedOn",
    "Trainer",
    "adapt_to_dataset",
    "calibrate",
    "calibration",
    "conformal_threshold",
    "data_name",
    "eval_loss",
    "figure_png",
    "find_snapshots",
    "fit_distance",
    "fit_temperature",
    "has_letters",
    "learning_rate",
    "load_run_config",
    "make_loss",
    "predict_logits",
    "prediction_sets",
    "recompute",
    "reliability_section",
    "replay_steps",
    "resume",
    "run_holder",
    "score",
    "total_loss",
    "train",
    "trained_options",
    "worst_mistakes",
]
