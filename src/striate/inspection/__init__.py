"""What a network has learned, in numbers: filters, activations, a unit's sum, receptive fields, attributions."""

from striate.inspection.activity import at_initialization
from striate.inspection.arithmetic import TRACE_WORDS, Doubles, Trace, Unit
from striate.inspection.attribution import (
    AT_ONCE,
    ATTRIBUTION_METHODS,
    AttributionMethod,
    attribute,
    attribution_methods,
    baseline_input,
    default_layer,
    integration_steps,
    occlusion_window,
)
from striate.inspection.bar_stimuli import DARK, LIGHT, OrientationSweep, extent_of, orientation_sweep
from striate.inspection.dataset_sections import dataset_sections
from striate.inspection.filters import CLASSIC_KERNELS, Filtered, Floats, apply_kernel, classic_kernel, kernels
from striate.inspection.gradient_flow import (
    GradientFlow,
    LayerGradient,
    by_depth,
    gradient_flow,
    gradient_growth,
    gradient_spread,
)
from striate.inspection.hooks import Activations, middle_unit, record_activations
from striate.inspection.invariance import SweepResult, probabilities_under
from striate.inspection.learning_sections import learning_sections, pooling_sections
from striate.inspection.parallel import run_parallel
from striate.inspection.perturbations import (
    STRESS,
    add_noise,
    fill_mode,
    one_of_perturbations,
    perturb,
    rotate,
    scale,
    shift,
    thicken,
)
from striate.inspection.quantized_maps import QuantizedMaps, encode_base64, quantize_maps
from striate.inspection.receptive_field import Box, receptive_field_map, theoretical_field
from striate.inspection.report import SavedView, save_view, write_html_report
from striate.inspection.sample import Sample, load_sample, sample_of
from striate.inspection.sample_sections import InspectionTarget, Section, sample_sections
from striate.inspection.stimuli import bar
from striate.inspection.tuning import SELECTIVE, measure_tuning, preferred_orientation, unit_values
from striate.inspection.unit import check_unit, rows_needed, strongest_unit, trace_unit, unit_arithmetic

__all__ = [
    "ATTRIBUTION_METHODS",
    "AT_ONCE",
    "CLASSIC_KERNELS",
    "DARK",
    "LIGHT",
    "SELECTIVE",
    "STRESS",
    "TRACE_WORDS",
    "Activations",
    "AttributionMethod",
    "Box",
    "Doubles",
    "Filtered",
    "Floats",
    "GradientFlow",
    "InspectionTarget",
    "LayerGradient",
    "OrientationSweep",
    "QuantizedMaps",
    "Sample",
    "SavedView",
    "Section",
    "SweepResult",
    "Trace",
    "Unit",
    "add_noise",
    "apply_kernel",
    "at_initialization",
    "attribute",
    "attribution_methods",
    "bar",
    "baseline_input",
    "by_depth",
    "check_unit",
    "classic_kernel",
    "dataset_sections",
    "default_layer",
    "encode_base64",
    "extent_of",
    "fill_mode",
    "gradient_flow",
    "gradient_growth",
    "gradient_spread",
    "integration_steps",
    "kernels",
    "learning_sections",
    "load_sample",
    "measure_tuning",
    "middle_unit",
    "occlusion_window",
    "one_of_perturbations",
    "orientation_sweep",
    "perturb",
    "pooling_sections",
    "preferred_orientation",
    "probabilities_under",
    "quantize_maps",
    "receptive_field_map",
    "record_activations",
    "rotate",
    "rows_needed",
    "run_parallel",
    "sample_of",
    "sample_sections",
    "save_view",
    "scale",
    "shift",
    "step_at",
    "strongest_unit",
    "theoretical_field",
    "thicken",
    "trace_unit",
    "unit_arithmetic",
    "unit_values",
    "write_html_report",
]
