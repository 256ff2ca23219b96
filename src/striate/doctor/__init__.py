"""A doctor for the data: near-doubles, label suspects, shortcuts, small pictures, imbalance; a page to decide in."""

from striate.doctor.collection import Collection, collect_folder, collect_named
from striate.doctor.diagnosis import Diagnosis, diagnose, diagnosis_to_json
from striate.doctor.features import own_features
from striate.doctor.label_suspects import LabelSuspect, find_label_suspects, out_of_fold_probabilities
from striate.doctor.near_doubles import NearDouble, NearDoubles, find_near_doubles
from striate.doctor.page import diagnosis_page, write_diagnosis_page
from striate.doctor.shortcuts import Shortcut, find_shortcuts, statistics
from striate.doctor.words import double_in_words, shortcut_in_words, size_in_words, suspect_in_words

__all__ = [
    "Collection",
    "Diagnosis",
    "LabelSuspect",
    "NearDouble",
    "NearDoubles",
    "Shortcut",
    "collect_folder",
    "collect_named",
    "diagnose",
    "diagnosis_page",
    "diagnosis_to_json",
    "double_in_words",
    "find_label_suspects",
    "find_near_doubles",
    "find_shortcuts",
    "out_of_fold_probabilities",
    "own_features",
    "shortcut_in_words",
    "size_in_words",
    "statistics",
    "suspect_in_words",
    "write_diagnosis_page",
]
