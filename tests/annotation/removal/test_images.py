"""Images that are taken out of use, and what follows: raters, scores, counts, files."""

import csv
import io
import threading
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from annotation.models import AuditEntry, Rater, Stimulus, Study, Trial
from annotation.opinion.coverage import coverage_of
from annotation.opinion.export.records import export_records
from annotation.opinion.labels import labels_of
from annotation.opinion.releases import is_stale, live_release, make_release
from annotation.opinion.reliability.selectors import reliability_of
from annotation.rating.anchors import anchors_of
from annotation.rating.preview import preview_trials
from annotation.removal.errors import RemovalError, RemovalStateError
from annotation.removal.images import set_image_state
from annotation.stimuli.imports.service import import_manifest
from annotation.studies.counts import counts_of
from annotation.studies.selectors import stimuli_of
from annotation.studies.setup import setup_of
from tests.annotation.rating.api.client import RaterClient
from tests.annotation.rating.helpers import wrong_counters
from tests.annotation.stimuli.files import picture, row, write_manifest
from tests.factories import make_rater, make_stimuli, make_stimulus, publish
from tests.modelops.labelling import rate
from workbench.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)


def take_out(stimulus: Stimulus, state: str, reason: str = "not what the prompt says") -> Stimulus:
    return set_image_state(stimulus=stimulus, actor=None, state=state, reason=reason)


@pytest.fixture
def rated(study: Study) -> list[Stimulus]:
    """Three images, each rated twice: 4 and 2 of every perspective."""
    stimuli = make_stimuli(study, 3)
    for score in (4, 2):
        rater = make_rater(study)
        for stimulus in stimuli:
            rate(stimulus, rater, (score, score, score))
    return stimuli


def scored_images(study: Study) -> set[int]:
    return set(live_release(study).scores.values_list("stimulus", flat=True))


class TestRaters:
    @pytest.mark.parametrize("state", ["withdrawn", "excluded", "purged"])
    def test_nobody_is_shown_it_any_more(self, study: Study, rater: Rater, state: str) -> None:
        first, second = make_stimuli(study, 2)
        take_out(first, state)
        client, shown = RaterClient(rater).start(), []
        offer = client.claim()
        while offer.get("trials"):
            trial = offer["trials"][0]["id"]
            shown.append(Trial.objects.get(pk=trial).stimulus_id)
            client.submit(trial)
            offer = client.claim()
        assert shown == [second.pk]

    def test_who_holds_it_is_told_and_gets_another(self, study: Study, rater: Rater) -> None:
        make_stimuli(study, 2)
        client = RaterClient(rater).start()
        trial = client.claim()["trials"][0]["id"]
        held = Trial.objects.get(pk=trial).stimulus
        assert held.claimed_ratings == 1
        take_out(held, "withdrawn")
        held.refresh_from_db()
        assert (held.claimed_ratings, wrong_counters()) == (0, 0)

        refused = client.submit(trial)
        assert (client.status, refused["code"]) == (409, "lease_lost")
        assert "taken out of the study" in refused["detail"]
        assert client.post(f"trials/{trial}/renew/")["code"] == "lease_lost"
        following = client.claim()["trials"][0]["id"]
        assert Trial.objects.get(pk=following).stimulus != held
        assert client.submit(following)["trial"]["state"] == "submitted"

    def test_a_lease_that_went_to_others_is_told_as_before(
        self, study: Study, rater: Rater
    ) -> None:
        (stimulus,) = make_stimuli(study, 1)
        client = RaterClient(rater).start()
        trial = client.claim()["trials"][0]["id"]
        Trial.objects.filter(pk=trial).update(state="expired")
        Stimulus.objects.filter(pk=stimulus.pk).update(claimed_ratings=stimulus.maximum_ratings)
        refused = client.submit(trial)
        assert (refused["code"], "other raters" in refused["detail"]) == ("lease_lost", True)

    def test_an_answer_that_is_coming_in_is_not_waited_for(
        self, study: Study, rater: Rater
    ) -> None:
        (stimulus,) = make_stimuli(study, 1)
        trial = RaterClient(rater).start().claim()["trials"][0]["id"]
        locked, done = threading.Event(), threading.Event()

        def answer() -> None:
            with transaction.atomic():
                Trial.objects.select_for_update().get(pk=trial)
                locked.set()
                done.wait(10)
            connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        assert locked.wait(10)
        take_out(stimulus, "withdrawn")
        done.set()
        thread.join()
        # The answer has its way; without one, the lease goes with the next look.
        assert Trial.objects.get(pk=trial).state == "leased"
        take_out(stimulus, "excluded")
        assert Trial.objects.get(pk=trial).state == "expired"
        assert wrong_counters() == 0

    def test_it_is_not_repeated_and_no_practice_or_gold(self, study: Study) -> None:
        study.session_plan |= {"practice_trials": 1}
        for number, purpose in enumerate(("practice", "gold")):
            (stimulus,) = make_stimuli(study, [number], purpose=purpose, wanted_ratings=0)
            publish(stimulus, "quality", 0.5)
            take_out(stimulus, "withdrawn")
        found = setup_of(study)
        assert (found.practice, found.gold, found.images) == (0, 0, False)
        assert preview_trials(study) == []
        assert not any(anchors_of(study.pk, study.perspective_settings).values())

    def test_put_back_it_is_shown_again(self, study: Study, rater: Rater) -> None:
        (stimulus,) = make_stimuli(study, 1)
        take_out(stimulus, "excluded")
        refused = RaterClient(rater).post("session/", {"consent": True})
        assert refused["code"] == "study_full"
        set_image_state(stimulus=stimulus, actor=None, state="in_use")
        offer = RaterClient(rater).start().claim()
        assert Trial.objects.get(pk=offer["trials"][0]["id"]).stimulus == stimulus


class TestScores:
    def test_withdrawn_they_count_excluded_they_do_not(
        self, study: Study, rated: list[Stimulus]
    ) -> None:
        everything = {item.pk for item in rated}
        assert scored_images(study) == everything
        take_out(rated[0], "withdrawn")
        assert not is_stale(live_release(study))
        assert scored_images(study) == everything
        take_out(rated[0], "excluded")
        assert scored_images(study) == everything - {rated[0].pk}
        assert live_release(study).ratings == 4
        assert {label.stimulus for label in labels_of(study)} == everything - {rated[0].pk}
        set_image_state(stimulus=rated[0], actor=None, state="in_use")
        assert scored_images(study) == everything
        assert live_release(study).ratings == 6

    def test_a_named_release_keeps_it_and_is_marked(
        self, study: Study, rated: list[Stimulus], console: Client
    ) -> None:
        release = make_release(study, name="first")
        take_out(rated[0], "excluded")
        release.refresh_from_db()
        rows = console.get(f"/api/v1/studies/demo/releases/{release.number}/scores/").json()
        marked = {(item["stimulus"], item["state"], item["value"]) for item in rows["results"]}
        assert marked == {(item.pk, item.state, 3.0) for item in refreshed(rated)}
        assert (rated[0].pk, "excluded", 3.0) in marked
        live = console.get("/api/v1/studies/demo/releases/live/scores/").json()["results"]
        assert {item["stimulus"] for item in live} == {item.pk for item in rated[1:]}

    def test_the_export_marks_it_and_does_not_count_its_scores(
        self, study: Study, rated: list[Stimulus], console: Client
    ) -> None:
        take_out(rated[0], "excluded")
        take_out(rated[1], "withdrawn")
        found = {item["stimulus"]: item for item in export_records(study)}
        assert [found[item.pk]["state"] for item in rated] == ["excluded", "withdrawn", "in_use"]
        assert [found[item.pk]["mos"]["quality"]["mos"] for item in rated] == [None, 3.0, 3.0]
        counts = [
            {trial["counts"]["quality"] for trial in found[item.pk]["trials"]} for item in rated
        ]
        assert counts == [{False}, {True}, {True}]
        exported: Any = console.get("/studies/demo/export/csv/")
        text = b"".join(exported.streaming_content).decode("utf-8-sig")
        scores = [item for item in _rows(text) if item["kind"] == "score"]
        assert {(item["filename"], item["state"], item["counts"]) for item in scores} == {
            ("0000.png", "excluded", "false"),
            ("0001.png", "withdrawn", "true"),
            ("0002.png", "in_use", "true"),
        }

    def test_raters_are_not_judged_by_an_excluded_image(
        self, study: Study, rated: list[Stimulus]
    ) -> None:
        assert {item.ratings for item in reliability_of(study).values()} == {3}
        take_out(rated[0], "withdrawn")
        assert {item.ratings for item in reliability_of(study).values()} == {3}
        take_out(rated[0], "excluded")
        assert {item.ratings for item in reliability_of(study).values()} == {2}

    def test_counts_and_coverage_follow(self, study: Study, rated: list[Stimulus]) -> None:
        (before,) = coverage_of(study)
        assert (before.images, before.wanted, before.percent) == ((0, 0, 3, 0), 9, 66)
        take_out(rated[0], "withdrawn")
        take_out(rated[1], "excluded")
        (after,) = coverage_of(study)
        assert (after.images, after.ratings, after.wanted) == ((0, 0, 1, 0), 2, 3)
        counts = counts_of(study)
        assert (counts.images, counts.given, counts.wanted, counts.percent) == (1, 2, 3, 66)
        assert counts.ratings == 4, "those of the withdrawn image still count"

    def test_the_list_puts_it_last_and_finds_it(
        self, study: Study, rated: list[Stimulus], console: Client
    ) -> None:
        Stimulus.objects.filter(pk=rated[0].pk).update(priority=9)
        take_out(rated[0], "withdrawn")
        assert list(stimuli_of(study))[-1] == rated[0]
        assert list(stimuli_of(study, filters={"state": "out"})) == [rated[0]]
        assert rated[0] not in stimuli_of(study, filters={"state": "wanted"})
        listed = console.get("/api/v1/studies/demo/stimuli/?state=out").json()["results"]
        assert [(item["filename"], item["state"]) for item in listed] == [("0000.png", "withdrawn")]
        assert "Withdrawn" in console.get("/studies/demo/images/").content.decode()


class TestFiles:
    def test_withdrawn_the_files_stay(self, study: Study, media: Path) -> None:
        (stimulus,) = make_stimuli(study, 1)
        before = files_in(media)
        take_out(stimulus, "excluded")
        assert files_in(media) == before != set()

    def test_deleted_unless_another_image_has_the_same(self, study: Study, media: Path) -> None:
        """Files are named by content: here two images have one file, the third has its own."""
        first, other = make_stimuli(study, 2)
        twin = make_stimulus(study, 5, sha256=first.sha256)
        names = {field: getattr(first, field).name for field in ("image", "display", "thumbnail")}
        Stimulus.objects.filter(pk=twin.pk).update(**names)
        take_out(first, "purged")
        first.refresh_from_db()
        assert all(default_storage.exists(name) for name in names.values())
        assert (first.sha256, first.image.name, first.width, first.state) == (
            "",
            "",
            None,
            "purged",
        )
        twin.refresh_from_db()
        take_out(twin, "purged")
        assert not any(default_storage.exists(name) for name in names.values())
        assert default_storage.exists(str(other.image.name))

    def test_purged_its_ratings_stay_in_the_export(
        self, study: Study, rated: list[Stimulus]
    ) -> None:
        take_out(rated[0], "purged")
        record = next(export_records(study))
        assert (record["state"], record["sha256"], len(record["trials"])) == ("purged", None, 2)
        assert scored_images(study) == {item.pk for item in rated[1:]}

    def test_an_import_does_not_bring_it_back(self, study: Study, tmp_path: Path) -> None:
        for number in range(2):
            (tmp_path / f"{number}.png").write_bytes(picture(number))
        manifest = tmp_path / "manifest.csv"
        write_manifest(manifest, [row(number) for number in range(2)])
        import_manifest(study=study, manifest=manifest)
        take_out(Stimulus.objects.get(filename="0.png"), "purged")
        take_out(Stimulus.objects.get(filename="1.png"), "excluded")
        report = import_manifest(study=study, manifest=manifest, partial=True)
        (rejected,) = report.rejected
        assert "was taken out of the study" in rejected.message
        assert (report.imported, report.updated, report.unchanged) == (0, 0, 1)
        states = Stimulus.objects.order_by("filename").values_list("state", "sha256")
        assert [(state, bool(digest)) for state, digest in states] == [
            ("purged", False),
            ("excluded", True),
        ]


class TestRefusals:
    @pytest.mark.parametrize("reason", ["", "   "])
    def test_a_reason_is_needed(self, study: Study, reason: str) -> None:
        (stimulus,) = make_stimuli(study, 1)
        with pytest.raises(RemovalError, match="Say why"):
            take_out(stimulus, "withdrawn", reason)
        stimulus.refresh_from_db()
        assert stimulus.state == "in_use"

    @pytest.mark.parametrize("reason", ["x" * 501, "a\0b", "\ud800"])
    def test_a_reason_that_cannot_be_kept(self, study: Study, reason: str) -> None:
        (stimulus,) = make_stimuli(study, 1)
        with pytest.raises(RemovalError):
            take_out(stimulus, "excluded", reason)

    def test_there_is_no_such_state(self, study: Study) -> None:
        (stimulus,) = make_stimuli(study, 1)
        with pytest.raises(RemovalError, match="it has in_use, withdrawn, excluded, purged"):
            take_out(stimulus, "gone")

    def test_the_same_again_and_nothing_after_the_files_are_gone(self, study: Study) -> None:
        (stimulus,) = make_stimuli(study, 1)
        take_out(stimulus, "withdrawn")
        with pytest.raises(RemovalStateError, match="already"):
            take_out(stimulus, "withdrawn")
        take_out(stimulus, "purged")
        for state in Stimulus.State.values:
            with pytest.raises(RemovalStateError, match="files were deleted"):
                take_out(stimulus, state)


class TestCallers:
    """Page, API and command do the same and leave the same entry."""

    def test_the_page(self, study: Study, console: Client) -> None:
        (stimulus,) = make_stimuli(study, 1)
        page = reverse("study-stimulus", args=["demo", stimulus.pk])
        assert "Take out" in console.get(page).content.decode()
        address = reverse("study-stimulus-state", args=["demo", stimulus.pk])
        answer = console.post(address, {"state": "excluded", "reason": "six fingers"}, follow=True)
        text = answer.content.decode()
        assert "Excluded from scores" in text
        assert "six fingers" in text
        assert entries() == [("owner", "image.excluded", stimulus.pk, "six fingers")]
        refused = console.post(address, {"state": "purged", "reason": ""}, follow=True)
        assert "Say why" in refused.content.decode()

    def test_the_api(self, study: Study, console: Client) -> None:
        (stimulus,) = make_stimuli(study, 1)
        address = reverse("api-stimulus-state", args=["demo", stimulus.pk])
        body = {"state": "withdrawn", "reason": "six fingers"}
        answer = console.post(address, body, content_type="application/json")
        assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")
        assert entries() == [("owner", "image.withdrawn", stimulus.pk, "six fingers")]
        again = console.post(address, body, content_type="application/json")
        assert (again.status_code, again.json()["code"]) == (409, "removal_state")
        wrong = console.post(address, {"state": "lost"}, content_type="application/json")
        assert wrong.status_code == 400

    def test_the_command(self, study: Study) -> None:
        first, second = make_stimuli(study, 2)
        out = io.StringIO()
        names = [first.filename, second.filename]
        call_command("set_image_state", "demo", "purged", *names, reason="six fingers", stdout=out)
        assert out.getvalue() == "0000.png: purged\n0001.png: purged\n"
        assert [entry[:2] for entry in entries()] == [(None, "image.purged")] * 2
        with pytest.raises(CommandError, match=r"0000\.png: The image’s files were deleted"):
            call_command("set_image_state", "demo", "in_use", first.filename)
        with pytest.raises(CommandError, match=r'no image "other\.png"'):
            call_command("set_image_state", "demo", "in_use", "other.png")

    def test_a_viewer_reads_the_state_and_changes_nothing(
        self, study: Study, outsider: User, client: Client
    ) -> None:
        study.memberships.create(user=outsider, role="viewer")
        (stimulus,) = make_stimuli(study, 1)
        client.force_login(outsider)
        page = client.get(reverse("study-stimulus", args=["demo", stimulus.pk]))
        assert page.status_code == 200
        assert "Take out" not in page.content.decode()


def entries() -> list[tuple[Any, ...]]:
    found = AuditEntry.objects.filter(action__startswith="image.").order_by("pk")
    return [
        (
            entry.actor and entry.actor.username,
            entry.action,
            entry.detail["stimulus"],
            entry.detail["reason"],
        )
        for entry in found
    ]


def refreshed(stimuli: list[Stimulus]) -> list[Stimulus]:
    return [Stimulus.objects.get(pk=item.pk) for item in stimuli]


def files_in(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))
