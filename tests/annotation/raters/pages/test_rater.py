"""One rater's page: history, viewing conditions, exclusions, and who may read a name."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from annotation.models import Rater, RaterIdentity, Study, Trial
from annotation.opinion.export.records import export_records
from annotation.opinion.reliability.judging import Flag
from annotation.protocol.reliability_rules import ReliabilityRules
from annotation.raters.completion import completion_code
from annotation.raters.services import set_rater_status
from tests.annotation.answering import answer, sitting
from tests.annotation.raters.pages.test_raters import (
    make_panel,
    shown_codes,
    strict_on_agreement,
    texts,
)
from tests.factories import make_rater, make_stimuli, make_stimulus, publish
from workbench.accounts.models import User

CLIENT: dict[str, Any] = {
    "viewport": [1366, 768],
    "pixel_ratio": 1.25,
    "pointer": "coarse",
    "language": "zh-CN",
}


@pytest.fixture
def console(client: Client, owner: User) -> Client:
    cache.clear()
    client.force_login(owner)
    return client


def page_of(client: Client, rater: Rater) -> str:
    response = client.get(reverse("study-rater", args=[rater.study.slug, rater.code]))
    assert response.status_code == 200
    return response.content.decode()


def test_each_session_has_its_conditions_and_flags(console: Client, study: Study) -> None:
    raters = make_panel(study)
    strict_on_agreement(study)
    session = raters[3].sessions.get()
    session.client = CLIENT
    session.save()
    words = texts(page_of(console, raters[3]))
    assert "window 1366 × 768 · pixel ratio 1.25 · touch · zh-CN" in words
    # Once of the rater, once of the session.
    assert (
        words.count("Agreement with the other raters (corrected correlation): Quality −1.00") == 2
    )
    assert "from 4 answers" in words


def test_trials_are_listed_with_role_seconds_and_scores(console: Client, study: Study) -> None:
    rater = make_rater(study)
    session = sitting(rater)
    stimuli = make_stimuli(study, 2)
    answer(session, stimuli[0], (1, 2, 3), seconds=2.5)
    answer(session, stimuli[0], (2, 2, 4), role="repeat", seconds=8)
    Trial.objects.filter(role="repeat").update(
        behaviour={
            "shown_ms": 3100,
            "away": 2,
            "touches": {"quality": [900, 1200], "authenticity": [1500, 2640]},
        }
    )
    skipped = answer(session, stimuli[1], 3)
    skipped.scores.all().delete()
    Trial.objects.filter(pk=skipped.pk).update(
        state="skipped", submitted_at=None, skip_reason="offensive"
    )
    words = texts(page_of(console, rater))
    assert "1 0000.png Main" in words
    assert "2.5 – 1 2 3" in words
    assert "2 0000.png Repeat" in words
    assert "3.1 0.9–2.6 2 2 4" in words
    assert "Skipped offensive" in words


def test_the_code_that_a_rater_names_is_next_to_its_session(console: Client, study: Study) -> None:
    rater = make_rater(study)
    over = {"ended_at": timezone.now()}
    ended = [sitting(rater, state, **over) for state in ("done", "withdrawn", "stopped")]
    without = [sitting(rater, "expired", **over), sitting(rater, "rating")]
    words = texts(page_of(console, rater))
    assert all(completion_code(session.pk) in words for session in ended)
    assert not any(completion_code(session.pk) in words for session in without)


def test_a_window_that_changed_is_reported(console: Client, study: Study) -> None:
    rater = make_rater(study)
    session = sitting(rater, client={"viewport": [1366, 768], "browser": "Firefox"})
    sizes = ([1366, 768], [1366, 768], [800, 600])
    for stimulus, size in zip(make_stimuli(study, 3), sizes, strict=True):
        answer(session, stimulus, 3, behaviour={"viewport": size, "pixel_ratio": 1.0})
    words = texts(page_of(console, rater))
    assert "window 1366 × 768 · Firefox · 2 different windows or screens" in words


def test_scores_are_drawn_in_the_order_of_answering(console: Client, study: Study) -> None:
    rater = make_rater(study)
    session = sitting(rater)
    for stimulus, score in zip(make_stimuli(study, 2), (5, 1), strict=True):
        answer(session, stimulus, (score, 3, 3))
    page = page_of(console, rater)
    # Excellent is at the top, Bad one mark's height (3 of 110) above the bottom.
    assert '<rect class="bar" x="0.0" y="0.0"' in page
    assert 'y="107.0"' in page
    assert "<title>image 2: 1</title>" in page


def test_exclusions_are_listed_with_who_and_why(console: Client, study: Study, owner: User) -> None:
    rater, other = make_rater(study), make_rater(study)
    set_rater_status(rater=rater, actor=owner, status="excluded", reason="<b>gold</b> missed")
    set_rater_status(rater=other, actor=owner, status="excluded", reason="somebody else")
    page = page_of(console, rater)
    assert "&lt;b&gt;gold&lt;/b&gt; missed" in page
    assert "somebody else" not in page
    assert "Include again" in page


def test_after_a_change_one_stays_on_the_page(console: Client, study: Study) -> None:
    rater = make_rater(study)
    address = reverse("study-rater-status", args=[study.slug, rater.code])
    data = {"status": "excluded", "reason": "x", "from": "rater"}
    assert console.post(address, data)["Location"] == f"/studies/demo/raters/{rater.code}/"


def test_a_name_is_for_the_owner_alone(
    console: Client, client: Client, study: Study, administrator: User
) -> None:
    rater = make_rater(study)
    RaterIdentity.objects.create(rater=rater, name="Ada <Lovelace>", email="ada@example.org")
    page = page_of(console, rater)
    assert "Ada &lt;Lovelace&gt;" in page
    client.force_login(administrator)
    assert "Lovelace" not in page_of(client, rater)


@pytest.mark.django_db(transaction=True)
def test_a_name_is_in_no_export(console: Client, study: Study) -> None:
    rater = make_rater(study)
    RaterIdentity.objects.create(rater=rater, name="Lovelace", email="ada@example.org")
    answer(sitting(rater), make_stimulus(study, 1), 3)
    records = list(export_records(study))
    csv = console.get("/studies/demo/raters.csv").content.decode()
    assert records
    assert "Lovelace" not in f"{records}{csv}"


def test_what_a_browser_claims_is_shown_not_run(console: Client, study: Study) -> None:
    rater = make_rater(study)
    odd = {"language": "<script>alert(1)</script>", "viewport": "wide", "pixel_ratio": [1]}
    sitting(rater, client=odd)
    page = page_of(console, rater)
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_rater_who_has_done_nothing_has_a_page(console: Client, study: Study) -> None:
    words = texts(page_of(console, make_rater(study)))
    assert words.count("Nothing yet.") == 2
    assert "Scores in order" not in words


def test_a_rule_that_ends_sessions_says_so(console: Client, study: Study) -> None:
    raters = make_panel(study)
    rules = {"inter_rater": {"minimum": 4, "threshold": 0, "effect": "stop"}}
    study.reliability_rules = ReliabilityRules.from_json(rules).to_json()
    study.save()
    assert "ends sessions" in page_of(console, raters[3])


def test_the_statements_are_as_many_with_more_trials_and_sessions(
    console: Client, study: Study, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    raters = make_panel(study)
    stimuli = make_stimuli(study, range(10, 22))
    for stimulus in stimuli:
        answer(sitting(raters[0]), stimulus, 3)
    # Session, account, study, its perspectives and, for each right, memberships; rater; the
    # measures, who is there, identity, exclusions; own answers twice and the others', known scores,
    # sittings, trials and their ratings.
    with django_assert_max_num_queries(29):
        page_of(console, raters[0])


def test_outsiders_are_told_that_there_is_no_such_rater(
    client: Client, study: Study, rater: Rater, outsider: User
) -> None:
    client.force_login(outsider)
    address = reverse("study-rater", args=[study.slug, rater.code])
    assert client.get(address).status_code == 404


def test_a_stop_is_shown_with_its_reason_and_can_be_lifted(console: Client, study: Study) -> None:
    rater = make_rater(study)
    flag = Flag("too_fast", 0.6, 0.1, 10, stops=True)
    sitting(rater, "stopped", stopped_by=[flag.to_json()])
    words = texts(page_of(console, rater))
    assert "Ended by the rules" in words
    assert "Too fast: 60 % of the answers; the study allows at most 10 %" in words
    assert rater.code in shown_codes(console, show="stopped")
    address = reverse("study-rater-go-on", args=[study.slug, rater.code])
    assert console.post(address).status_code == 302
    assert rater.sessions.get().state == "done"
    words = texts(page_of(console, rater))
    # The reason stays with the session; the rater is not held any more.
    assert "Too fast: 60 % of the answers; the study allows at most 10 %" in words
    assert "Allowed to continue" in words
    assert "Let them continue" not in words
    assert rater.code not in shown_codes(console, show="stopped")
    told = console.post(address, follow=True).content.decode()
    assert "No rule stops this rater from continuing" in told


def test_attention_checks_are_counted_and_told_apart(console: Client, study: Study) -> None:
    rater = make_rater(study)
    check = make_stimulus(study, 5, purpose="gold", attention_check=True)
    publish(stimulus=check, perspective="quality", mos=0, source="m")
    answer(sitting(rater), check, 1, role="gold")
    words = texts(page_of(console, rater))
    assert "Attention checks passed 1/1" in words
    assert "Attention check " in words.split("Latest images")[1]
