"""A change of the study at the moment of a first answer, on two connections of the real PostgreSQL.

One of the two is in the middle of its transaction when the other begins, in both orders.
"""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from annotation.models import Protocol, Rater, RatingSession, Score, Study
from annotation.raters.errors import ProtocolChangedError
from annotation.rating.claims import claim_trials
from annotation.rating.sessions import start_session
from annotation.rating.submission import read_answer, submit_answer
from annotation.studies.protocols import current_protocol
from annotation.studies.services import StudyError, update_study
from tests import factories
from tests.annotation.rating.helpers import access_of, at_once, in_rating
from tests.annotation.rating.test_races import SCORES, submit

pytestmark = pytest.mark.django_db(transaction=True)

# A transaction looks at it once only, unless it is told to look again.
_WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def change(study: Study, **settings: Any) -> None:
    update_study(study=study, actor=study.owner, changes=settings)


def while_open(first: Callable[[], object], second: Callable[[], object]) -> None:
    """Runs `first` up to its commit; lets it commit when `second` waits for it. Re-raises what
    `second` raised."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            second()
        except BaseException as error:  # noqa: BLE001 -- handed over
            raised.append(error)
        finally:
            connection.close()

    other = threading.Thread(target=run)
    with transaction.atomic():
        first()
        other.start()
        _until_one_waits(other)
    other.join()
    if raised:
        raise raised[0]


def _until_one_waits(other: threading.Thread) -> None:
    for _try in range(2_000):
        other.join(0.01)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(_WAITING)
            if cursor.fetchone()[0]:
                return
        if not other.is_alive():
            return
    raise AssertionError("the second never waited for the first")


def test_a_first_answer_that_is_on_its_way_keeps_its_protocol(study: Study, rater: Rater) -> None:
    factories.make_stimuli(study, 3)
    trial = claim_trials(access=in_rating(rater), ahead=0).trials[0]
    while_open(lambda: submit(rater, trial.id), lambda: change(study, title="Dogs"))
    session = RatingSession.objects.get()
    assert session.protocol.number == 1
    assert session.protocol.content["texts"]["title"] == "Demo"
    assert current_protocol(study.pk).number == 2


def test_a_scale_is_not_changed_while_a_first_answer_is_on_its_way(
    study: Study, rater: Rater
) -> None:
    factories.make_stimuli(study, 3)
    trial = claim_trials(access=in_rating(rater), ahead=0).trials[0]
    asked = [item.to_json() for item in study.perspective_settings[:2]]
    with pytest.raises(StudyError, match="has ratings"):
        while_open(lambda: submit(rater, trial.id), lambda: change(study, perspectives=asked))
    assert Protocol.objects.get().number == 1
    assert Score.objects.count() == len(SCORES)


def test_an_answer_to_what_is_no_longer_asked_is_sent_again(study: Study, rater: Rater) -> None:
    factories.make_stimuli(study, 3)
    trial = claim_trials(access=in_rating(rater), ahead=0).trials[0]
    with pytest.raises(ProtocolChangedError):
        while_open(lambda: change(study, title="Dogs"), lambda: submit(rater, trial.id))
    assert not Score.objects.exists()
    submit(rater, trial.id)
    protocol = RatingSession.objects.get().protocol
    assert (protocol.number, protocol.content["texts"]["title"]) == (1, "Dogs")
    assert Protocol.objects.count() == 1


def test_an_answer_that_was_read_before_a_change_is_not_stored_after_it(
    study: Study, rater: Rater
) -> None:
    factories.make_stimuli(study, 3)
    access = in_rating(rater)
    trial = claim_trials(access=access, ahead=0).trials[0]
    answer = read_answer(access=access, scores=SCORES, explanations={})
    change(study, title="Dogs")
    with pytest.raises(ProtocolChangedError):
        submit_answer(access=access, trial_id=trial.id, answer=answer, language="en", ahead=0)
    with pytest.raises(ProtocolChangedError):
        claim_trials(access=access, ahead=0)


def test_a_session_that_begins_during_a_change_asks_by_the_change(
    study: Study, rater: Rater
) -> None:
    factories.make_stimuli(study, 3)
    current_protocol(study.pk)
    access = access_of(rater)
    while_open(
        lambda: change(study, title="Dogs"),
        lambda: start_session(access=access, consent=True, client={}),
    )
    assert RatingSession.objects.get().protocol == Protocol.objects.get()
    assert Protocol.objects.get().content["texts"]["title"] == "Dogs"


def test_a_change_follows_to_a_session_that_has_just_begun(study: Study, rater: Rater) -> None:
    factories.make_stimuli(study, 3)
    access = access_of(rater)
    while_open(
        lambda: start_session(access=access, consent=True, client={}),
        lambda: change(study, title="Dogs"),
    )
    assert RatingSession.objects.get().protocol == Protocol.objects.get()
    assert Protocol.objects.get().content["texts"]["title"] == "Dogs"


def test_many_first_answers_and_changes_at_once(study: Study) -> None:
    factories.make_stimuli(study, 20)
    raters = [factories.make_rater(study) for _number in range(6)]
    trials = {
        rater.pk: claim_trials(access=in_rating(rater, rater.pk), ahead=0).trials[0]
        for rater in raters
    }

    def work(item: Rater | str) -> None:
        if isinstance(item, str):
            change(study, title=item)
            return
        while True:
            try:
                submit(item, trials[item.pk].id)
            except ProtocolChangedError:
                continue
            return

    at_once(work, [*raters, "Dogs", "Birds"])
    assert Score.objects.count() == len(raters) * len(SCORES)
    numbers = list(Protocol.objects.values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    used = set(RatingSession.objects.values_list("protocol__number", flat=True))
    assert len(used) == 1
