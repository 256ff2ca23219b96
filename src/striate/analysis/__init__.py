"""What a table costs: parameters, multiply-adds, memory, receptive fields; reports and comparisons."""

from striate.analysis.compare import Comparison, ModuleCost, compare, comparison_to_json, ratio
from striate.analysis.cost import Cost, row_cost, step_cost, total_cost, trained_cost
from striate.analysis.memory import BYTES_PER_VALUE, inference_memory, maps_memory, training_memory
from striate.analysis.receptive_field import ReceptiveField, receptive_fields, row_field
from striate.analysis.report import (
    SUMMARY_NUMBERS,
    Report,
    RowReport,
    report_to_json,
    summarize,
    summary_columns,
    summary_lines,
    total_with_heads,
)
from striate.analysis.suggestions import Fix, Place, places, replace_at, suggest_fixes, suggest_values

__all__ = [
    "BYTES_PER_VALUE",
    "SUMMARY_NUMBERS",
    "Comparison",
    "Cost",
    "Fix",
    "ModuleCost",
    "Place",
    "ReceptiveField",
    "Report",
    "RowReport",
    "compare",
    "comparison_to_json",
    "inference_memory",
    "maps_memory",
    "places",
    "ratio",
    "receptive_fields",
    "replace_at",
    "report_to_json",
    "row_cost",
    "row_field",
    "step_cost",
    "suggest_fixes",
    "suggest_values",
    "summarize",
    "summary_columns",
    "summary_lines",
    "total_cost",
    "total_with_heads",
    "trained_cost",
    "training_memory",
]
