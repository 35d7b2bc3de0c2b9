"""Which protocol a study has, by hand-made sequences of changes, sessions and answers."""

import json
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import RestrictedError
from django.test import Client

from annotation.models import Protocol, Rater, RatingSession, Stimulus, Study
from annotation.opinion.releases import make_release
from annotation.protocol.document import ProtocolDocument
from annotation.raters.access import find_access
from annotation.removal.erasing import erase_rater
from annotation.studies.protocols import (
    current_protocol,
    document_of,
    outlook_of,
    stored_document,
)
from annotation.studies.services import StudyError, create_study, update_study
from annotation.studies.texts import DEFAULT_CONSENT
from tests.annotation.answering import answer, sitting
from tests.factories import make_rater, make_session, make_stimulus
from workbench.accounts.models import User

pytestmark = pytest.mark.django_db


def change(study: Study, **settings: Any) -> Study:
    return update_study(study=study, actor=study.owner, changes=settings)


def numbers(study: Study) -> list[int]:
    return list(study.protocols.values_list("number", flat=True))


def asked_of(session: RatingSession) -> tuple[int, str]:
    """The number and the title of what a session asks."""
    session.refresh_from_db()
    document = stored_document(session.protocol_id)
    return session.protocol.number, document.texts.title


def test_what_a_release_tells_of_stays_though_its_answers_are_erased(
    study: Study, rater: Rater
) -> None:
    stimulus = make_stimulus(study, 1)
    answer(make_session(rater), stimulus, 3)
    Stimulus.objects.filter(pk=stimulus.pk).update(claimed_ratings=1)
    release = make_release(study, name="first", method="mos")
    erase_rater(rater=rater, actor=study.owner, ratings="drop")
    change(study, title="Dogs")
    assert numbers(study) == [1, 2]
    assert list(release.protocols.values_list("number", flat=True)) == [1]
    one = [study.perspective_settings[0].to_json()]
    form = study.form.about([one[0]["key"]]).to_json()
    with pytest.raises(StudyError, match="cannot be added, removed or moved"):
        change(study, perspectives=one, explanation_form=form)


def test_a_new_study_has_a_protocol_and_changes_before_any_session_keep_its_number(
    owner: User,
) -> None:
    study = create_study(owner=owner, title="Cats")
    first = study.protocols.get()
    change(study, title="Dogs")
    second = study.protocols.get()
    assert (first.number, second.number) == (1, 1)
    assert first.pk != second.pk
    assert ProtocolDocument.from_json(second.content).texts.title == "Dogs"


def test_settings_that_raters_are_not_asked_change_no_protocol(study: Study) -> None:
    before = current_protocol(study.pk)
    change(study, target_ratings=4, audit_share=0.3, retrain_every=50)
    change(study, opinion_method="bias_removed")
    assert study.protocols.get() == before


def test_before_the_first_answer_open_sessions_follow(study: Study, rater: Rater) -> None:
    session = make_session(rater, "instructions")
    assert asked_of(session) == (1, "Demo")
    change(study, title="Dogs")
    assert asked_of(session) == (1, "Dogs")
    assert numbers(study) == [1]


def test_from_the_first_answer_on_sessions_keep_what_they_asked(study: Study, rater: Rater) -> None:
    session = make_session(rater)
    answer(session, make_stimulus(study, 1), 3)
    change(study, title="Dogs")
    new = make_session(make_rater(study))
    assert asked_of(session) == (1, "Demo")
    assert asked_of(new) == (2, "Dogs")
    access = find_access(rater.code)
    assert access is not None
    assert access.protocol.texts.title == "Demo"


def test_a_pass_of_an_image_is_an_answer(study: Study, rater: Rater) -> None:
    session = make_session(rater)
    trial = answer(session, make_stimulus(study, 1), 3)
    type(trial).objects.update(state="leased", submitted_at=None, scored=1)
    change(study, title="Dogs")
    assert asked_of(session) == (1, "Demo")


def test_settings_that_return_find_their_row_again(study: Study, rater: Rater) -> None:
    session = make_session(rater)
    answer(session, make_stimulus(study, 1), 3)
    change(study, title="Dogs")
    waiting = make_session(make_rater(study), "instructions")
    change(study, title="Demo")
    # Nobody has answered the second, so its session goes back too, and its number is free.
    assert asked_of(waiting) == (1, "Demo")
    assert numbers(study) == [1]
    assert current_protocol(study.pk) == session.protocol
    change(study, title="Birds")
    assert current_protocol(study.pk).number == 2


def test_an_earlier_protocol_is_current_again_though_a_later_one_has_answers(
    study: Study, rater: Rater
) -> None:
    first = make_session(rater)
    stimulus = make_stimulus(study, 1)
    answer(first, stimulus, 3)
    change(study, title="Dogs")
    second = make_session(make_rater(study))
    answer(second, stimulus, 3)
    change(study, title="Demo")
    assert current_protocol(study.pk) == first.protocol
    assert asked_of(second) == (2, "Dogs")
    change(study, title="Birds")
    assert numbers(study) == [1, 2, 3]


def test_a_study_that_was_not_made_by_the_service_gets_its_row_when_a_session_begins(
    study: Study,
) -> None:
    assert not study.protocols.exists()
    assert current_protocol(study.pk) == current_protocol(study.pk) == study.protocols.get()


def test_a_protocol_holds_the_words_that_were_read_in_every_language(study: Study) -> None:
    change(study, consent="", translations={"zh-hans": {"Demo": "演示", "gone": "没有了"}})
    texts = document_of(study := Study.objects.get()).texts
    chinese = texts.translations["zh-hans"]
    assert texts.consent == DEFAULT_CONSENT
    assert chinese["Demo"] == "演示"
    assert chinese[DEFAULT_CONSENT] != DEFAULT_CONSENT
    assert chinese["Quality"] != "Quality"
    assert "gone" not in chinese


def test_the_rows_content_is_what_its_digest_says(study: Study) -> None:
    row = current_protocol(study.pk)
    row.refresh_from_db()
    document = ProtocolDocument.from_json(json.loads(json.dumps(row.content)))
    assert document == document_of(study)
    assert document.sha256 == row.content_sha256


def delete_beneath_the_models(row: Protocol) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM annotation_protocol WHERE id = %s", [row.pk])
        connection.check_constraints()


def test_a_protocol_is_not_deleted_from_under_its_sessions(study: Study, rater: Rater) -> None:
    row = make_session(rater).protocol
    with pytest.raises(RestrictedError):
        row.delete()
    with pytest.raises(IntegrityError):
        delete_beneath_the_models(row)


def test_a_study_goes_with_its_protocols_and_sessions(study: Study, rater: Rater) -> None:
    make_session(rater)
    study.delete()
    assert not Protocol.objects.exists()
    assert not RatingSession.objects.exists()


def test_the_owner_is_told_what_a_change_will_do(
    client: Client, owner: User, study: Study, rater: Rater
) -> None:
    client.force_login(owner)
    for page in ("settings", "settings/questions", "settings/translations"):
        said = client.get(f"/studies/demo/{page}/").content.decode()
        assert "Protocol 1 is current; it has no answers yet." in said
        assert "replaces it, in open sessions too" in said
    answer(sitting(rater), make_stimulus(study, 1), 3)
    said = client.get("/studies/demo/settings/").content.decode()
    assert "Protocol 1 is current; it has answers." in said
    assert "makes protocol 2; open sessions keep protocol 1." in said
    change(study, title="Dogs")
    outlook = outlook_of(Study.objects.get())
    assert (outlook.number, outlook.answered, outlook.next_number) == (2, False, 2)


def test_the_api_lists_protocols_and_gives_each_whole(
    client: Client, owner: User, study: Study, rater: Rater
) -> None:
    client.force_login(owner)
    answer(sitting(rater), make_stimulus(study, 1), 3)
    change(study, title="Dogs")
    listed = client.get("/api/v1/studies/demo/protocols/").json()["results"]
    assert [(item["number"], item["answered"]) for item in listed] == [(1, True), (2, False)]
    first = client.get("/api/v1/studies/demo/protocols/1/").json()
    assert first["content"]["texts"]["title"] == "Demo"
    assert ProtocolDocument.from_json(first["content"]).sha256 == first["content_sha256"]
    assert client.get("/api/v1/studies/demo/protocols/3/").status_code == 404
