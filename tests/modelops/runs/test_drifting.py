"""Drift and the schedule on the pages, with a small model."""

import numpy as np
import pytest
from django.core.cache import cache
from django.core.files.storage import storages
from django.test import Client

from annotation.models import AuditEntry, Stimulus, Study
from annotation.removal.images import set_image_state
from modelops.models import ModelVersion
from modelops.registry.snapshots import read_snapshot
from modelops.runs import scoring
from modelops.runs.drifting import drift_of
from modelops.runs.pages.drifting import DriftPart
from tests.factories import make_stimuli
from tests.modelops.conftest import score_all
from workbench.accounts.models import User

PAGE = "/studies/demo/model/versions/1/agreement/"


@pytest.fixture
def console(client: Client, owner: User) -> Client:
    cache.clear()
    client.force_login(owner)
    return client


def test_new_images_are_compared_with_those_learnt_from(
    study: Study, scored: ModelVersion, console: Client
) -> None:
    assert "0 images came after its training" in console.get(PAGE).content.decode()
    new = make_stimuli(study, range(600, 625))
    scoring.start_scoring(version=scored)
    score_all(scored)
    scored.predictions.filter(stimulus__in=new, perspective__key="quality").update(mean=5.0)
    found = drift_of(scored).result
    assert found is not None
    assert (found.drift.learnt, found.drift.new, found.drift.drifts) == (24, 25, True)
    assert found.drift.scores[0].distance == pytest.approx(1)
    # Their embeddings are kept since they were predicted.
    assert found.drift.images is not None
    assert np.isfinite(found.drift.images.share)
    text = console.get(PAGE).content.decode()
    assert "are not like those that it learnt from" in text
    assert "Its expectations have shifted, from: " in text
    assert 'id="plot-drift"' in text
    assert "left out of the comparison of embeddings" not in text

    # An image withdrawn from the snapshot: the others are compared as before.
    learnt = Stimulus.objects.get(pk=read_snapshot(scored.snapshot)[0].stimulus)
    assert learnt.split == "pool"
    set_image_state(stimulus=learnt, actor=None, state="purged", reason="asked for")
    cache.clear()
    again = drift_of(scored).result
    assert again is not None
    assert again.drift.images is not None
    assert (again.left_out, again.drift.learnt, again.drift.drifts) == (1, 24, True)
    text = console.get(PAGE).content.decode()
    assert "1 image is left out of the comparison of embeddings: it was deleted" in text


def test_the_schedule_is_seen_and_set_on_the_page(study: Study, console: Client) -> None:
    url = "/studies/demo/model/schedule/"
    text = console.post(url, {"retrain_every": "250"}, follow=True).content.decode()
    assert "A training starts after every 250 new ratings." in text
    assert 'name="retrain_every" min="0" required value="250"' in text
    assert AuditEntry.objects.latest("pk").detail == {"settings": ["retrain_every"]}
    nightly = {"retrain_every": "250", "retrain_nightly": "on"}
    text = console.post(url, nightly, follow=True).content.decode()
    assert "A training starts at night if there are new ratings." in text
    assert 'name="retrain_nightly" checked' in text
    for wrong in ("", "-1", "many"):
        text = console.post(url, {"retrain_every": wrong}, follow=True).content.decode()
        assert "Give a whole number of new ratings" in text
    # What is too large, the study refuses.
    text = console.post(url, {"retrain_every": "9" * 22}, follow=True).content.decode()
    assert 'class="notice bad"' in text
    study.refresh_from_db()
    assert study.retrain_every == 250


def test_a_version_whose_labels_are_gone_has_its_other_measures(
    study: Study, scored: ModelVersion, console: Client
) -> None:
    name = scored.snapshot.artifact
    storages["artifacts"].delete(name)
    assert name in console.get(PAGE).content.decode()


def test_until_it_is_computed_a_reader_is_asked_to_wait(study: Study) -> None:
    part = DriftPart(study, None)
    assert (part.lines(), part.drifts) == (["Being computed; reload the page in a moment."], False)
