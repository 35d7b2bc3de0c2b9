"""What scripts read about raters' reliability."""

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from annotation.models import Stimulus, Study
from annotation.protocol.reliability_rules import ReliabilityRules
from tests.annotation.answering import answer, sitting
from tests.factories import make_rater, make_stimuli
from workbench.accounts.models import User

ADDRESS = "/api/v1/studies/demo/reliability/"


@pytest.fixture
def api(client: Client, owner: User) -> Client:
    cache.clear()
    client.force_login(owner)
    return client


def rate(study: Study) -> list[str]:
    """The panel of `test_inter_rater`: rater 0 agrees with the others by 5.75/√33.4375."""
    stimuli = make_stimuli(study, 4)
    raters = [make_rater(study) for _number in range(3)]
    for rater, row in zip(raters, ([1, 2, 3, 4], [1, 3, 3, 5], [2, 2, 4, 5]), strict=True):
        session = sitting(rater, "rating")
        for stimulus, score in zip(stimuli, row, strict=True):
            answer(session, stimulus, score)
    return [rater.code for rater in raters]


def test_measures_counts_and_state_are_given_by_rater(api: Client, study: Study) -> None:
    codes = rate(study)
    make_rater(study, status="excluded")
    body = api.get(ADDRESS, {"count": "true"}).json()
    first, *_others, silent = body["results"]
    assert body["count"] == 4
    assert [item["code"] for item in body["results"][:3]] == codes
    assert first["ratings"] == 4
    assert (first["session"], first["active"]) == ("rating", True)
    assert first["median_seconds"] == pytest.approx(4)
    assert first["agreement"] == pytest.approx(0.994376, abs=1e-6)
    assert first["agreement_by_perspective"]["authenticity"] == pytest.approx(0.994376, abs=1e-6)
    assert first["corrected_agreement"] == 1
    assert first["corrected_agreement_by_perspective"]["quality"] == 1
    assert first["gold"] == {"right": 0, "wrong": 0}
    assert first["attention"] == {"passed": 0, "failed": 0}
    assert first["flags"] == []
    assert (silent["status"], silent["ratings"], silent["agreement"]) == ("excluded", 0, None)
    assert silent["session"] is None


def test_flags_name_rule_value_and_threshold(api: Client, study: Study) -> None:
    rate(study)
    rules = ReliabilityRules.from_json({"too_fast": {"minimum": 4}, "minimum_seconds": 5})
    Study.objects.update(reliability_rules=rules.to_json())
    (flag,) = api.get(ADDRESS).json()["results"][0]["flags"]
    # Four answers of four seconds, when five are the minimum.
    assert flag == {
        "rule": "too_fast",
        "perspective": None,
        "value": 1.0,
        "threshold": 0.1,
        "n": 4,
        "stops": False,
        "weighs": False,
    }


def test_the_share_of_long_absences_is_given(api: Client, study: Study) -> None:
    session = sitting(make_rater(study))
    for stimulus, away in zip(make_stimuli(study, 4), (0, 11_000, 0, 9000), strict=True):
        answer(session, stimulus, 3, behaviour={"away_ms": away})
    assert api.get(ADDRESS).json()["results"][0]["away"] == 0.25


def test_a_flag_on_one_perspective_names_it(api: Client, study: Study) -> None:
    rate(study)
    backwards = sitting(make_rater(study), "rating")
    for stimulus, score in zip(Stimulus.objects.order_by("pk"), [4, 3, 2, 1], strict=True):
        answer(backwards, stimulus, score)
    rules = {"inter_rater": {"minimum": 4, "effect": "stop"}}
    Study.objects.update(reliability_rules=ReliabilityRules.from_json(rules).to_json())
    flags = api.get(ADDRESS).json()["results"][3]["flags"]
    assert [flag["perspective"] for flag in flags] == ["quality", "authenticity", "correspondence"]
    assert all(flag["stops"] for flag in flags)


def test_a_stopped_rater_is_marked(api: Client, study: Study) -> None:
    rate(study)
    sitting(make_rater(study), "stopped")
    results = api.get(ADDRESS).json()["results"]
    assert [item["stopped"] for item in results] == [False, False, False, True]
    assert results[3]["session"] is None


def test_raters_come_in_pages(api: Client, study: Study) -> None:
    codes = rate(study)
    body = api.get(api.get(ADDRESS, {"limit": 1}).json()["next"]).json()
    assert [item["code"] for item in body["results"]] == [codes[1]]


def test_the_statements_are_as_many_with_more_raters(
    api: Client, study: Study, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _number in range(3):
        rate_one = sitting(make_rater(study), "rating")
        answer(rate_one, make_stimuli(study, [_number])[0], 3)
    # Session and account, study and its perspectives, membership, page and its count, six of the
    # measures, one each of
    # who is there and who was stopped.
    with django_assert_max_num_queries(15):
        assert api.get(ADDRESS).status_code == 200


def test_others_are_told_that_there_is_no_such_study(
    client: Client, study: Study, outsider: User
) -> None:
    client.force_login(outsider)
    assert client.get(ADDRESS).status_code == 404
