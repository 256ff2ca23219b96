"""Studies: several networks trained on the same pictures, what their differences are worth, and where one fails."""

from striate.studies.ablation import ablate, shared_weights
from striate.studies.ablation_results import (
    Ablation,
    TableResult,
    Variant,
    ablation_to_json,
    finding,
    interval,
    points,
)
from striate.studies.ablation_runs import AblationRun
from striate.studies.document_differences import Difference, differences
from striate.studies.error_analysis import ClassRates, ErrorAnalysis, analyze_errors
from striate.studies.model_comparison import (
    Change,
    ClassComparison,
    ModelComparison,
    compare_models,
    model_comparison_to_json,
)
from striate.studies.model_comparison_text import (
    change_rows,
    changes_in_words,
    difference_rows,
    score_rows,
    some_of_each,
    verdict,
    weights_in_words,
)
from striate.studies.paired import PairedDifference
from striate.studies.paired_answers import PairedAnswers
from striate.studies.proportions import difference_interval, wilson_interval
from striate.studies.slices import Slice, picture_properties, slice_accuracy
from striate.studies.snapshot_accuracy import SnapshotAccuracy, snapshot_accuracy
from striate.studies.story import (
    CHAPTERS,
    RESULTS_NAME,
    Chapter,
    ChapterResults,
    Result,
    Story,
    Training,
    story_of,
    tell_story,
    training_record,
    trainings,
)
from striate.studies.story_page import PAPER_RESULTS, PaperResult, story_page, story_picture, write_page
from striate.studies.trainings import trained
from striate.studies.weight_distance import TensorDistance, WeightDistance, weight_distance

__all__ = [
    "CHAPTERS",
    "PAPER_RESULTS",
    "RESULTS_NAME",
    "Ablation",
    "AblationRun",
    "Change",
    "Chapter",
    "ChapterResults",
    "ClassComparison",
    "ClassRates",
    "Difference",
    "ErrorAnalysis",
    "ModelComparison",
    "PairedAnswers",
    "PairedDifference",
    "PaperResult",
    "Result",
    "Slice",
    "SnapshotAccuracy",
    "Story",
    "TableResult",
    "TensorDistance",
    "Training",
    "Variant",
    "WeightDistance",
    "ablate",
    "ablation_to_json",
    "analyze_errors",
    "change_rows",
    "changes_in_words",
    "compare_models",
    "difference_interval",
    "difference_rows",
    "differences",
    "finding",
    "interval",
    "model_comparison_to_json",
    "picture_properties",
    "points",
    "score_rows",
    "shared_weights",
    "slice_accuracy",
    "snapshot_accuracy",
    "some_of_each",
    "story_of",
    "story_page",
    "story_picture",
    "tell_story",
    "trained",
    "training_record",
    "trainings",
    "verdict",
    "weight_distance",
    "weights_in_words",
    "wilson_interval",
    "write_page",
]
