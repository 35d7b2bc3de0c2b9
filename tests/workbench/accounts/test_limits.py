"""What costs much is counted by account, and refused in words beyond the limit of an hour."""

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.test import Client

from annotation.models import AuditEntry, ImportJob, Study
from annotation.stimuli.imports.service import ImportOptions
from annotation.stimuli.imports.starting import request_import
from modelops.errors import TooFewLabelsError
from modelops.runs.predictors import ensure_predictor
from modelops.runs.retraining import request_retrain
from tests.factories import make_study
from workbench.accounts import limits
from workbench.accounts.limits import TooOftenError, count_use
from workbench.accounts.models import User


@pytest.fixture(autouse=True)
def two_an_hour(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr(limits, "PER_HOUR", dict.fromkeys(limits.PER_HOUR, 2))


def used_up(account: User, what: str) -> None:
    for _time in range(2):
        count_use(account, what)


def test_each_account_and_each_kind_has_its_own_count(owner: User, outsider: User) -> None:
    used_up(owner, "export")
    with pytest.raises(TooOftenError, match="2 times within an hour"):
        count_use(owner, "export")
    count_use(outsider, "export")
    count_use(owner, "import")


def test_exports_beyond_it_are_refused_and_not_noted(
    client: Client, study: Study, owner: User
) -> None:
    client.force_login(owner)
    used_up(owner, "export")
    answer = client.get("/api/v1/studies/demo/export/")
    assert (answer.status_code, answer.json()["code"]) == (429, "too_often")
    page = client.get("/studies/demo/export/csv/", follow=True)
    assert "Wait a while" in page.content.decode()
    assert not AuditEntry.objects.filter(action="study.exported").exists()


def test_imports_beyond_it_are_refused(study: Study, owner: User) -> None:
    used_up(owner, "import")
    with pytest.raises(TooOftenError):
        request_import(
            study=study, actor=owner, manifest=ContentFile(b"filename\n", "manifest.csv"),
            images=None, partial=False, options=ImportOptions(),
        )  # fmt: skip
    assert not ImportJob.objects.exists()


def test_trainings_beyond_it_are_refused_and_the_schedule_is_not_counted(owner: User) -> None:
    predictor = ensure_predictor(study=make_study(owner, "other"), actor=owner)
    used_up(owner, "training")
    with pytest.raises(TooOftenError):
        request_retrain(predictor=predictor, actor=owner, trigger="api")
    with pytest.raises(TooFewLabelsError):
        request_retrain(predictor=predictor, actor=None, trigger="command")
