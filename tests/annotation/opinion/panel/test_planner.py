"""Plans of a study: by hand from its variances or the stated defaults."""

import pytest
from django.core.cache import cache
from django.test import Client
from rest_framework.test import APIClient

from annotation.models import Study
from annotation.opinion.agreement.planning import Source
from annotation.opinion.panel.planner import variances_of
from tests.annotation.opinion.panel.rated import rate_table, results_of
from tests.factories import make_stimuli, perspective
from workbench.accounts.models import User

PAGE, PLAN = "/studies/demo/results/agreement/", "/api/v1/studies/demo/plan/"


@pytest.fixture
def api(owner: User) -> APIClient:
    cache.clear()
    client = APIClient()
    client.force_authenticate(owner)
    return client


def test_defaults_before_any_rating(api: APIClient, study: Study) -> None:
    make_stimuli(study, 4)
    found = api.get(PLAN, {"half_width": 0.5, "hourly_pay": 15}).json()
    # Images spread by a quarter of 4 points; ratings by 0.2 (4 − 1) = 0.6, a fifth of it raters'.
    assert found["based_on"] == "defaults"
    assert found["variances"] == pytest.approx({"stimulus": 1, "subject": 0.12, "residual": 0.48})
    (plan,) = found["plans"]
    # 1.96² · 0.6 / 0.5² = 9.2 ratings; 40 of 8 seconds and a fifth more are 6.4 minutes.
    assert (plan["ratings_per_image"], plan["images"], plan["work"]["ratings"]) == (10, 4, 40)
    assert plan["work"]["minutes"] == pytest.approx(6.4)
    assert plan["work"]["cost"] == pytest.approx(1.6)
    assert plan["reached"] == pytest.approx(1.959964 * (0.6 / 10) ** 0.5, abs=1e-6)
    assert found["left"] == plan["work"]


def test_a_difference_of_generators(api: APIClient, study: Study) -> None:
    asked = {"difference": 0.25, "ratings_per_image": 3, "raters": 20}
    (plan,) = api.get(PLAN, asked).json()["plans"]
    # (0.25 / 2.8016)² = 0.0079628 less 2 · 0.25 · 0.12 / 20 = 0.003 leaves 0.0049628;
    # 2 (1 + 0.6 / 3) = 2.4 by that is 483.6.
    assert (plan["images"], plan["work"]["ratings"]) == (484, 2 * 484 * 3)


def test_what_too_few_raters_cannot_tell_is_said(api: APIClient, study: Study) -> None:
    (plan,) = api.get(PLAN, {"difference": 0.25, "raters": 2}).json()["plans"]
    # 0.06 / 0.0079628 = 7.5 raters leave nothing for images.
    assert plan["work"] is None
    assert "8 or more can" in plan["impossible"]


def test_without_a_goal_all_three_are_planned(api: APIClient, study: Study) -> None:
    plans = api.get(PLAN).json()["plans"]
    assert [item["goal"] for item in plans] == ["half_width", "difference", "srcc_difference"]
    assert [item["wanted"] for item in plans] == [0.5, 0.25, 0.05]


@pytest.mark.parametrize(
    "asked", [{"half_width": 0}, {"hourly_pay": -1}, {"perspective": "none"}, {"raters": "many"}]
)
def test_what_cannot_be_planned_is_refused(
    api: APIClient, study: Study, asked: dict[str, float | str]
) -> None:
    assert api.get(PLAN, asked).status_code == 400


def test_a_study_s_own_variances(study: Study) -> None:
    cache.clear()
    quality = perspective(study, "quality")
    # Two raters one point apart, images at 1.5 … 4.5, no residual: subject variance ½, images 5/3.
    rate_table(study, ((1, 2, 3, 4), (2, 3, 4, 5)))
    known = results_of(study).of("quality")
    found = variances_of(quality, known)
    assert found.source is Source.STUDY
    assert found.stimulus == pytest.approx(5 / 3, rel=1e-3)
    assert found.subject == pytest.approx(0.5, rel=1e-3)
    assert found.residual == pytest.approx(0, abs=1e-3)


def test_ratings_that_are_there_are_not_missing(api: APIClient, study: Study) -> None:
    rate_table(study, ((1, 2, 3, 4), (2, 3, 4, 5), (3, 2, 3, None)))
    make_stimuli(study, [30])
    found = api.get(PLAN, {"half_width": 0.2}).json()
    needed = found["plans"][0]["ratings_per_image"]
    # Three images have three ratings, one has two, one has none.
    assert found["left"]["ratings"] == 5 * needed - 11


def test_the_form_plans_without_a_script(console: Client, study: Study) -> None:
    cache.clear()
    make_stimuli(study, 4)
    asked = {"half_width": "0.5", "difference": "", "srcc_difference": "", "hourly_pay": "15"}
    page = console.get(PAGE, asked).content.decode()
    assert "Each image’s score within ± 0.5 points" in page
    assert "1.60" in page
    assert "A difference of" not in page
    wrong = console.get(PAGE, {"half_width": "-1"}).content.decode()
    assert "greater than or equal to 0.001" in wrong
