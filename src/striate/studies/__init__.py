"""Studies: several networks trained on the same pictures, and what their differences are worth."""

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
    "Difference",
    "ModelComparison",
    "PairedAnswers",
    "PairedDifference",
    "PaperResult",
    "Result",
    "Story",
    "TableResult",
    "TensorDistance",
    "Training",
    "Variant",
    "WeightDistance",
    "ablate",
    "ablation_to_json",
    "change_rows",
    "changes_in_words",
    "compare_models",
    "difference_rows",
    "differences",
    "finding",
    "interval",
    "model_comparison_to_json",
    "points",
    "score_rows",
    "shared_weights",
    "some_of_each",
    "story_of",
    "story_page",
    "story_picture",
    "tell_story",
    "trained",
    "trainings",
    "verdict",
    "weight_distance",
    "weights_in_words",
    "write_page",
]
