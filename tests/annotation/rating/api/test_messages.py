"""What owner and rater write to each other, over the rating API."""

import pytest

from annotation.models import AuditEntry, Message, Rater, Study
from annotation.raters.messages import (
    TEXT_LIMIT,
    UNREAD_REPORTS,
    MessageError,
    mark_reports_read,
    write_to_raters,
)
from tests import factories
from tests.annotation.rating.api.client import RaterClient
from workbench.accounts.models import User


def write(study: Study, raters: list[Rater], owner: User, text: str = "Please slow down.") -> None:
    write_to_raters(study=study, raters=raters, actor=owner, text=text)


def test_every_response_announces_a_message_until_it_was_read(
    study: Study, rater: Rater, owner: User, rating: RaterClient
) -> None:
    assert rating.claim()["messages"] is False
    write(study, [rater], owner)
    write(study, [rater], owner, "And thank you.")
    trial = rating.claim()["trials"][0]["id"]
    assert rating.submit(trial)["messages"] is True
    found = rating.post("messages/unread/")["messages"]
    assert [item["text"] for item in found] == ["Please slow down.", "And thank you."]
    rating.post("messages/read/", {"up_to": found[0]["id"]})
    assert [item["text"] for item in rating.post("messages/unread/")["messages"]] == [
        "And thank you."
    ]
    rating.post("messages/read/", {"up_to": found[1]["id"]})
    assert rating.claim()["messages"] is False


def test_a_message_is_for_nobody_else(
    study: Study, rater: Rater, owner: User, rating: RaterClient
) -> None:
    other = factories.make_rater(study)
    write(study, [other], owner)
    assert rating.claim()["messages"] is False
    assert rating.post("messages/unread/") == {"messages": []}
    rating.post("messages/read/", {"up_to": Message.objects.get().pk})
    assert Message.objects.get().read_at is None


def test_the_author_is_on_record(study: Study, rater: Rater, owner: User) -> None:
    write(study, [rater], owner)
    entry = AuditEntry.objects.get(action="raters.written_to")
    assert (entry.actor, entry.detail) == (owner, {"count": 1, "raters": [rater.code]})


@pytest.mark.parametrize("text", ["", " \n", "x" * (TEXT_LIMIT + 1), "a\0b"])
def test_a_message_has_words_that_can_be_kept(
    study: Study, rater: Rater, owner: User, text: str
) -> None:
    with pytest.raises(MessageError):
        write(study, [rater], owner, text)
    assert not Message.objects.exists()


def test_nobody_to_write_to_is_said(study: Study, owner: User) -> None:
    with pytest.raises(MessageError, match="no rater"):
        write(study, [], owner)


def test_a_report_is_kept_with_its_image(rater: Rater, rating: RaterClient) -> None:
    trial = rating.claim()["trials"][0]["id"]
    rating.post("messages/", {"text": " The prompt is cut off. ", "trial": trial})
    assert rating.status == 204
    report = Message.objects.get()
    assert (report.rater, report.trial_id, report.sender) == (rater, trial, "rater")
    assert report.text == "The prompt is cut off."


def test_the_same_report_twice_is_one(rating: RaterClient) -> None:
    for _time in range(2):
        rating.post("messages/", {"text": "It flickers."})
    assert Message.objects.count() == 1


def test_a_report_of_somebody_elses_image_is_refused(study: Study, rating: RaterClient) -> None:
    stranger = RaterClient(factories.make_rater(study)).start()
    trial = stranger.claim()["trials"][0]["id"]
    body = rating.post("messages/", {"text": "Bad.", "trial": trial})
    assert (rating.status, body["code"]) == (404, "trial_not_found")
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "text: None is not text"),
        ({"text": "  "}, "Write a few words first."),
        ({"text": "x" * (TEXT_LIMIT + 1)}, "the limit is 2000"),
        ({"text": "x", "trial": "1"}, "trial: '1' is not the number of a trial"),
    ],
)
def test_a_report_that_cannot_be_kept_says_why(
    rating: RaterClient, body: dict[str, object], says: str
) -> None:
    answer = rating.post("messages/", body)
    assert (rating.status, answer["code"]) == (400, "answer_invalid")
    assert says in answer["detail"]


def test_unread_reports_are_bounded(study: Study, rating: RaterClient) -> None:
    for number in range(UNREAD_REPORTS):
        rating.post("messages/", {"text": f"report {number}"})
        assert rating.status == 204
    body = rating.post("messages/", {"text": "one more"})
    assert (rating.status, body["code"]) == (429, "reports_waiting")
    mark_reports_read(study=study)
    rating.post("messages/", {"text": "one more"})
    assert rating.status == 204
