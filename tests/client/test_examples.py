"""The examples of docs/api.md, as they are printed, against the workbench itself."""

import os
import re
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

import mint_client
from annotation.models import DatasetRelease, ImportJob, Rater, Study
from annotation.opinion.dataset.jobs import run_dataset_job
from annotation.stimuli.tasks import run_import
from tests.annotation.opinion.export.rated import rate
from tests.annotation.stimuli.files import picture, row, write_manifest, write_zip
from tests.factories import make_rater, make_stimuli, make_study
from workbench.accounts.models import ApiToken, TokenScope, User
from workbench.wsgi import application

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sent")]
_DOCUMENT = Path(__file__).parents[2] / "docs" / "api.md"


def examples(title: str = "From Python") -> str:
    section = _DOCUMENT.read_text().partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return "\n".join(re.findall(r"```python\n(.*?)```", section, re.DOTALL))


def work(_seconds: float) -> None:
    """What a worker would do while the client waits."""
    for job in ImportJob.objects.filter(state="queued"):
        run_import(job.pk)
    for dataset in DatasetRelease.objects.filter(state="queued"):
        run_dataset_job(dataset.pk)


@pytest.fixture
def portraits(owner: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """Two rated images, one of them held out; and the site and the folder of the examples."""
    study = make_study(owner, "portraits")
    for number, stimulus in enumerate(make_stimuli(study, 2)):
        stimulus.split = ("pool", "holdout")[number]
        stimulus.save(update_fields=["split"])
        for score in (2 + number, 4 + number):
            rate(make_rater(study), stimulus, {"quality": score})
    write_manifest(tmp_path / "manifest.csv", [row(7), row(8)])
    write_zip(tmp_path / "images.zip", {f"{n}.png": picture(n) for n in (7, 8)})
    (tmp_path / "archives").mkdir()
    _token, secret = ApiToken.objects.create(owner, name="test", scopes=list(TokenScope))
    monkeypatch.setenv("MINT_TOKEN", secret)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("time.sleep", work)
    transport = httpx.WSGITransport(app=application)
    site = partial(_site, mint_client.Client, transport)
    monkeypatch.setattr(mint_client, "Client", site)
    return study


def _site(kind: Any, transport: httpx.BaseTransport, _url: str, token: str) -> Any:
    return kind("http://localhost", token, transport=transport)


def test_the_examples_do_what_they_say(
    portraits: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: dict[str, Any] = {}
    exec(compile(examples(), str(_DOCUMENT), "exec"), seen)
    # (2 + 4) / 2 and (3 + 5) / 2, of two raters each.
    found = seen["mos"].query("perspective == 'quality'").sort_values("filename")
    assert (list(found.mos), list(found.n)) == ([3, 4], [2, 2])
    assert (found.low < found.mos).all() and (found.mos < found.high).all()  # noqa: PT018
    assert list(seen["best"].filename) == ["0001.png", "0000.png"]
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("0001.png")
    assert "2 images" in lines
    assert lines[-1].startswith("invalid {'count'")
    assert zipfile.ZipFile(seen["archive"]).testzip() is None
    _tables_are_what_was_rated(seen["study"])


def test_people_are_invited_by_the_example(
    portraits: Study, owner: User, capsys: pytest.CaptureFixture[str]
) -> None:
    User.objects.filter(pk=owner.pk).update(is_staff=True)
    known = {"Client": mint_client.Client, "os": os}
    exec(compile(examples("People"), str(_DOCUMENT), "exec"), known)
    told, listed = capsys.readouterr().out.splitlines()
    assert "/accounts/link/" in told
    assert listed == "['lin', 'owner']"


def _tables_are_what_was_rated(study: mint_client.Study) -> None:
    scores = study.scores().query("kind == 'score'")
    assert sorted(scores.score) == [2, 3, 4, 5]
    assert set(scores.rater) == set(Rater.objects.values_list("code", flat=True))
    assert list(study.raters().ratings) == [1, 1, 1, 1]
    assert set(study.images().split) == {"pool", "holdout"}
    assert "first" in list(study.releases().name)
    assert {"filename", "phrases", "text"} <= set(study.explanations().columns)
