"""Our methods against sureal 0.9.0 on public subjective tests."""

import numpy as np
import pytest

from annotation.opinion.methods import Estimates

from .panel import estimated, golden

#: Our name and sureal's.
METHODS = (
    ("mos", "mos"),
    ("bias_removed", "bias_removed_mos"),
    ("bt500_sureal", "bt500_rejected_mos"),
    ("zscore", "zscore_mos"),
    ("p910", "p910_mle"),
)
SETS = ("nflx_public", "nflx_public_last4outliers", "quality_variation_2017_agh_tv")


@pytest.mark.parametrize("data", SETS)
@pytest.mark.parametrize(("name", "theirs"), METHODS)
def test_scores_and_standard_errors_agree(name: str, theirs: str, data: str) -> None:
    panel, expected = golden(data)
    found, known = estimated(name, panel), expected[theirs]
    np.testing.assert_allclose(found.value, known["quality_scores"], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(
        found.standard_error, known["quality_scores_std"], rtol=1e-6, atol=1e-9
    )


@pytest.mark.parametrize("data", SETS)
def test_biases_agree(data: str) -> None:
    panel, expected = golden(data)
    found = estimated("bias_removed", panel)
    np.testing.assert_allclose(
        found.subjects.bias, expected["bias_removed_mos"]["observer_bias"], rtol=1e-6, atol=1e-9
    )


@pytest.mark.parametrize("data", ["itu_demo", *SETS])
def test_p910_agrees_in_all_that_it_finds(data: str) -> None:
    panel, expected = golden(data)
    found, known = estimated("p910", panel), expected["p910_mle"]
    np.testing.assert_allclose(found.value, known["quality_scores"], rtol=1e-6)
    np.testing.assert_allclose(found.standard_error, known["quality_scores_std"], rtol=1e-6)
    subjects = found.subjects
    np.testing.assert_allclose(subjects.bias, known["observer_bias"], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(subjects.inconsistency, known["observer_inconsistency"], rtol=1e-6)
    assert not found.notes


def rejected(found: Estimates) -> list[int]:
    return [place for place, item in enumerate(found.subjects.verdict) if item == "rejected"]


@pytest.mark.parametrize("data", SETS)
def test_sureal_s_screening_rejects_whom_sureal_rejects(data: str) -> None:
    panel, expected = golden(data)
    known = expected["bt500_rejected_mos"]["observer_rejected"]
    assert rejected(estimated("bt500_sureal", panel)) == np.flatnonzero(known).tolist()


@pytest.mark.parametrize(
    ("data", "known"),
    # Of the README of the shared data.
    [("nflx_public_last4outliers", [26, 29]), ("quality_variation_2017_agh_tv", [64])],
)
def test_the_recommendation_s_screening_rejects_others(data: str, known: list[int]) -> None:
    panel, _ = golden(data)
    found = estimated("bt500", panel)
    assert rejected(found) == known
    assert found.n.sum() == np.isin(panel.subject, known, invert=True).sum()


#: Those rejected, the first three values, their mean and root mean square, the mean standard error.
Known = tuple[list[int], list[float], float, float, float]

#: `BiasremvSubjrejMosModel` of sureal 0.9.0.
P913: dict[str, Known] = {
    "nflx_public": (
        [3, 4, 9, 12],
        [1.25882977781712, 1.9406479596353015, 2.4406479596353012],
        3.5447906523855885,
        3.7465830603850656,
        0.12720365189586005,
    ),
    "nflx_public_last4outliers": (
        [26, 27, 28],
        [1.3430848570089073, 2.0467885607126113, 2.5282700421940927],
        3.5535864978902953,
        3.7344176828746356,
        0.12870895672012406,
    ),
    "quality_variation_2017_agh_tv": (
        [2, 27, 50, 53, 64],
        [1.623918308906054, 1.561418308906054, 1.3925401356560778],
        2.5098983720643346,
        2.668588913485366,
        0.08214945207314699,
    ),
}
#: By loops over a matrix, score for score as in the MATLAB code of databases of this family.
AIGCIQA2023: dict[str, Known] = {
    "nflx_public": (
        [],
        [22.00298613273122, 31.025511221523733, 36.66382381833541],
        50.00585031049519,
        52.22469435815857,
        1.3799812233892732,
    ),
    "nflx_public_last4outliers": (
        [26, 29],
        [23.884945992063543, 30.48952313633728, 34.73612775989334],
        50.04167840345813,
        52.03313823229181,
        1.5747372692926571,
    ),
    "quality_variation_2017_agh_tv": (
        [64],
        [35.247387418510066, 33.17084853083959, 31.511125666259655],
        48.47384039040927,
        50.33585509234197,
        1.1024650987195788,
    ),
}


@pytest.mark.parametrize("data", SETS)
@pytest.mark.parametrize(("name", "known"), [("p913", P913), ("aigciqa2023", AIGCIQA2023)])
def test_what_is_not_in_the_shared_data_agrees(
    name: str, known: dict[str, Known], data: str
) -> None:
    panel, _ = golden(data)
    found = estimated(name, panel)
    value = found.value
    assert rejected(found) == known[data][0]
    np.testing.assert_allclose(value[:3], known[data][1], rtol=1e-9)
    root = np.sqrt(np.mean(value**2))
    summary = (value.mean(), root, found.standard_error.mean())
    np.testing.assert_allclose(summary, known[data][2:], rtol=1e-9)
