"""Ratings of an old study's subjects become those of raters of this one."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from annotation.models import ImportJob, OpinionScore, Rater, Score, Stimulus, Study, Trial
from annotation.opinion.export.formats import FORMATS
from annotation.opinion.export.records import exported
from annotation.opinion.releases import make_release
from annotation.raters.access import rater_link
from annotation.stimuli.imports.jobs import run_import_job
from tests.annotation.opinion.export.rated import rate
from tests.conftest import Sent
from tests.factories import make_rater, make_stimuli
from workbench.accounts.models import User

pytestmark = pytest.mark.django_db

TABLE = """stimulus,subject,quality,authenticity,correspondence,timestamp
0000.png,Anna Baum,5,4,3,2019-05-04T10:00:00Z
0001.png,Anna Baum,2,2,2,2019-05-04T10:01:00+02:00
0000.png,S2,3,4,5,
"""
#: The same, a row for each score.
LONG = """filename;rater;perspective;score
old/0000.png;Anna Baum;Quality;5
old/0000.png;Anna Baum;authenticity;4
old/0000.png;Anna Baum;correspondence;3
"""


@pytest.fixture(autouse=True)
def images(study: Study) -> list[Stimulus]:
    return make_stimuli(study, 3)


def run(table: Path, text: str | None = None, source: str = "LIVE", *options: str) -> str:
    if text is not None:
        table.write_text(text, encoding="utf-8")
    out = io.StringIO()
    call_command("import_ratings", "demo", table, "--source", source, *options, stdout=out)
    return out.getvalue()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "ratings.csv"


def _scores(**chosen: Any) -> list[float]:
    return list(Score.objects.filter(**chosen).order_by("pk").values_list("value", flat=True))


def test_they_count_like_all_others_and_a_second_run_changes_nothing(
    study: Study, owner: User, client: Client, images: list[Stimulus], table: Path
) -> None:
    rate(make_rater(study, code="HERE"), images[0], {"quality": 1, "authenticity": 1})
    tried = run(table, TABLE, "LIVE", "--dry-run")
    assert "Ratings of “LIVE”: 3. Images: 2. Raters: 2; new to the study: 2." in tried
    assert Rater.objects.count() == 1
    assert "3 imported" in run(table)
    assert _scores(trial__stimulus=images[0], perspective__key="quality") == [1, 5, 3]
    trial = Trial.objects.get(stimulus=images[1])
    assert trial.submitted_at is not None
    assert trial.submitted_at.isoformat() == "2019-05-04T08:01:00+00:00"
    images[0].refresh_from_db()
    assert images[0].claimed_ratings == 2
    # Means by hand: (1 + 5 + 3) / 3 on the first image.
    release = make_release(study, name="all", method="mos")
    means = OpinionScore.objects.filter(release=release, perspective__key="quality")
    assert dict(means.values_list("stimulus__filename", "n")) == {"0000.png": 3, "0001.png": 1}
    assert means.get(stimulus=images[0]).value == pytest.approx((1 + 5 + 3) / 3)
    # No name is kept, and none goes out.
    assert not Rater.objects.filter(code__icontains="Anna").exists()
    written = b"".join(exported(study, FORMATS["raters"], None, raw=True)).decode()
    raters = list(csv.DictReader(io.StringIO(written)))
    assert sorted(row["source"] for row in raters) == ["", "LIVE", "LIVE"]

    # Nobody rates as one of them.
    subject = Rater.objects.filter(source="LIVE").first()
    assert subject is not None
    assert client.get(rater_link(subject)).status_code == 404
    client.force_login(owner)
    listed = client.get("/api/v1/studies/demo/raters/").json()["results"]
    assert [item["link"] is None for item in listed] == [bool(item["source"]) for item in listed]
    assert "From LIVE" in client.get(f"/studies/demo/raters/{subject.code}/").content.decode()
    replaced = client.post(f"/api/v1/studies/demo/raters/{subject.code}/link/").json()
    assert "nobody rates as them here" in replaced["detail"]

    before = list(Score.objects.order_by("pk").values())
    assert "Nothing changed: 3 of 3 rows" in run(table)
    assert "Nothing changed: 3 of 3 rows" in run(table, LONG)
    assert list(Score.objects.order_by("pk").values()) == before
    # The same subject's next ratings are the same rater's; those of another source another's.
    run(table, "filename,subject,quality\n0002.png,Anna Baum,4\n")
    assert Rater.objects.filter(source="LIVE").count() == 2
    assert Trial.objects.filter(rater=trial.rater).count() == 3
    run(table, LONG, "TID")
    assert Rater.objects.filter(source="TID").count() == 1


def test_what_is_wrong_with_rows_is_said_of_each(table: Path, study: Study) -> None:
    gold = make_stimuli(study, [7])[0]
    Stimulus.objects.filter(pk=gold.pk).update(purpose="gold")
    run(table, "filename,subject,quality\n0000.png,S1,5\n")
    text = """filename,subject,quality,timestamp
0000.png,S1,4,
0001.png,S1,6,
0001.png,,5,
O001.png,S1,3,
0002.png,S2,3,yesterday
0002.png,S3,2,
0002.png,S3,2,
0002.png,S4,,
0007.png,S4,3,
"""
    err = io.StringIO()
    table.write_text(text)
    with pytest.raises(CommandError, match="1 of 9 rows can be imported"):
        call_command("import_ratings", "demo", table, "--source", "LIVE", stderr=err)
    for said in (
        'row 1 (line 2): "0000.png" has other scores by this subject',
        "row 2 (line 3): quality: 6 is no score on the scale 1…5",
        'row 3 (line 4): the column "subject" is empty',
        'row 4 (line 5): image "O001.png" is not in the study',
        'row 5 (line 6): "yesterday" is not a time',
        'row 7 (line 8): "0002.png" has a second score by this subject (quality)',
        "row 8 (line 9): the row has no score",
        'row 9 (line 10): "0007.png" is no main image',
    ):
        assert said in err.getvalue()
    assert Score.objects.count() == 1
    assert "1 imported" in run(table, None, "LIVE", "--partial")
    for bad, said in (
        ("filename,quality\n0000.png,3\n", "has no column subject"),
        ("filename,subject,quality\n", "has no rows"),
        ("filename,subject,score\n0000.png,S1,3\n", "no column quality / authenticity"),
        ("", "is empty"),
    ):
        with pytest.raises(CommandError, match=said):
            run(table, bad)
    with pytest.raises(CommandError, match="the ratings have no source"):
        run(table, TABLE, " ")


def test_a_table_of_scores_of_another_workbench_comes_in(
    study: Study, owner: User, table: Path, images: list[Stimulus]
) -> None:
    for rater in (make_rater(study), make_rater(study)):
        rate(rater, images[0], {"quality": 4, "authenticity": 2, "correspondence": 3})
    written = b"".join(exported(study, FORMATS["csv"], None, raw=False)).decode()
    printed = run(table, written, "of itself")
    assert "“of itself”: 2. Images: 1. Raters: 2;" in printed
    assert "rows are no current scores of main images" in printed
    assert _scores(trial__stimulus=images[0], perspective__key="authenticity") == [2, 2, 2, 2]


def test_by_page_and_by_api(
    study: Study, owner: User, client: Client, table: Path, sent: Sent
) -> None:
    client.force_login(owner)
    page = client.get("/studies/demo/import/ratings/").content.decode()
    assert "<code>quality</code>: 1…5" in page

    def file() -> SimpleUploadedFile:
        return SimpleUploadedFile("r.csv", f"{TABLE}nowhere.png,S2,1,1,1,\n".encode())

    given = {"table": file(), "source": "LIVE", "dry_run": "on"}
    answer = client.post("/studies/demo/import/ratings/", given)
    job = ImportJob.objects.get()
    assert answer.headers["Location"] == job.get_absolute_url()
    run_import_job(job_id=job.pk)
    shown = client.get(job.get_absolute_url()).content.decode()
    assert "ratings of “LIVE”" in shown
    assert "3 of 4 rows are good, 1 cannot be imported" in shown
    assert "Mapping of all columns" not in shown
    client.post(f"{job.get_absolute_url()}retry/", {"partial": "on"})
    job = ImportJob.objects.latest("pk")
    run_import_job(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.imported, job.rejected) == ("succeeded", 3, 1)

    sending = {"manifest": file(), "ratings_of": "LIVE", "partial": True}
    started = client.post("/api/v1/studies/demo/imports/", sending).json()
    run_import_job(job_id=started["id"])
    found = client.get(f"/api/v1/studies/demo/imports/{started['id']}/").json()
    assert (found["ratings"], found["source"]) == (True, "LIVE")
    assert (found["state"], found["unchanged"]) == ("succeeded", 3)
    for bad, field in (({}, "manifest"), ({"manifest": file(), "images": file()}, "images")):
        refused = client.post("/api/v1/studies/demo/imports/", {**bad, "ratings_of": "LIVE"})
        assert (refused.status_code, list(refused.json()["errors"])) == (400, [field])
