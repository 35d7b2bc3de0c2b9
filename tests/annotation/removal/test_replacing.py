"""An image that takes the place of a wrong one, under its name."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from PIL import Image

from annotation.models import AuditEntry, OpinionScore, Stimulus, Study, Trial
from annotation.opinion.answers import known_scores
from annotation.opinion.labels import labels_of
from annotation.removal import replacing
from annotation.removal.errors import RemovalError, RemovalStateError
from annotation.removal.images import set_image_state
from annotation.removal.replacing import replace_image
from annotation.stimuli.imports.service import import_manifest
from tests.annotation.rating.helpers import wrong_counters
from tests.annotation.stimuli.files import picture, row, write_manifest
from tests.factories import make_rater, make_stimuli, make_stimulus, png, publish
from tests.modelops.labelling import rate
from workbench.core.uploads import UploadNotKeptError

pytestmark = pytest.mark.django_db(transaction=True)

WHY = "the file of another prompt"


@pytest.fixture
def wrong(study: Study) -> Stimulus:
    stimulus = make_stimulus(study, 1, split="holdout", wanted_ratings=7, maximum_ratings=9)
    stimulus.metadata = {"seed": 4}
    stimulus.save()
    return stimulus


def replaced(stimulus: Stimulus, number: int = 70) -> Stimulus:
    return replace_image(stimulus=stimulus, data=png(number), actor=None, reason=WHY)


def test_the_new_image_has_the_place_and_a_key_of_its_own(wrong: Stimulus) -> None:
    new = replaced(wrong)
    wrong.refresh_from_db()
    assert (wrong.state, wrong.replaced_by, new.state) == ("excluded", new, "in_use")
    assert new.pk != wrong.pk
    for name in ("filename", "prompt", "generator", "split", "purpose", "metadata"):
        assert getattr(new, name) == getattr(wrong, name), name
    assert (new.wanted_ratings, new.maximum_ratings, new.claimed_ratings) == (7, 9, 0)
    with Image.open(new.image.open()) as picture_of_new:
        assert picture_of_new.getpixel((0, 0)) == (70, 0, 90)
    assert (new.width, new.height) == (48, 32)


def test_ratings_stay_with_the_old_and_do_not_count(study: Study, wrong: Stimulus) -> None:
    rate(wrong, make_rater(study), (5, 5, 5))
    assert {label.stimulus for label in labels_of(study)} == {wrong.pk}
    new = replaced(wrong)
    assert labels_of(study) == []
    assert Trial.objects.get().stimulus == wrong
    assert (new.claimed_ratings, wrong_counters()) == (0, 0)
    rate(new, make_rater(study), (1, 1, 1))
    assert {(label.stimulus, label.split) for label in labels_of(study)} == {(new.pk, "holdout")}


def test_published_scores_came_with_the_name(study: Study) -> None:
    gold = make_stimulus(study, 1, purpose="gold", attention_check=True, wanted_ratings=0)
    publish(gold, "quality", 0.75, sd=0.1, raters=12)
    publish(gold, "quality", 20, source="a paper", scale=(0, 100))
    new = replaced(gold)
    assert new.attention_check
    rows = OpinionScore.objects.filter(stimulus=new).order_by("release__number")
    assert list(rows.values_list("value", "sd", "n")) == [(0.75, 0.1, 12), (20.0, None, None)]
    known = known_scores(study.pk, study.perspective_settings)
    # 0.75 and 0.2 on 0…1 are 0.475, which is 2.9 on 1…5; only the new image is known.
    assert [(key, scores[0]) for key, scores in known.instructed.items()] == [
        (new.pk, pytest.approx(2.9))
    ]


def test_once_more_and_back_to_the_first_file(wrong: Stimulus) -> None:
    second = replaced(wrong)
    with pytest.raises(RemovalStateError, match="replaced already"):
        replaced(wrong, 80)
    third = replace_image(stimulus=second, data=png(1), actor=None, reason=WHY)
    assert third.sha256 == wrong.sha256
    assert Stimulus.objects.filter(filename=wrong.filename).count() == 3
    with pytest.raises(RemovalStateError, match="cannot come back"):
        set_image_state(stimulus=wrong, actor=None, state="in_use")


def test_a_purged_image_gets_the_right_file_and_stays_purged(wrong: Stimulus) -> None:
    set_image_state(stimulus=wrong, actor=None, state="purged", reason=WHY)
    new = replaced(wrong)
    wrong.refresh_from_db()
    assert (wrong.state, wrong.replaced_by) == ("purged", new)


def test_the_manifest_goes_on_to_mean_the_new_image(study: Study, tmp_path: Path) -> None:
    (tmp_path / "0.png").write_bytes(picture(0))
    manifest = tmp_path / "manifest.csv"
    write_manifest(manifest, [row(0)])
    import_manifest(study=study, manifest=manifest)
    new = replace_image(stimulus=Stimulus.objects.get(), data=picture(9), actor=None, reason=WHY)
    refused = import_manifest(study=study, manifest=manifest)
    assert "is in the study with a different image" in refused.rejected[0].message
    (tmp_path / "0.png").write_bytes(picture(9))
    assert import_manifest(study=study, manifest=manifest).unchanged == 1
    assert Stimulus.objects.filter(replaced_by=None).get() == new


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "0001.png"),
        (b"not an image", "0001.png"),
        (png(1), "the same file as “0001.png”"),
        (png(2), "the same file as “0002.png”"),
    ],
)
def test_what_cannot_take_the_place(
    study: Study, wrong: Stimulus, media: Path, data: bytes, said: str
) -> None:
    make_stimulus(study, 2, prompt=wrong.prompt)
    before = {path for path in media.rglob("*") if path.is_file()}
    with pytest.raises(RemovalError, match=said):
        replace_image(stimulus=wrong, data=data, actor=None, reason=WHY)
    wrong.refresh_from_db()
    assert (wrong.state, wrong.replaced_by) == ("in_use", None)
    assert {path for path in media.rglob("*") if path.is_file()} == before


def test_a_file_that_is_too_large(wrong: Stimulus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replacing, "MAX_FILE_BYTES", 10)
    with pytest.raises(RemovalError, match="more than"):
        replaced(wrong)


def test_a_disk_that_is_full(wrong: Stimulus, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(replacing, "store_image", full)
    with pytest.raises(UploadNotKeptError, match="No space left"):
        replaced(wrong)
    wrong.refresh_from_db()
    assert wrong.replaced_by is None


def entry() -> tuple[str | None, Any]:
    found = AuditEntry.objects.get(action="image.replaced")
    return found.actor.username if found.actor else None, found.detail


def test_the_page(study: Study, wrong: Stimulus, console: Client) -> None:
    address = reverse("study-stimulus-replace", args=["demo", wrong.pk])
    assert "Choose the file" in console.post(address, follow=True).content.decode()
    upload = SimpleUploadedFile("any name.jpg", b"no image")
    answer = console.post(address, {"image": upload, "reason": WHY}, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("study-stimulus", args=["demo", wrong.pk])
    upload = SimpleUploadedFile("any name.jpg", png(70))
    answer = console.post(address, {"image": upload, "reason": WHY}, follow=True)
    new = Stimulus.objects.get(replaced_by=None)
    assert answer.redirect_chain[-1][0] == reverse("study-stimulus", args=["demo", new.pk])
    old = console.get(reverse("study-stimulus", args=["demo", wrong.pk])).content.decode()
    assert "The image that took its place" in old
    assert entry() == (
        "owner",
        {"stimulus": wrong.pk, "by": new.pk, "filename": "0001.png", "reason": WHY},
    )


def test_the_api(study: Study, wrong: Stimulus, console: Client) -> None:
    address = reverse("api-stimulus-replacement", args=["demo", wrong.pk])
    body = {"image": io.BytesIO(png(70)), "reason": WHY}
    answer = console.post(address, body)
    assert answer.status_code == 201
    assert answer.json()["filename"] == "0001.png"
    listed = console.get("/api/v1/studies/demo/stimuli/?state=out").json()["results"]
    assert [(item["id"], item["replaced_by"]) for item in listed] == [
        (wrong.pk, answer.json()["id"])
    ]
    again = console.post(address, {"image": io.BytesIO(png(71)), "reason": WHY})
    assert again.status_code == 409


def test_the_command(study: Study, wrong: Stimulus, tmp_path: Path) -> None:
    file, out = tmp_path / "right.png", io.StringIO()
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("replace_image", "demo", "0001.png", str(file), reason=WHY)
    file.write_bytes(png(70))
    call_command("replace_image", "demo", "0001.png", str(file), reason=WHY, stdout=out)
    new = Stimulus.objects.get(replaced_by=None)
    assert out.getvalue() == f"0001.png: {new.pk} takes the place of {wrong.pk}\n"
    with pytest.raises(CommandError, match="the same file"):
        call_command("replace_image", "demo", "0001.png", str(file), reason=WHY)


def test_other_images_are_left_alone(study: Study, wrong: Stimulus) -> None:
    others = make_stimuli(study, [5, 6])
    replaced(wrong)
    assert {item.state for item in Stimulus.objects.filter(pk__in=[it.pk for it in others])} == {
        "in_use"
    }
