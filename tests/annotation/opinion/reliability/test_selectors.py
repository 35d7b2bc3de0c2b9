"""What is known about raters, from stored answers; figures by hand."""

import time
from collections.abc import Sequence

import pytest
import redis.exceptions
from django.core.cache import cache
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from annotation.models import Rater, Stimulus, Study
from annotation.opinion.reliability import selectors as reliability
from annotation.opinion.reliability.judging import Flag
from annotation.opinion.reliability.measures import Absences, AttentionChecks, GoldAnswers
from annotation.opinion.reliability.selectors import (
    NOTHING_YET,
    reliability_of,
    standings_by_session,
    stopping_flags,
)
from annotation.opinion.tasks import renew_reliability
from annotation.protocol.reliability_rules import ReliabilityRules
from annotation.studies.protocols import current_protocol
from tests.annotation.answering import answer, sitting
from tests.conftest import Sent
from tests.factories import make_rater, make_score, make_stimuli, make_stimulus, publish


@pytest.fixture(autouse=True)
def _nothing_cached() -> None:
    """Keys start over in each test that truncates tables; cached answers would belong to others."""
    cache.clear()


def panel(study: Study, columns: Sequence[Sequence[float]]) -> tuple[list[Rater], list[Stimulus]]:
    """A rater per row of scores, a stimulus per column."""
    stimuli = make_stimuli(study, len(columns[0]))
    raters = [make_rater(study) for _row in columns]
    for rater, row in zip(raters, columns, strict=True):
        session = sitting(rater)
        for stimulus, score in zip(stimuli, row, strict=True):
            answer(session, stimulus, score)
    return raters, stimuli


#: The panel of `test_inter_rater`: the first correlates with the others by 5.75/√33.4375.
THREE = [[1, 2, 3, 4], [1, 3, 3, 5], [2, 2, 4, 5]]


def test_agreement_is_the_mean_over_perspectives(study: Study) -> None:
    raters, _stimuli = panel(study, THREE)
    standing = reliability_of(study)[raters[0].pk]
    assert standing.ratings == 4
    assert [item.n for item in standing.measures.inter_rater] == [4, 4, 4]
    assert standing.agreement == pytest.approx(0.994376, abs=1e-6)


def test_an_excluded_rater_is_judged_by_the_others_and_judges_nobody(study: Study) -> None:
    raters, _stimuli = panel(study, [*THREE, [4, 3, 2, 1]])
    assert reliability_of(study)[raters[0].pk].agreement != pytest.approx(0.994376, abs=1e-6)
    Rater.objects.filter(pk=raters[3].pk).update(status="excluded")
    found = reliability_of(study)
    assert found[raters[0].pk].agreement == pytest.approx(0.994376, abs=1e-6)
    assert found[raters[3].pk].agreement == pytest.approx(-66 / (5 * 876) ** 0.5)


def test_repeats_gold_and_seconds_are_those_of_their_trials(study: Study, rater: Rater) -> None:
    stimuli = make_stimuli(study, 3)
    gold = make_stimulus(study, 9, purpose="gold")
    # Two publications, 0.4 and 0.6: 3 on a scale of 1 to 5. Authenticity is not published.
    published = [("quality", 0.4, "a"), ("quality", 0.6, "b"), ("correspondence", 1, "a")]
    for name, mos, source in published:
        publish(stimulus=gold, perspective=name, mos=mos, source=source)
    session = sitting(rater)
    for stimulus, score, seconds in zip(stimuli, (1, 3, 5), (2, 4, 9), strict=True):
        answer(session, stimulus, score, seconds=seconds)
    for stimulus, score in zip(stimuli, (2, 3, 5), strict=True):
        answer(session, stimulus, score, role="repeat", seconds=4)
    # Quality 4 is within a level of 3, correspondence 3 is two levels from 5.
    last = answer(session, gold, (4, 1, 3), role="gold", seconds=4)
    standing = reliability_of(study)[rater.pk]
    assert (standing.ratings, standing.repeats) == (3, 3)
    assert standing.measures.gold == GoldAnswers(within=1, n=2)
    assert standing.gold_share == 0.5
    assert standing.median_seconds == pytest.approx(4)
    assert standing.last_answer == last.submitted_at
    # Of each perspective 1 3 5 and 2 3 5 about their means 3 and 10/3: 6/√(8 · 14/3).
    assert standing.retest == pytest.approx(6 / (8 * 14 / 3) ** 0.5)


def test_an_attention_check_is_passed_by_the_scores_that_it_names(
    study: Study, rater: Rater
) -> None:
    checks = [
        make_stimulus(study, number, purpose="gold", attention_check=True) for number in (7, 8, 9)
    ]
    # "Bad for quality and Excellent for correspondence": 1 and 5; authenticity is free.
    for check in checks:
        for name, mos in (("quality", 0), ("correspondence", 1)):
            publish(stimulus=check, perspective=name, mos=mos, source="manifest")
    session = sitting(rater)
    for check, scores in zip(checks, [(1, 4, 5), (2, 1, 5), (1, 1, 1)], strict=True):
        answer(session, check, scores, role="gold")
    standing = reliability_of(study)[rater.pk]
    # One level off would do for a gold image; here it is a miss.
    assert standing.measures.attention == AttentionChecks(passed=1, failed=2)
    assert standing.measures.gold == GoldAnswers(within=0, n=0)
    # Missed: at most none, once there is one.
    flags = {flag.rule: (flag.value, flag.n) for flag in standing.flags}
    assert flags["attention"] == (2, 3)
    assert "gold" not in flags


def test_practice_stabilisation_and_superseded_scores_say_nothing(
    study: Study, rater: Rater
) -> None:
    stimuli = make_stimuli(study, 3)
    session = sitting(rater)
    answer(session, stimuli[0], 1, role="practice", seconds=0.1)
    answer(session, stimuli[1], 1, role="stabilisation", seconds=0.1)
    trial = answer(session, stimuli[2], 2)
    trial.scores.update(superseded_at=timezone.now())
    make_score(trial, "quality", 5, revision=2)
    standing = reliability_of(study)[rater.pk]
    assert standing.ratings == 1
    assert standing.median_seconds == pytest.approx(4)
    lining = standing.measures.straight_lining
    assert lining is not None
    assert lining.counts == (1, 0, 0)


def test_answers_during_which_the_page_was_left_for_long_are_counted(
    study: Study, rater: Rater
) -> None:
    study.reliability_rules = ReliabilityRules.from_json(
        {"away": {"minimum": 4, "effect": "stop"}, "away_seconds": 5}
    ).to_json()
    study.save()
    session = sitting(rater)
    # Two of the four with a time are longer than 5 s; practice does not count.
    told = [{"away_ms": 0}, {"away_ms": 5000}, {"away_ms": 5001}, {"away_ms": 60_000}, {}]
    for stimulus, behaviour in zip(make_stimuli(study, 5), told, strict=True):
        answer(session, stimulus, 3, behaviour=behaviour)
    answer(session, make_stimulus(study, 9), 3, role="practice", behaviour={"away_ms": 90_000})
    standing = reliability_of(study)[rater.pk]
    assert standing.measures.absences == Absences(long=0.5, n=4)
    (flag,) = [flag for flag in standing.flags if flag.rule == "away"]
    assert flag == Flag("away", 0.5, 0.2, 4, stops=True)
    stops = stopping_flags(
        study_id=study.pk,
        rater_id=rater.pk,
        session_id=session.pk,
        protocol_id=current_protocol(study.pk).pk,
    )
    assert flag in stops


def test_the_pages_clock_goes_before_the_servers(study: Study, rater: Rater) -> None:
    # Rated while offline: the server learnt of showing and answering at the same moment.
    (stimulus,) = make_stimuli(study, 1)
    answer(sitting(rater), stimulus, 3, seconds=0.0, behaviour={"shown_ms": 5200})
    assert reliability_of(study)[rater.pk].median_seconds == pytest.approx(5.2)


def test_the_studys_rules_decide_what_is_a_flag(study: Study) -> None:
    raters, _stimuli = panel(study, [*THREE, [4, 3, 2, 1]])
    assert reliability_of(study)[raters[3].pk].flags == ()
    rules = ReliabilityRules.from_json(
        {"inter_rater": {"minimum": 4, "threshold": 0.5, "effect": "stop"}}
    )
    study.reliability_rules = rules.to_json()
    standing = reliability_of(study)[raters[3].pk]
    assert [(flag.rule, flag.perspective) for flag in standing.flags] == [
        ("inter_rater", 0),
        ("inter_rater", 1),
        ("inter_rater", 2),
    ]
    assert standing.stops


def test_the_statements_are_as_many_with_more_raters(
    study: Study, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    panel(study, THREE)
    with django_assert_max_num_queries(7):
        reliability_of(study)
    for _more in range(5):
        answer(sitting(make_rater(study)), Stimulus.objects.earliest("pk"), 3)
    cache.clear()
    with django_assert_max_num_queries(7):
        assert len(reliability_of(study)) == 8


def test_measures_are_computed_once_for_all_who_look(
    study: Study, rater: Rater, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = make_stimuli(study, 2)
    session = sitting(rater)
    answer(session, one, 3)
    assert reliability_of(study)[rater.pk].ratings == 1
    answer(session, two, 3)
    assert reliability_of(study)[rater.pk].ratings == 1
    monkeypatch.setattr(reliability, "FRESH_SECONDS", 0)
    assert reliability_of(study)[rater.pk].ratings == 2
    # Nothing newer: an old answer is as good as a new one.
    monkeypatch.setattr(reliability, "_compute", None)
    assert reliability_of(study)[rater.pk].ratings == 2


def test_a_worker_renews_what_takes_long(
    study: Study,
    rater: Rater,
    monkeypatch: pytest.MonkeyPatch,
    sent: Sent,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    one, two = make_stimuli(study, 2)
    session = sitting(rater)
    answer(session, one, 3)
    reliability_of(study)
    monkeypatch.setattr(reliability, "QUICK_SECONDS", 0)
    answer(session, two, 3)
    later = time.time() + reliability.FRESH_SECONDS
    monkeypatch.setattr(time, "time", lambda: later)
    with django_capture_on_commit_callbacks(execute=True):
        # The last result at once, and the worker is asked once.
        assert [reliability_of(study)[rater.pk].ratings for _time in range(2)] == [1, 1]
    assert sent == [("annotation.opinion.tasks.renew_reliability", (study.pk,))]
    renew_reliability(study.pk)
    assert reliability_of(study)[rater.pk].ratings == 2
    monkeypatch.setattr(reliability, "_compute", None)
    renew_reliability(study.pk)  # Nothing newer, so nothing to do.


def test_without_a_cache_measures_are_computed_each_time(
    study: Study, rater: Rater, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_given: object) -> None:
        raise redis.exceptions.ConnectionError

    monkeypatch.setattr(cache, "add", unreachable)
    monkeypatch.setattr(cache, "get", unreachable)
    monkeypatch.setattr(cache, "set", unreachable)
    answer(sitting(rater), make_stimulus(study, 1), 3)
    assert reliability_of(study)[rater.pk].ratings == 1


def test_other_studies_and_open_trials_are_left_out(study: Study, rater: Rater) -> None:
    assert reliability_of(study) == {}
    assert NOTHING_YET.agreement is NOTHING_YET.retest is NOTHING_YET.gold_share is None


def test_each_session_has_measures_of_its_own(study: Study) -> None:
    # The last rater answers upside down in a second session, against (1+1+2)/3 … (4+5+5)/3.
    raters, stimuli = panel(study, THREE)
    late = make_rater(study)
    good, bad = sitting(late), sitting(late)
    more = make_stimuli(study, range(4, 8))
    for rater, row in zip(raters, THREE, strict=True):
        for stimulus, score in zip(more, row, strict=True):
            answer(rater.sessions.get(), stimulus, score)
    for place in range(4):
        answer(good, stimuli[place], place + 1)
        answer(bad, more[place], 4 - place)
    found = standings_by_session(study, late)
    assert set(found) == {good.pk, bad.pk}
    assert found[good.pk].agreement == pytest.approx(66 / (5 * 876) ** 0.5)
    assert found[bad.pk].agreement == pytest.approx(-66 / (5 * 876) ** 0.5)
    assert [item.ratings for item in found.values()] == [4, 4]


def test_a_rater_without_an_answer_has_no_sessions(study: Study, rater: Rater) -> None:
    sitting(rater)
    assert standings_by_session(study, rater) == {}
