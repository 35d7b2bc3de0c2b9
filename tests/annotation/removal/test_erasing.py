"""A rater who asks to be erased: what goes, what stays, and what releases say of it."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation.models import (
    AuditEntry,
    Message,
    OpinionRelease,
    Participant,
    Rater,
    RaterIdentity,
    RatingsErased,
    RatingSession,
    Score,
    Stimulus,
    Study,
    SubjectEstimate,
    Trial,
)
from annotation.opinion.export.document import study_document
from annotation.opinion.releases import is_stale, live_release, make_release
from annotation.raters.access import rater_link
from annotation.raters.messages import write_to_raters
from annotation.raters.services import RaterStatusError, replace_link
from annotation.removal.erasing import erase_rater, erasure_outlook
from annotation.removal.errors import RemovalError, RemovalStateError
from tests.annotation.answering import answer, sitting
from tests.annotation.rating.api.client import RaterClient
from tests.annotation.rating.helpers import wrong_counters
from tests.factories import make_rater, make_stimuli
from workbench.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)

SECRETS = ("hypatia", "zwicky", "5f1c9e", "attic", "1234x777", "observatory")


@pytest.fixture
def stimuli(study: Study) -> list[Stimulus]:
    return make_stimuli(study, 3)


@pytest.fixture
def known(study: Study, owner: User, stimuli: list[Stimulus]) -> Rater:
    """Who has a name, a platform's number, messages both ways, a device, and three ratings of 2; a
    colleague has three ratings of 4."""
    rater = make_rater(study)
    RaterIdentity.objects.create(
        rater=rater, name="Hypatia Zwicky", email="h@observatory.example", note="in the attic"
    )
    Participant.objects.create(
        rater=rater, study=study, identifier="5f1c9e", values={"PROLIFIC_PID": "5f1c9e"}
    )
    seen = {"viewport": [1234, 777], "shown_ms": 4000, "zoom": 1.5, "image_size": [500, 500]}
    session = sitting(rater, client={"screen": "1234x777 in the attic"})
    other = sitting(make_rater(study))
    for stimulus in stimuli:
        answer(session, stimulus, 2, behaviour=seen, skip_note="Zwicky was here")
        answer(other, stimulus, 4)
        Stimulus.objects.filter(pk=stimulus.pk).update(claimed_ratings=2)
    write_to_raters(study=study, raters=[rater], actor=owner, text="Dear Hypatia")
    Message.objects.create(rater=rater, sender="rater", text="I am Zwicky.")
    return rater


def values(study: Study) -> set[float]:
    return set(live_release(study).scores.values_list("value", flat=True))


class TestDetached:
    def test_nothing_says_who_it_was(self, known: Rater) -> None:
        code, link = known.code, rater_link(known)
        left = erase_rater(rater=known, actor=None)
        assert left is not None
        assert left.erased_at is not None
        assert left.code != code
        for text in all_rows():
            assert not [secret for secret in SECRETS if secret in text.lower()], text
        # The trail keeps what was done to the code before; what is kept of the rater has another.
        assert code not in "".join(all_rows(but="annotation_auditentry"))
        assert code not in str(AuditEntry.objects.get(action="rater.erased").detail)
        for address in (link, rater_link(left)):
            assert Client().get(address).status_code == 404

    def test_ratings_and_what_belongs_to_them_stay(self, study: Study, known: Rater) -> None:
        assert values(study) == {3.0}
        left = erase_rater(rater=known, actor=None)
        trials = Trial.objects.filter(rater=left)
        assert trials.count() == 3
        assert {tuple(sorted(trial.behaviour)) for trial in trials} == {("image_size", "shown_ms")}
        assert values(study) == {3.0}
        assert wrong_counters() == 0
        assert not RatingsErased.objects.exists()

    def test_an_open_session_ends_and_its_images_go_to_others(self, study: Study) -> None:
        (stimulus,) = make_stimuli(study, 1)
        rater = make_rater(study)
        client = RaterClient(rater).start()
        trial = client.claim()["trials"][0]["id"]
        erase_rater(rater=rater, actor=None)
        client.submit(trial)
        assert client.status == 401
        session = RatingSession.objects.get()
        assert (session.state, session.client) == ("withdrawn", {})
        stimulus.refresh_from_db()
        assert (stimulus.claimed_ratings, wrong_counters()) == (0, 0)

    def test_the_pages_offer_no_link_and_no_code_for_paying(
        self, study: Study, known: Rater, console: Client
    ) -> None:
        left = erase_rater(rater=known, actor=None)
        assert left is not None
        page = console.get(reverse("study-rater", args=["demo", left.code])).content.decode()
        assert "Erased on" in page
        assert "Copy link" not in page
        listed = console.get("/api/v1/studies/demo/raters/").json()["results"]
        assert [item["link"] for item in listed if item["erased_at"]] == [None]
        invitations = console.get(reverse("study-invitations-csv", args=["demo"]))
        assert left.code not in invitations.content.decode()
        table = console.get(reverse("study-raters-csv", args=["demo"])).content.decode()
        assert f"{left.code},," in table
        message = reverse("study-rater-message", args=["demo", left.code])
        assert console.post(message, {"text": "Hello"}).status_code == 404
        address = reverse("study-rater-link", args=["demo", left.code])
        assert "nobody can come back" in console.post(address, follow=True).content.decode()
        with pytest.raises(RaterStatusError, match="erased"):
            replace_link(rater=left, actor=None)
        with pytest.raises(CommandError, match="erased"):
            call_command("replace_link", "demo", left.code)

    def test_the_same_participant_is_somebody_new(self, study: Study, known: Rater) -> None:
        erase_rater(rater=known, actor=None)
        new = make_rater(study)
        Participant.objects.create(rater=new, study=study, identifier="5f1c9e")
        assert Participant.objects.get(identifier="5f1c9e").rater == new != known


class TestDropped:
    def test_ratings_go_and_everything_follows(self, study: Study, known: Rater) -> None:
        assert values(study) == {3.0}
        assert erase_rater(rater=known, actor=None, ratings="drop") is None
        assert not Rater.objects.filter(pk=known.pk).exists()
        assert (Trial.objects.count(), Score.objects.count()) == (3, 9)
        assert wrong_counters() == 0
        assert set(Stimulus.objects.values_list("claimed_ratings", flat=True)) == {1}
        assert is_stale(OpinionRelease.objects.get(state="live"))
        assert values(study) == {4.0}

    def test_a_named_release_keeps_its_numbers_and_says_so(
        self, study: Study, known: Rater, console: Client
    ) -> None:
        before = make_release(study, name="first")
        outlook = erasure_outlook(known)
        assert [(item.name, number) for item, number in outlook.releases] == [("first", 3)]
        erase_rater(rater=known, actor=None, ratings="drop")
        make_release(study, name="second")
        found = console.get("/api/v1/studies/demo/releases/").json()["results"]
        said = {item["name"]: [note["ratings"] for note in item["erasures"]] for item in found}
        assert said["first"] == [3]
        assert said["second"] == []
        before.refresh_from_db()
        assert set(before.scores.values_list("value", flat=True)) == {3.0}
        document = study_document(study, before, [])["opinion_scores"]
        assert (document["ratings"], document["ratings_erased"]) == (6, 3)
        page = console.get(reverse("study-export", args=["demo"])).content.decode()
        assert "up to 3 of its ratings were erased" in page

    def test_an_estimate_in_a_kept_release_keeps_a_rater_without_anything(
        self, study: Study, known: Rater
    ) -> None:
        make_release(study, name="first", method="bias_removed")
        assert SubjectEstimate.objects.filter(rater=known, release__state="named").exists()
        left = erase_rater(rater=known, actor=None, ratings="drop")
        assert left is not None
        assert left.code != known.code
        assert not Trial.objects.filter(rater=left).exists()
        assert SubjectEstimate.objects.filter(rater=left).count() == 3


class TestPromise:
    def test_the_study_says_what_happens_to_ratings(self, study: Study, known: Rater) -> None:
        study.erased_ratings = "drop"
        study.save()
        known.refresh_from_db()
        assert erasure_outlook(known).drops
        with pytest.raises(RemovalError, match="promises to delete"):
            erase_rater(rater=known, actor=None, ratings="detach")
        assert erase_rater(rater=known, actor=None) is None

    def test_it_is_a_setting(self, study: Study, console: Client) -> None:
        assert (
            "Ratings of a rater who asks" in console.get("/studies/demo/settings/").content.decode()
        )
        body = {"erased_ratings": "drop"}
        address = "/api/v1/studies/demo/"
        answered = console.patch(address, body, content_type="application/json").json()
        assert answered["erased_ratings"] == "drop"
        refused = console.patch(address, {"erased_ratings": "x"}, content_type="application/json")
        assert refused.status_code == 400

    def test_what_cannot_be(self, known: Rater) -> None:
        with pytest.raises(RemovalError, match="detach"):
            erase_rater(rater=known, actor=None, ratings="both")
        left = erase_rater(rater=known, actor=None)
        assert left is not None
        with pytest.raises(RemovalStateError, match="already"):
            erase_rater(rater=left, actor=None)


class TestCallers:
    def test_the_page_says_first_what_it_does(
        self, study: Study, known: Rater, console: Client
    ) -> None:
        make_release(study, name="first")
        address = reverse("study-rater-erase", args=["demo", known.code])
        assert (
            address
            in console.get(reverse("study-rater", args=["demo", known.code])).content.decode()
        )
        page = console.get(address).content.decode()
        assert "up to 3 ratings" in page
        assert "first" in page
        refused = console.post(address, {"confirm": "another", "ratings": "drop"})
        assert "Type the rater’s code" in refused.content.decode()
        wrong = console.post(address, {"confirm": known.code, "ratings": "both"})
        assert wrong.status_code == 200
        assert Rater.objects.filter(code=known.code).exists()
        done = console.post(address, {"confirm": known.code.lower(), "ratings": "detach"})
        left = Rater.objects.get(pk=known.pk)
        assert done.headers["Location"] == reverse("study-rater", args=["demo", left.code])
        again = console.get(reverse("study-rater-erase", args=["demo", left.code]))
        assert "erased already" in again.content.decode()
        assert entry() == (
            "owner",
            {"ratings": "detach", "number": 3, "releases": [1]},
        )

    def test_the_page_leads_to_the_list_if_nothing_is_left(
        self, known: Rater, console: Client
    ) -> None:
        address = reverse("study-rater-erase", args=["demo", known.code])
        done = console.post(address, {"confirm": known.code, "ratings": "drop"})
        assert done.headers["Location"] == reverse("study-raters", args=["demo"])

    def test_the_api(self, study: Study, known: Rater, console: Client) -> None:
        make_release(study, name="first")
        address = reverse("api-rater-erasure", args=["demo", known.code])
        assert console.get(address).json() == {
            "ratings": 3,
            "scores": 9,
            "messages": 2,
            "known": True,
            "drops": False,
            "releases": [{"number": 1, "name": "first", "state": "named", "ratings": 3}],
        }
        done = console.post(address, {"ratings": "drop"}, content_type="application/json")
        assert done.json() == {"code": None}
        assert entry()[1]["ratings"] == "drop"
        other = reverse("api-rater-erasure", args=["demo", Rater.objects.get().code])
        kept = console.post(other, {}, content_type="application/json").json()
        assert kept == {"code": Rater.objects.get().code}

    def test_the_command(self, study: Study, known: Rater) -> None:
        make_release(study, name="first")
        out = io.StringIO()
        call_command("erase_rater", "demo", known.code, stdout=out)
        assert "nothing was changed" in out.getvalue()
        assert 'release 1 "first" was made of up to 3' in out.getvalue()
        assert Rater.objects.get(pk=known.pk).erased_at is None
        call_command("erase_rater", "demo", known.code, "--yes", stdout=out)
        code = Rater.objects.get(pk=known.pk).code
        assert f"what is kept has the code {code}" in out.getvalue()
        with pytest.raises(CommandError, match="already"):
            call_command("erase_rater", "demo", code, "--yes", stdout=io.StringIO())
        with pytest.raises(CommandError, match="has no rater NOBODY"):
            call_command("erase_rater", "demo", "nobody")
        other = Rater.objects.exclude(pk=known.pk).get()
        call_command("erase_rater", "demo", other.code, "--ratings=drop", "--yes", stdout=out)
        assert "nothing is kept" in out.getvalue()


def entry() -> tuple[str | None, Any]:
    found = AuditEntry.objects.get(action="rater.erased")
    return found.actor.username if found.actor else None, found.detail


def all_rows(but: str = "") -> list[str]:
    """Every row of the database as text."""
    rows: list[str] = []
    with connection.cursor() as cursor:
        for table in set(connection.introspection.table_names(cursor)) - {but}:
            cursor.execute(f"SELECT to_jsonb(t)::text FROM {connection.ops.quote_name(table)} AS t")
            rows += [text for (text,) in cursor.fetchall()]
    return rows


def test_times_are_those_of_the_ratings(known: Rater) -> None:
    before = list(Trial.objects.filter(rater=known).values_list("submitted_at", flat=True))
    erase_rater(rater=known, actor=None)
    assert list(Trial.objects.filter(rater=known).values_list("submitted_at", flat=True)) == before
    assert Rater.objects.get(pk=known.pk).erased_at <= timezone.now()  # type: ignore[operator]
