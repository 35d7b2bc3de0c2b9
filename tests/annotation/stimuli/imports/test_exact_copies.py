"""Large images: a reduced copy for fitted images, every pixel for studies that show them."""

import io
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from PIL import Image

from annotation.models import Rater, Stimulus, Study
from annotation.stimuli.imports.service import import_manifest
from tests.annotation.rating.api.client import RaterClient
from tests.annotation.stimuli.files import encoded, row, stored, write_manifest

pytestmark = pytest.mark.django_db

LARGE = Image.radial_gradient("L").resize((2500, 30)).convert("RGB")


@pytest.fixture
def large(study: Study, folder: Path) -> Path:
    (folder / "0.png").write_bytes(encoded(LARGE, "PNG"))
    manifest = write_manifest(folder / "m.csv", [row(0)])
    import_manifest(study=study, manifest=manifest)
    return manifest


def served(rater: Rater) -> Image.Image:
    """The image that the rater's browser gets."""
    (trial,) = RaterClient(rater).start().claim()["trials"]
    response = Client().get(trial["image"]["url"])
    return Image.open(io.BytesIO(response.getvalue()))


@pytest.mark.parametrize(("setting", "size"), [("fit", (2048, 25)), ("pixels", (2500, 30))])
def test_the_study_s_setting_says_which_copy_raters_get(
    study: Study, rater: Rater, large: Path, setting: str, size: tuple[int, int]
) -> None:
    Study.objects.update(image_size=setting)
    shown = served(rater)
    assert shown.size == size
    assert (shown.tobytes() == LARGE.tobytes()) == (setting == "pixels")


def test_a_picture_made_by_other_rules_is_made_again_by_the_next_import(
    study: Study, large: Path, media: Path
) -> None:
    Stimulus.objects.update(exact="", rendering=0)
    report = import_manifest(study=study, manifest=large)
    assert (report.imported, report.updated, report.unchanged) == (0, 1, 0)
    assert Image.open(Stimulus.objects.get().exact).size == (2500, 30)
    assert import_manifest(study=study, manifest=large).unchanged == 1
    # The original, its picture at its own size, the reduced one and the thumbnail.
    assert len(stored(media)) == 4


def test_an_import_that_was_killed_leaves_exact_copies_alone(
    study: Study, large: Path, media: Path
) -> None:
    stimulus = Stimulus.objects.get()
    turned = encoded(LARGE.transpose(Image.Transpose.ROTATE_180), "PNG")
    stimulus.exact.save(f"studies/{study.pk}/images/00/turned.png", ContentFile(turned))
    (media / f"studies/{study.pk}/importing").touch()
    import_manifest(study=study, manifest=large)
    assert stimulus.exact.storage.exists(str(stimulus.exact.name))
