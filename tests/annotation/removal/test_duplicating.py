"""Studies that are duplicated."""

import io
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from annotation.models import (
    AuditEntry,
    OpinionScore,
    Stimulus,
    Study,
)
from annotation.opinion.labels import labels_of
from annotation.opinion.releases import live_release
from annotation.removal.deleting import delete_study, deletion_outlook
from annotation.removal.duplicating import duplicate_study
from annotation.removal.images import set_image_state
from annotation.stimuli.imports.service import import_manifest
from annotation.studies.protocols import current_protocol
from annotation.studies.services import SETTINGS, update_study
from tests.annotation.stimuli.files import picture, row, stored, write_manifest
from tests.factories import make_rater, make_stimuli, publish
from tests.modelops.labelling import rate
from workbench.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)


class TestDuplicate:
    def test_settings_and_texts_are_the_same(self, study: Study, owner: User) -> None:
        changes = {"instructions": "Look.", "target_ratings": 2, "erased_ratings": "drop"}
        study = update_study(study=study, actor=owner, changes=changes)
        new = duplicate_study(study=study, owner=owner, title="Again")
        assert (new.slug, new.title, new.status) == ("again", "Again", "draft")
        for name in SETTINGS:
            if name not in ("title", "perspectives"):
                assert getattr(new, name) == getattr(study, name), name
        assert new.perspective_settings == study.perspective_settings
        asked = [current_protocol(item.pk).content for item in (study, new)]
        for content in asked:
            del content["texts"]["title"]
        assert asked[0] == asked[1]
        assert new.seed != study.seed
        assert list(new.memberships.values_list("user__username", "role")) == [("owner", "owner")]
        assert not new.stimuli.exists()

    def test_images_come_by_reference_without_ratings(self, study: Study, owner: User) -> None:
        first, second, gone = make_stimuli(study, 3)
        Stimulus.objects.filter(pk=second.pk).update(split="holdout", priority=5)
        gold = make_stimuli(study, [9], purpose="gold")[0]
        publish(gold, "quality", 0.75, sd=0.1, raters=4)
        publish(gone, "quality", 0.2, source="of the other")
        rate(first, make_rater(study), (4, 4, 4))
        set_image_state(stimulus=gone, actor=None, state="withdrawn", reason="no")
        files = stored(Path(default_storage.path("")))
        new = duplicate_study(study=study, owner=owner, title="Again", images=True)
        assert stored(Path(default_storage.path(""))) == files
        found = {item.filename: item for item in new.stimuli.all()}
        assert sorted(found) == ["0000.png", "0001.png", "0009.png"]
        twin = found["0001.png"]
        assert (twin.split, twin.priority, twin.image.name) == ("holdout", 0.0, second.image.name)
        assert twin.prompt.study == twin.generator.study == new
        assert twin.prompt.text == second.prompt.text
        assert found["0000.png"].claimed_ratings == 0
        assert (found["0009.png"].purpose, new.raters.count()) == ("gold", 0)
        scores = OpinionScore.objects.filter(study=new)
        assert [(it.stimulus.filename, it.value, it.release.source) for it in scores] == [
            ("0009.png", 0.75, "elsewhere")
        ]
        assert labels_of(new) == []
        assert live_release(new).ratings == 0
        assert (Stimulus.objects.filter(study=study).count(), new.prompts.count()) == (4, 3)

    def test_files_stay_as_long_as_one_of_both_has_them(self, study: Study, owner: User) -> None:
        (stimulus,) = make_stimuli(study, 1)
        new = duplicate_study(study=study, owner=owner, title="Again", images=True)
        twin = new.stimuli.get()
        set_image_state(stimulus=stimulus, actor=None, state="purged", reason="no")
        assert default_storage.exists(str(twin.image.name))
        assert deletion_outlook(study).files == 0
        delete_study(study=study, actor=owner, confirm="demo")
        assert default_storage.exists(str(twin.image.name))
        delete_study(study=new, actor=owner, confirm="again")
        assert stored(Path(default_storage.path(""))) == []

    def test_an_import_cleans_up_only_what_no_study_has(
        self, study: Study, owner: User, tmp_path: Path
    ) -> None:
        (tmp_path / "0.png").write_bytes(picture(0))
        write_manifest(tmp_path / "manifest.csv", [row(0)])
        import_manifest(study=study, manifest=tmp_path / "manifest.csv")
        new = duplicate_study(study=study, owner=owner, title="Again", images=True)
        set_image_state(stimulus=study.stimuli.get(), actor=None, state="purged", reason="no")
        # As an import that was killed leaves it: the next one deletes what nobody has.
        default_storage.save(f"studies/{study.pk}/importing", ContentFile(b""))
        (tmp_path / "1.png").write_bytes(picture(1))
        write_manifest(tmp_path / "manifest.csv", [row(1)])
        import_manifest(study=study, manifest=tmp_path / "manifest.csv")
        assert default_storage.exists(str(new.stimuli.get().image.name))

    def test_page_api_and_command(self, study: Study, console: Client) -> None:
        make_stimuli(study, 1)
        page = reverse("study-duplicate", args=["demo"])
        said = console.post(page, {"title": "One", "images": "on"}, follow=True)
        assert said.redirect_chain[-1][0] == "/studies/one/"
        assert Study.objects.get(slug="one").stimuli.count() == 1
        assert "title" in console.post(page, {"title": " "}, follow=True).content.decode()
        api = reverse("api-study-duplicate", args=["demo"])
        body = {"title": "Two", "slug": "number-2"}
        made = console.post(api, body, content_type="application/json")
        assert (made.status_code, made.json()["slug"]) == (201, "number-2")
        taken = console.post(api, body, content_type="application/json")
        assert taken.status_code == 400
        out = io.StringIO()
        call_command("duplicate_study", "demo", "Three", "--owner=owner", "--images", stdout=out)
        assert out.getvalue() == "three: 1 images\n"
        with pytest.raises(CommandError, match='no account "nobody"'):
            call_command("duplicate_study", "demo", "Four", "--owner=nobody")
        with pytest.raises(CommandError, match="slug"):
            call_command("duplicate_study", "demo", "Five", "--owner=owner", "--slug=three")
        entries = AuditEntry.objects.filter(action="study.duplicated").order_by("pk")
        assert [entry.detail for entry in entries] == [
            {"of": "demo", "images": 1},
            {"of": "demo", "images": 0},
            {"of": "demo", "images": 1},
        ]
