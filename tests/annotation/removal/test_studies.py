"""Studies that are archived and deleted."""

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from annotation.models import (
    AuditEntry,
    ImportJob,
    Membership,
    Rater,
    SharedLink,
    Stimulus,
    Study,
)
from annotation.models.membership import MemberRole
from annotation.opinion.releases import make_release
from annotation.raters.invitations import shared_link_path
from annotation.raters.services import create_raters
from annotation.removal import deleting, tasks
from annotation.removal.archiving import archive_study, bring_back_study
from annotation.removal.deleting import delete_study, deletion_outlook, finish_deletion
from annotation.removal.errors import RemovalError, RemovalStateError
from annotation.stimuli.imports.store import ImportRunningError
from annotation.studies.services import StatusError, set_status
from tests.annotation.rating.api.client import RaterClient
from tests.annotation.stimuli.files import stored
from tests.conftest import Sent
from tests.constraints.world import make_world
from tests.factories import make_member, make_stimuli, make_study, make_user
from workbench.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)


QuickRows = Callable[[int], None]


@pytest.fixture
def quick_rows(monkeypatch: pytest.MonkeyPatch) -> QuickRows:
    """Sets up to how many rows a study is deleted while somebody waits."""
    return partial(monkeypatch.setattr, deleting, "QUICK_ROWS")


class TestArchive:
    @pytest.mark.parametrize(
        ("status", "back"),
        [("draft", "draft"), ("open", "paused"), ("paused", "paused"), ("closed", "closed")],
    )
    def test_it_comes_back_as_it_was_but_paused(self, study: Study, status: str, back: str) -> None:
        Study.objects.filter(pk=study.pk).update(status=status)
        archive_study(study=study, actor=None)
        assert (study.status, study.archived_from) == ("archived", back)
        bring_back_study(study=study, actor=None)
        assert (study.status, study.archived_from) == (back, "")

    def test_no_list_has_it_but_that_of_archived_ones(
        self, study: Study, owner: User, console: Client
    ) -> None:
        make_study(owner, "other", title="The other one")
        archive_study(study=study, actor=owner)
        listed = console.get("/api/v1/studies/").json()["results"]
        assert [item["slug"] for item in listed] == ["other"]
        listed = console.get("/api/v1/studies/?archived=1").json()["results"]
        assert [(item["slug"], item["status"]) for item in listed] == [("demo", "archived")]
        page = console.get("/studies/").content.decode()
        assert "/studies/demo/" not in page
        assert "1 archived study" in page
        away = console.get("/studies/?status=archived").content.decode()
        assert "/studies/demo/" in away
        assert "The other one" not in away
        assert "The study is archived" in console.get("/studies/demo/").content.decode()

    def test_no_rater_rates_or_joins(self, study: Study, rater: Rater) -> None:
        make_stimuli(study, 2)
        link = SharedLink.objects.create(study=study, quota=5)
        client = RaterClient(rater).start()
        trial = client.claim()["trials"][0]["id"]
        archive_study(study=study, actor=None)
        assert client.submit(trial)["code"] == "study_closed"
        assert client.claim()["code"] == "study_closed"
        joined = Client().get(shared_link_path(link)).content.decode()
        assert "closed" in joined

    def test_only_from_where_it_is(self, study: Study, owner: User) -> None:
        with pytest.raises(RemovalStateError, match="not archived"):
            bring_back_study(study=study, actor=None)
        archive_study(study=study, actor=None)
        with pytest.raises(RemovalStateError, match="already"):
            archive_study(study=study, actor=None)
        with pytest.raises(StatusError):
            set_status(study=study, actor=owner, status="open")

    def test_page_api_and_command(self, study: Study, console: Client) -> None:
        page, api = (
            reverse("study-archive", args=["demo"]),
            reverse("api-study-archive", args=["demo"]),
        )
        said = console.post(page, {"wish": "archive"}, follow=True).content.decode()
        assert "only in the list of archived studies" in said
        # Nothing is next for it, least of all that it is open.
        overview = console.get(reverse("study", args=["demo"])).content.decode()
        assert "Next steps" not in overview
        assert "The study is archived" in overview
        assert "reload the page" in console.post(page, follow=True).content.decode()
        assert (
            "The study is back"
            in console.post(page, {"wish": "back"}, follow=True).content.decode()
        )
        assert console.post(api).json()["status"] == "archived"
        assert console.delete(api).json()["status"] == "paused"
        assert console.delete(api).status_code == 409
        out = io.StringIO()
        call_command("archive_study", "demo", stdout=out)
        call_command("archive_study", "demo", "--back", stdout=out)
        assert out.getvalue() == "demo: archived\ndemo: paused\n"
        with pytest.raises(CommandError, match="not archived"):
            call_command("archive_study", "demo", "--back")
        actions = AuditEntry.objects.filter(study=study).values_list("action", flat=True)
        assert sorted(actions) == ["study.archived"] * 3 + ["study.brought_back"] * 3


class TestDelete:
    def test_nothing_of_it_is_left_and_all_of_the_other(self, owner: User) -> None:
        """A row of every model, in two studies."""
        with transaction.atomic():
            world = make_world(owner)
        study: Any = world.rows["study"]
        other: Any = world.other["study"]
        storages["artifacts"].save(f"models/{study.pk}/run-1/manifest.json", ContentFile(b"{}"))
        storages["artifacts"].save(f"models/{other.pk}/run-1/manifest.json", ContentFile(b"{}"))
        before = of_study(other)
        assert len(of_study(study)) > 20
        outlook = deletion_outlook(study)
        assert (outlook.images, outlook.raters, outlook.releases) == (1, 2, ("first",))
        assert outlook.others == {"Models": 1}
        assert delete_study(study=study, actor=owner, confirm="demo")
        assert of_study(study) == {}
        assert of_study(other) == before
        kept = storages["artifacts"]
        assert kept.exists(f"models/{other.pk}/run-1/manifest.json")
        assert not kept.exists(f"models/{study.pk}/run-1/manifest.json")
        assert {item.image.name for item in Stimulus.objects.all()} <= set(
            stored(Path(default_storage.path("")))
        )
        assert len(stored(Path(default_storage.path("")))) == 3

    def test_the_trail_stays_without_the_study(self, study: Study, owner: User) -> None:
        create_raters(study=study, count=2, actor=owner)
        delete_study(study=study, actor=owner, confirm=" demo ")
        entries = list(AuditEntry.objects.order_by("pk"))
        assert [entry.action for entry in entries] == ["raters.created", "study.deleted"]
        assert {(entry.study, entry.actor) for entry in entries} == {(None, owner)}
        assert AuditEntry.objects.latest("pk").detail == {
            "slug": "demo",
            "title": "Demo",
            "images": 0,
            "ratings": 0,
            "raters": 2,
            "releases": [],
        }

    @pytest.mark.parametrize("typed", ["", "Demo", "demo2", "de mo"])
    def test_the_slug_has_to_be_typed(self, study: Study, typed: str) -> None:
        with pytest.raises(RemovalError, match="to confirm"):
            delete_study(study=study, actor=None, confirm=typed)
        study.refresh_from_db()
        assert study.status == "open"

    def test_a_large_one_is_deleted_by_a_worker(
        self,
        study: Study,
        rater: Rater,
        console: Client,
        sent: Sent,
        quick_rows: QuickRows,
    ) -> None:
        quick_rows(0)
        make_stimuli(study, 1)
        client = RaterClient(rater).start()
        assert not delete_study(study=study, actor=None, confirm="demo")
        assert sent == [(deleting.DELETE, (study.pk,))]
        # There for nobody from now on.
        assert console.get("/studies/demo/").status_code == 404
        assert console.get("/api/v1/studies/").json()["results"] == []
        assert client.claim()["code"] == "study_closed"
        with pytest.raises(CommandError, match="no study"):
            call_command("delete_study", "demo")
        with pytest.raises(RemovalStateError, match="already"):
            delete_study(study=study, actor=None, confirm="demo")
        tasks.delete_study(study.pk)
        assert not Study.objects.exists()
        assert stored(Path(default_storage.path(""))) == []
        tasks.delete_study(study.pk)

    def test_what_is_in_use_waits_for_the_next_sweep(
        self, study: Study, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def busy(_study: Study) -> None:
            raise ImportRunningError("an import")

        with monkeypatch.context() as patch:
            patch.setattr(deleting, "study_lock", busy)
            assert not delete_study(study=study, actor=None, confirm="demo")
        assert Study.objects.get().status == "deleting"
        tasks.sweep_deletions()
        assert not Study.objects.exists()
        assert finish_deletion(study)

    def test_an_upload_that_waits_for_its_import_goes_too(self, study: Study) -> None:
        name = storages["artifacts"].save("imports/a/manifest.csv", ContentFile(b"x"))
        ImportJob.objects.create(study=study, manifest=name, manifest_name="manifest.csv")
        ImportJob.objects.create(study=study, state="failed", manifest_name="manifest.csv")
        delete_study(study=study, actor=None, confirm="demo")
        assert not storages["artifacts"].exists(name)

    def test_only_an_owner_deletes_named_releases(
        self, study: Study, owner: User, administrator: User, client: Client
    ) -> None:
        manager = make_user("manager")
        make_member(study, manager, MemberRole.MANAGER)
        page, api = (
            reverse("study-delete", args=["demo"]),
            reverse("api-study-deletion", args=["demo"]),
        )
        for person in (manager, administrator, owner):
            client.force_login(person)
            assert [client.get(address).status_code for address in (page, api)] == [200, 200]
        make_release(study, name="first")
        for person in (manager, administrator):
            client.force_login(person)
            body = {"confirm": "demo"}
            assert client.get(page).status_code == 403
            assert client.post(page, body).status_code == 403
            assert client.post(api, body, content_type="application/json").status_code == 403
            settings = client.get("/studies/demo/settings/").content.decode()
            assert "only its owner may delete it" in settings
        client.force_login(owner)
        assert client.get(page).status_code == 200
        assert Study.objects.get().status == "open"

    def test_the_page(self, study: Study, console: Client) -> None:
        make_stimuli(study, 2)
        make_release(study, name="the published one")
        address = reverse("study-delete", args=["demo"])
        assert address in console.get("/studies/demo/settings/").content.decode()
        page = console.get(address).content.decode()
        assert "the published one" in page
        refused = console.post(address, {"confirm": "no"}).content.decode()
        assert "Type “demo” to confirm." in refused
        done = console.post(address, {"confirm": "demo"}, follow=True)
        assert done.redirect_chain[-1][0] == "/studies/"
        assert "“Demo” is deleted." in done.content.decode()

    def test_the_page_of_a_large_one(
        self, study: Study, console: Client, sent: Sent, quick_rows: QuickRows
    ) -> None:
        quick_rows(-1)
        done = console.post(
            reverse("study-delete", args=["demo"]), {"confirm": "demo"}, follow=True
        )
        assert "is being deleted" in done.content.decode()
        assert len(sent) == 1

    def test_the_api(
        self,
        study: Study,
        owner: User,
        console: Client,
        quick_rows: QuickRows,
        sent: Sent,
    ) -> None:
        make_study(owner, "other")
        for slug, quick, status in (("demo", 2000, 204), ("other", -1, 202)):
            quick_rows(quick)
            address = reverse("api-study-deletion", args=[slug])
            assert console.get(address).json()["images"] == 0
            wrong = console.post(address, {"confirm": "x"}, content_type="application/json")
            assert (wrong.status_code, wrong.json()["code"]) == (400, "removal_invalid")
            done = console.post(address, {"confirm": slug}, content_type="application/json")
            assert done.status_code == status
            assert console.get(address).status_code == 404
        assert list(Study.objects.values_list("slug", "status")) == [("other", "deleting")]

    def test_the_command(self, study: Study, rater: Rater) -> None:
        out = io.StringIO()
        call_command("delete_study", "demo", stdout=out)
        assert "0 images, 0 files, 1 raters, 0 ratings, Models: 0" in out.getvalue()
        assert "add --confirm demo" in out.getvalue()
        with pytest.raises(CommandError, match="to confirm"):
            call_command("delete_study", "demo", confirm="x", stdout=out)
        call_command("delete_study", "demo", confirm="demo", stdout=out)
        assert out.getvalue().endswith("deleted\n")
        assert not Study.objects.exists()
        assert not Membership.objects.exists()


def of_study(study: Study) -> dict[str, int]:
    """Rows by table that name the study."""
    counts: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.columns WHERE column_name = 'study_id'"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT count(*) FROM {table} WHERE study_id = %s", [study.pk])
            (number,) = cursor.fetchone()
            if number:
                counts[table] = number
    return counts
