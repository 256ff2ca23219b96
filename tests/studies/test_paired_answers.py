"""McNemar's test against SciPy's, and the interval of the paired difference against its definition and the literature."""

import math

import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import binomtest, norm

from striate.studies import PairedAnswers

LIMIT = norm.ppf(0.975)
TABLES = [(80, 9, 1, 10), (0, 3, 2, 0), (50, 0, 4, 2), (9000, 40, 61, 899), (3, 1, 0, 0), (0, 5, 0, 0), (1, 7, 1, 12)]


def score(b, c, n, difference):
    """Standard errors from a difference, the share of `c` being the likeliest one that it allows."""

    def unlikelihood(q):
        p, rest = q + difference, 1 - 2 * q - difference
        counts = ((b, p), (c, q), (n - b - c, rest))
        return -sum(count * math.log(max(share, 1e-300)) for count, share in counts if count)

    ends = max(0.0, -difference), (1 - difference) / 2
    q = minimize_scalar(unlikelihood, bounds=ends, method="bounded", options={"xatol": 1e-12}).x
    return (b - c - n * difference) / math.sqrt(n * (2 * q + difference - difference**2))


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_mcnemar_is_scipys_binomial_test(table):
    _, c, b, _ = table
    assert PairedAnswers(*table).p_value == pytest.approx(binomtest(b, b + c).pvalue)


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_the_ends_of_the_interval_are_so_many_standard_errors_away(table):
    answers = PairedAnswers(*table)
    low, high = answers.interval
    assert -1 <= low <= answers.difference <= high <= 1
    for end, expected in ((low, LIMIT), (high, -LIMIT)):
        if abs(end) < 1:
            assert score(answers.second_only, answers.first_only, answers.pictures, end) == pytest.approx(
                expected, 1e-3
            )


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_the_interval_leaves_out_0_where_mcnemars_score_is_beyond_its_limit(table):
    answers = PairedAnswers(*table)
    low, high = answers.interval
    b, c = answers.second_only, answers.first_only
    assert (low > 0 or high < 0) == (abs(b - c) / math.sqrt(b + c) > LIMIT)


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_the_order_of_the_models_changes_the_sign_alone(table):
    both, first, second, neither = table
    answers, turned = PairedAnswers(*table), PairedAnswers(both, second, first, neither)
    assert turned.difference == -answers.difference
    assert turned.p_value == answers.p_value
    assert turned.interval == pytest.approx(tuple(-end for end in reversed(answers.interval)), abs=1e-12)


def test_the_example_of_fagerland_lydersen_and_laake():
    """Airway hyper-responsiveness before and after stem cell transplantation, 21 children."""
    answers = PairedAnswers(both=1, first_only=7, second_only=1, neither=12)
    assert answers.difference == pytest.approx(-0.286, abs=5e-4)
    assert answers.interval == pytest.approx((-0.517, -0.026), abs=5e-4)
    assert answers.p_value == pytest.approx(0.0703, abs=5e-5)


def test_equal_answers_leave_what_chance_may_have_hidden():
    answers = PairedAnswers(both=90, first_only=0, second_only=0, neither=10)
    reach = LIMIT**2 / (100 + LIMIT**2)
    assert (answers.difference, answers.p_value) == (0, 1)
    assert answers.interval == pytest.approx((-reach, reach))
