"""The model rates the rest of the pool, on certificates, until raters are asked again."""

import csv
import io

import pytest
from django.test import Client

from annotation.models import AuditEntry, OpinionScore, Stimulus, Study
from annotation.opinion.comparison.bootstrap import Measure
from annotation.opinion.recomputing import Recomputed
from annotation.stimuli.imports.rows import rating_places
from annotation.studies.acts import said
from annotation.studies.services import update_study
from modelops.judging.certificate import Certificate, ImpliedError, Lack
from modelops.models import ModelVersion
from modelops.registry.certificates import Certificates
from modelops.runs import certificate_words, promotion, rest
from modelops.runs.certificate_words import CertificateRow
from modelops.runs.pages import agreement, resting
from workbench.accounts.models import User

PAGE = "/studies/demo/model/versions/1/agreement/"
#: As it is, before a test puts another in its place.
ROWS = certificate_words.certificate_rows
MODEL = "/studies/demo/model/"
API = "/api/v1/studies/demo/rest/"


def certificate(*lacks: Lack) -> Certificate:
    return Certificate(lacks, 200, (), 0.8, ImpliedError(Measure(0.31, 0.28, 0.35), 4.2))


@pytest.fixture
def certified(
    study: Study, scored: ModelVersion, owner: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Certificate]:
    """In use, with a certificate from each perspective; the client is the owner's."""
    promotion.promote(version=scored, actor=None)
    client.force_login(owner)
    found = {item.key: certificate() for item in study.perspective_settings}

    def rows(version: ModelVersion, *, now: bool = False) -> list[CertificateRow]:
        asked = version.study.perspective_settings
        return [CertificateRow(it.key, it.key, "1–5", found[it.key]) for it in asked]

    for module in (rest, certificate_words, agreement, resting):
        monkeypatch.setattr(module, "certificate_rows", rows)
    return found


def eligible(study: Study, split: str) -> int:
    return sum(
        it.claimed_ratings < it.wanted_ratings
        for it in Stimulus.objects.filter(study=study, split=split)
    )


def test_raters_are_asked_for_no_more_of_the_pool_until_it_is_taken_back(
    study: Study, certified: dict[str, Certificate], owner: User, client: Client
) -> None:
    before, held = eligible(study, "pool"), eligible(study, "holdout")
    assert before
    assert "off by the error above" in client.get(PAGE).content.decode()
    text = client.post("/studies/demo/model/rest/", {"by": "model"}, follow=True).content.decode()
    assert "Version 1 rates the rest" in text
    assert "raters are asked for no more images of the pool" in text
    assert (eligible(study, "pool"), eligible(study, "holdout")) == (0, held)
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.actor, entry.detail["number"]) == ("rest.by_model", owner, 1)
    assert entry.detail["errors"]["quality"] == {"value": 0.31, "low": 0.28, "high": 0.35}
    assert "of tiny rate the rest: images of the pool: " in said(entry)

    # What comes later is not asked for either, and settings do not open the pool by the way.
    study.refresh_from_db()
    assert rating_places(study, split="pool", purpose="main")[0] == 0
    update_study(study=study, actor=owner, changes={"maximum_ratings": 9})
    assert eligible(study, "pool") == 0

    # Predictions stay apart: whoever has no rating has no opinion score and no MOS.
    export = client.get("/api/v1/studies/demo/export/?format=images&raw=true").getvalue().decode()
    unrated = [row for row in csv.DictReader(io.StringIO(export)) if row["n_quality"] == "0"]
    assert unrated
    for row in unrated:
        assert (row["mos_quality"], row["opinion_score_quality"]) == ("", "")
        assert row["predicted_quality"]
        assert not OpinionScore.objects.filter(stimulus=int(row["stimulus"])).exists()

    answer = client.post(API, {"by": "model"}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (409, "rest")
    assert "Ask raters for the rest again" in client.get(PAGE).content.decode()
    for page in (MODEL, f"{MODEL}queue/", f"{MODEL}summary/"):
        assert "so that its certificates stay true" in client.get(page).content.decode(), page
    certified["quality"] = certificate(Lack.NOT_CLOSE)
    assert "it has no certificate from: quality." in client.get(PAGE).content.decode()
    for page in (MODEL, f"{MODEL}queue/", f"{MODEL}summary/"):
        text = client.get(page).content.decode()
        assert "The version in use has no certificate from: quality." in text, page
        assert "stay true" not in text, page
    text = client.post(f"{MODEL}rest/", {"by": "chance"}, follow=True).content.decode()
    assert "Say who rates the rest" in text
    assert eligible(study, "pool") == 0
    answer = client.post(API, {"by": "raters"}, content_type="application/json")
    assert (answer.status_code, answer.json()) == (200, {"by": "raters"})
    assert eligible(study, "pool") == before
    assert AuditEntry.objects.latest("pk").action == "rest.by_raters"
    answer = client.post(API, {"by": "raters"}, content_type="application/json")
    assert answer.status_code == 409


def test_it_takes_a_certificate_from_every_perspective(
    study: Study, certified: dict[str, Certificate], client: Client
) -> None:
    certified["authenticity"] = certificate(Lack.NOT_CLOSE)
    assert "There is none from: authenticity." in client.get(PAGE).content.decode()
    before = eligible(study, "pool")
    answer = client.post(API, {"by": "model"}, content_type="application/json")
    assert answer.status_code == 409
    assert "It has none from: authenticity." in answer.json()["detail"]
    assert eligible(study, "pool") == before
    answer = client.post(API, {"by": "chance"}, content_type="application/json")
    assert answer.status_code == 400


def test_it_takes_certificates_of_now_and_without_a_model_it_can_be_taken_back(
    study: Study, certified: dict[str, Certificate], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages may show a certificate that newer ratings have taken away."""
    kept = {item.key: certificate() for item in study.perspective_settings}
    lost = {**kept, "quality": certificate(Lack.NOT_CLOSE)}
    stale = Recomputed[Certificates](kept, current=False)
    monkeypatch.setattr("modelops.registry.certificates.certificates_of", lambda version: stale)
    monkeypatch.setattr("modelops.registry.certificates._certificates", lambda version: lost)
    monkeypatch.setattr(rest, "certificate_rows", ROWS)
    answer = client.post(API, {"by": "model"}, content_type="application/json")
    assert (answer.status_code, "Quality" in answer.json()["detail"]) == (409, True)
    lost["quality"] = certificate()
    assert client.post(API, {"by": "model"}, content_type="application/json").status_code == 200
    ModelVersion.objects.update(state="retired")
    text = client.get(MODEL).content.decode()
    assert "No model is in use, so nothing stands in for the ratings" in text
    text = client.post(f"{MODEL}rest/", {"by": "raters"}, follow=True).content.decode()
    assert "Raters are asked for the rest again." in text
