"""What a network has learned, in pictures and words: views of the topics of `striate.inspection`, and reports.

Each function `..._view` takes what a function of `striate.inspection` returned, and draws it. Beside the numbers' face
because it imports matplotlib, which a server need not have in memory.

    >>> from striate.inspection import activation_statistics
    >>> from striate.nn import build
    >>> import torch
    >>> network = build("lenet5:modern", seed=0)
    >>> view = activation_statistics_view(activation_statistics(network, torch.zeros(2, 1, 32, 32)))
    >>> view.name, view.figure.axes[1].get_ylabel()
    ('activity', 'share')
"""

from striate.inspection.activation_statistics_view import activation_statistics_view
from striate.inspection.attribution_view import attribution_view
from striate.inspection.augmentation_view import augmentation_view
from striate.inspection.bar_stimuli_view import bar_experiment_view
from striate.inspection.dataset_sections import dataset_sections
from striate.inspection.dropout_view import dropout_view
from striate.inspection.feature_maps_view import feature_maps_view, layer_maps_view
from striate.inspection.feature_space_view import feature_space_view, neighbours_view
from striate.inspection.filters_view import classic_filters_view, kernels_view, learned_filter_view
from striate.inspection.gradient_flow_view import gradient_flow_view
from striate.inspection.html_report import (
    REPORT_NAME,
    HtmlReport,
    SavedView,
    html_document,
    save_view,
    write_html_report,
)
from striate.inspection.image_grid import caption, new_image_grid
from striate.inspection.invariance_view import robustness_view, sweep_view
from striate.inspection.learning_sections import TrainingSetup, learning_sections, pooling_sections
from striate.inspection.learning_view import learning_view
from striate.inspection.plotting import COLOURS, label_axes, new_figure, show_picture
from striate.inspection.pooled_picture_view import pooled_picture_view
from striate.inspection.pooling_comparison_view import pooling_comparison_view
from striate.inspection.prediction_view import prediction_view
from striate.inspection.receptive_field_view import receptive_field_view
from striate.inspection.replay_view import replay_views
from striate.inspection.sample_sections import InspectionTarget, sample_sections
from striate.inspection.shortcuts_view import shortcuts_view
from striate.inspection.top_patches_view import top_patches_view
from striate.inspection.tuning_view import selectivity_view, tuning_view
from striate.inspection.unit_view import unit_view
from striate.inspection.view import Section, View

__all__ = [
    "COLOURS",
    "REPORT_NAME",
    "HtmlReport",
    "InspectionTarget",
    "SavedView",
    "Section",
    "TrainingSetup",
    "View",
    "activation_statistics_view",
    "attribution_view",
    "augmentation_view",
    "bar_experiment_view",
    "caption",
    "classic_filters_view",
    "dataset_sections",
    "dropout_view",
    "feature_maps_view",
    "feature_space_view",
    "gradient_flow_view",
    "html_document",
    "kernels_view",
    "label_axes",
    "layer_maps_view",
    "learned_filter_view",
    "learning_sections",
    "learning_view",
    "neighbours_view",
    "new_figure",
    "new_image_grid",
    "pooled_picture_view",
    "pooling_comparison_view",
    "pooling_sections",
    "prediction_view",
    "receptive_field_view",
    "replay_views",
    "robustness_view",
    "sample_sections",
    "save_view",
    "selectivity_view",
    "shortcuts_view",
    "show_picture",
    "sweep_view",
    "top_patches_view",
    "tuning_view",
    "unit_view",
    "write_html_report",
]
