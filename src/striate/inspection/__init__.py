"""What a network has learned, in numbers: filters, activations, receptive fields, attributions, gradients.

Every function leaves the network as it was: its mode, its weights, its hooks. The pictures of these numbers are in
`striate.inspection.views`, which needs matplotlib; nothing here imports it.

    >>> from striate.nn import build
    >>> network = build("lenet5", seed=0)
    >>> kernels(network, "C1").shape
    (6, 1, 5, 5)
    >>> theoretical_field(network.plan, "S2", (0, 1))
    Box(top=0, left=2, height=6, width=6)
"""

from striate.inspection.activation_statistics import (
    ActivationStatistics,
    LayerStatistics,
    activation_statistics,
    at_initialization,
)
from striate.inspection.arithmetic import TRACE_WORDS, Doubles, Trace, TraceStep, Unit
from striate.inspection.attribution import (
    ATTRIBUTION_BATCH_SIZE,
    ATTRIBUTION_METHODS,
    Attribution,
    AttributionMethod,
    attribute,
    attribution_methods,
    baseline_input,
    completeness_gap,
    default_layer,
    evident_pixels,
    integration_steps,
    occlusion_window,
)
from striate.inspection.augmentation import (
    AUGMENTATION_DRAWS,
    AUGMENTATION_RECIPES,
    AugmentationStep,
    AugmentedPictures,
    augment_picture,
    augmentation_of,
    class_probabilities,
)
from striate.inspection.bar_stimuli import (
    DARK,
    LIGHT,
    BarExperiment,
    OrientationSweep,
    bar_experiment,
    bar_extent,
    orientation_sweep,
)
from striate.inspection.channel_competition import ChannelCompetition, channel_competition
from striate.inspection.dropout import DROPOUT_DRAWS, DropoutEnsemble, dropout_ensemble, dropout_rows
from striate.inspection.feature_space import FeatureSpace, feature_space, features, last_hidden
from striate.inspection.filters import (
    CLASSIC_KERNELS,
    FilteredImage,
    Floats,
    apply_classic_kernels,
    apply_kernel,
    classic_kernel,
    kernels,
)
from striate.inspection.gradient_bench import (
    BENCH_DEPTHS,
    BENCH_INITIALIZATIONS,
    BENCH_SEEDS,
    SMALLEST_FLOAT32,
    BenchInitialization,
    BenchSetting,
    GradientCourse,
    gradient_course,
)
from striate.inspection.gradient_flow import (
    GRADIENT_IMAGES,
    GradientFlow,
    LayerGradient,
    gradient_by_depth,
    gradient_flow,
    gradient_growth,
    gradient_spread,
    has_shortcuts,
)
from striate.inspection.hooks import Activations, middle_unit, record_activations
from striate.inspection.invariance import Robustness, SweepResult, accuracy_under, probabilities_under
from striate.inspection.learned_filter import LearnedFilter, learn_filter
from striate.inspection.learning import GradientSnapshot, LearningRecord, measure_learning
from striate.inspection.overlap import Overlap, overlap
from striate.inspection.perturbations import (
    PERTURBATIONS,
    STRESS,
    Perturbation,
    add_noise,
    blur,
    combined_perturbation,
    fill_mode,
    perturb,
    rotate,
    scale,
    shift,
    thicken,
)
from striate.inspection.pooled_picture import ShiftedPooling, pool_picture, pooling_under_shift
from striate.inspection.pooling_comparison import PoolingComparison, compare_pooling
from striate.inspection.pooling_variants import POOLING_KINDS, PoolingKind, pooling_variants
from striate.inspection.quantized_maps import QuantizedMaps, encode_base64, quantize_maps
from striate.inspection.receptive_field import (
    Box,
    ReceptiveFieldMap,
    receptive_field_map,
    theoretical_field,
    visible_field,
)
from striate.inspection.replay import FirstConvolution, Replay, ReplayFrame, measure_replay, replay_frame
from striate.inspection.residual_block import (
    SHORTCUT_OPTIONS,
    BlockResult,
    ShortcutOption,
    SizeChange,
    chain_of_blocks,
    residual_block,
    size_change,
)
from striate.inspection.sample import Sample, load_sample, sample_of
from striate.inspection.shortcuts import ShortcutFlow, shortcut_flow
from striate.inspection.stimuli import bar, grating
from striate.inspection.top_patches import TopPatches, top_patches
from striate.inspection.tuning import (
    SELECTIVE,
    Gratings,
    Tuning,
    measure_tuning,
    preferred_orientation,
    selective_share,
    unit_values,
    untrained_selectivity,
)
from striate.inspection.unit import UnitArithmetic, check_unit, rows_needed, strongest_unit, trace_unit, unit_arithmetic

__all__ = [
    "ATTRIBUTION_BATCH_SIZE",
    "ATTRIBUTION_METHODS",
    "AUGMENTATION_DRAWS",
    "AUGMENTATION_RECIPES",
    "BENCH_DEPTHS",
    "BENCH_INITIALIZATIONS",
    "BENCH_SEEDS",
    "CLASSIC_KERNELS",
    "DARK",
    "DROPOUT_DRAWS",
    "GRADIENT_IMAGES",
    "LIGHT",
    "PERTURBATIONS",
    "POOLING_KINDS",
    "SELECTIVE",
    "SHORTCUT_OPTIONS",
    "SMALLEST_FLOAT32",
    "STRESS",
    "TRACE_WORDS",
    "ActivationStatistics",
    "Activations",
    "Attribution",
    "AttributionMethod",
    "AugmentationStep",
    "AugmentedPictures",
    "BarExperiment",
    "BenchInitialization",
    "BenchSetting",
    "BlockResult",
    "Box",
    "ChannelCompetition",
    "Doubles",
    "DropoutEnsemble",
    "FeatureSpace",
    "FilteredImage",
    "FirstConvolution",
    "Floats",
    "GradientCourse",
    "GradientFlow",
    "GradientSnapshot",
    "Gratings",
    "LayerGradient",
    "LayerStatistics",
    "LearnedFilter",
    "LearningRecord",
    "OrientationSweep",
    "Overlap",
    "Perturbation",
    "PoolingComparison",
    "PoolingKind",
    "QuantizedMaps",
    "ReceptiveFieldMap",
    "Replay",
    "ReplayFrame",
    "Robustness",
    "Sample",
    "ShiftedPooling",
    "ShortcutFlow",
    "ShortcutOption",
    "SizeChange",
    "SweepResult",
    "TopPatches",
    "Trace",
    "TraceStep",
    "Tuning",
    "Unit",
    "UnitArithmetic",
    "accuracy_under",
    "activation_statistics",
    "add_noise",
    "apply_classic_kernels",
    "apply_kernel",
    "at_initialization",
    "attribute",
    "attribution_methods",
    "augment_picture",
    "augmentation_of",
    "bar",
    "bar_experiment",
    "bar_extent",
    "baseline_input",
    "blur",
    "chain_of_blocks",
    "channel_competition",
    "check_unit",
    "class_probabilities",
    "classic_kernel",
    "combined_perturbation",
    "compare_pooling",
    "completeness_gap",
    "default_layer",
    "dropout_ensemble",
    "dropout_rows",
    "encode_base64",
    "evident_pixels",
    "feature_space",
    "features",
    "fill_mode",
    "gradient_by_depth",
    "gradient_course",
    "gradient_flow",
    "gradient_growth",
    "gradient_spread",
    "grating",
    "has_shortcuts",
    "integration_steps",
    "kernels",
    "last_hidden",
    "learn_filter",
    "load_sample",
    "measure_learning",
    "measure_replay",
    "measure_tuning",
    "middle_unit",
    "occlusion_window",
    "orientation_sweep",
    "overlap",
    "perturb",
    "pool_picture",
    "pooling_under_shift",
    "pooling_variants",
    "preferred_orientation",
    "probabilities_under",
    "quantize_maps",
    "receptive_field_map",
    "record_activations",
    "replay_frame",
    "residual_block",
    "rotate",
    "rows_needed",
    "sample_of",
    "scale",
    "selective_share",
    "shift",
    "shortcut_flow",
    "size_change",
    "strongest_unit",
    "theoretical_field",
    "thicken",
    "top_patches",
    "trace_unit",
    "unit_arithmetic",
    "unit_values",
    "untrained_selectivity",
    "visible_field",
]
