"""Ratings of raters who fail a rule weigh less wherever scores are averaged; none is dropped."""

import csv
import io
import json

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from annotation.models import Rater, Stimulus, Study
from annotation.opinion.export.formats import FORMATS
from annotation.opinion.export.records import export_records, exported
from annotation.opinion.labels import labels_of
from annotation.opinion.reliability.selectors import rater_weights
from annotation.opinion.selectors import scores_of
from annotation.protocol.reliability_rules import ReliabilityRules
from tests.annotation.answering import answer, sitting
from tests.annotation.opinion.export.reading import means_and_mos
from tests.factories import make_rater, make_stimuli
from workbench.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)

#: A rater who answers half of four images within a second.
HASTY = {"too_fast": {"threshold": 0.4, "minimum": 4, "effect": "weigh"}, "weight": 0.25}


@pytest.fixture
def hasty(study: Study) -> Rater:
    """Says 5 where the others, two of them, say 1 and 3; the study's rules weigh it ¼."""
    cache.clear()
    stimuli = make_stimuli(study, 4)
    raters = [make_rater(study) for _number in range(3)]
    for rater, score, seconds in zip(raters, (1, 3, 5), (4, 4, 0.5), strict=True):
        session = sitting(rater)
        for stimulus in stimuli:
            answer(session, stimulus, score, seconds=seconds)
    Study.objects.update(reliability_rules=ReliabilityRules.from_json(HASTY).to_json())
    study.refresh_from_db()
    return raters[2]


#: (1 + 3 + ¼ · 5) / 2¼.
MOS = 5.25 / 2.25


def test_only_a_rule_that_weighs_makes_weights(study: Study, hasty: Rater) -> None:
    assert rater_weights(study) == {hasty.pk: 0.25}
    noted = {"too_fast": {**HASTY["too_fast"], "effect": "note"}}  # type: ignore[dict-item] # a rule
    study.reliability_rules = ReliabilityRules.from_json(noted).to_json()
    assert rater_weights(study) == {}


def test_labels_and_the_consoles_means_take_the_weights(study: Study, hasty: Rater) -> None:
    label = labels_of(study)[0]
    assert label.mos == pytest.approx((MOS - 1) / 4)
    assert label.ratings == 3, "a rating that weighs less is one still"
    stimulus = Stimulus.objects.order_by("pk")[0]
    assert scores_of(study, [stimulus])[stimulus.pk]["quality"].value == pytest.approx(MOS)


def test_the_export_says_what_each_rating_weighs(study: Study, hasty: Rater) -> None:
    records = list(export_records(study))
    assert records[0]["mos"]["quality"]["mos"] == pytest.approx(MOS)
    assert [trial["weight"] for trial in records[0]["trials"]] == [1.0, 1.0, 0.25]
    tables = [
        b"".join(exported(study, FORMATS[name], raw=True)).decode() for name in ("csv", "images")
    ]
    rows = list(csv.DictReader(io.StringIO(tables[0])))
    assert {row["weight"] for row in rows if row["rater"] == hasty.code} == {"0.25"}
    # Of four images from three perspectives, each (1 + 3 + ¼ · 5) / 2¼ = 2.3333.
    means, mos = means_and_mos(*tables)
    assert len(means) == 12
    assert list(means.values()) == pytest.approx([2.333333] * 12, abs=1e-6)
    assert mos == pytest.approx(means)
    assert json.loads(next(exported(study, FORMATS["nested"])).splitlines()[0])


def test_owners_see_the_weight(client: Client, owner: User, study: Study, hasty: Rater) -> None:
    client.force_login(owner)
    page = client.get(reverse("study-rater", args=[study.slug, hasty.code])).content.decode()
    assert "counts less" in page
    assert '<dd class="part">each counts 0.25</dd>' in page
    results = client.get(f"/api/v1/studies/{study.slug}/reliability/").json()["results"]
    assert [item["weight"] for item in results] == [1.0, 1.0, 0.25]
