"""A study with a kept release of opinion scores."""

import hashlib

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from annotation.models import Stimulus, Study
from annotation.opinion.releases import make_release
from tests.annotation.opinion.export.rated import rate
from tests.factories import make_rater, make_stimuli

from .made_up import picture


@pytest.fixture
def stimuli(study: Study) -> list[Stimulus]:
    """Three rated images, the last of which is held out, with pictures, in a kept release."""
    found = make_stimuli(study, 3)
    for number, stimulus in enumerate(found):
        data = picture(number)
        name = default_storage.save(f"test/{number}.png", ContentFile(data))
        split = "holdout" if number == 2 else "pool"
        values = {"image": name, "sha256": hashlib.sha256(data).hexdigest(), "split": split}
        Stimulus.objects.filter(pk=stimulus.pk).update(**values, width=8, height=8)
        for rater in ("one", "two"):
            rate(make_rater(study, code=f"{rater}{number}"), stimulus, {"quality": 2 + number})
    make_release(study, name="first", method="mos")
    return found
