"""Tables as spreadsheets write them, imported; and what leaves, joined with what came."""

import csv
import io
from pathlib import Path

import pytest
from django.test import Client

from annotation.models import Stimulus, Study
from annotation.opinion.imported import imported_scores
from annotation.stimuli.imports.service import ImportRefusedError, import_manifest
from tests.shared_data import require_shared
from workbench.accounts.models import User

pytestmark = pytest.mark.django_db


def imported(study: Study, manifest: Path, images: Path) -> list[tuple[str, str, str]]:
    report = import_manifest(study=study, manifest=manifest, images=images)
    assert report.rejected == []
    rows = Stimulus.objects.filter(study=study).order_by("pk")
    return list(rows.values_list("filename", "prompt__text", "generator__name"))


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("capital_keys.csv", ("sub/a.png", "a house", "G")),
        ("capital_keys.jsonl", ("sub/a.png", "a house", "G")),
        ("utf16.csv", ("sub/a.png", "x", "y")),
        ("sep_line.csv", ("sub/a.png", "x", "y")),
        ("decimal_comma.csv", ("sub/a.png", "ein Haus", "G")),
    ],
)
def test_tables_from_spreadsheets_are_read(
    study: Study, name: str, row: tuple[str, str, str]
) -> None:
    folder = require_shared("cases/10-from-spreadsheets")
    assert imported(study, folder / name, folder / "images.zip") == [row]


def test_a_decimal_comma_is_a_published_score(study: Study) -> None:
    folder = require_shared("cases/10-from-spreadsheets")
    imported(study, folder / "decimal_comma.csv", folder / "images.zip")
    assert [score.value for score in imported_scores(study.pk)] == [0.85]


def test_what_worked_still_does(study: Study) -> None:
    folder = require_shared("cases/10-from-spreadsheets")
    assert imported(study, folder / "works_excel_de.csv", folder / "images.zip") == [
        ("sub/a.png", 'ein Haus\r\nam "See"; rot', "SD XL, v1/0"),
        ("sub/B.PNG", "Café", "SD XL, v1/0"),
    ]


def test_images_given_as_the_manifest_are_refused_by_what_they_are(study: Study) -> None:
    images = require_shared("cases/10-from-spreadsheets/images.zip")
    with pytest.raises(ImportRefusedError, match="of another kind: ZIP; choose a table"):
        import_manifest(study=study, manifest=images, images=images)


@pytest.mark.parametrize("form", ["csv", "images"])
@pytest.mark.parametrize("raw", [True, False])
def test_what_leaves_joins_with_what_came(
    client: Client, owner: User, study: Study, form: str, raw: bool
) -> None:
    folder = require_shared("cases/09-csv-export")
    came = imported(study, folder / "manifest.csv", folder / "images.zip")
    client.force_login(owner)
    address = f"/studies/demo/export/{form}/" + ("?raw=1" if raw else "")
    data = b"".join(client.get(address).streaming_content)  # type: ignore[attr-defined] # streams
    assert data.startswith(b"\xef\xbb\xbf") != raw
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    names = ("filename", "prompt", "generator")
    left = [tuple(row[name] for name in names) for row in rows]
    if not raw:
        assert not any(cell.startswith(("=", "+", "-", "@")) for row in left for cell in row)
        # As the page says: whoever drops one apostrophe has what came.
        left = [tuple(cell[cell.startswith("'") :] for cell in row) for row in left]
    assert left == came
    assert came[0][0] == "-minus.png"


def test_the_guard_is_described_where_files_are_offered(
    client: Client, owner: User, study: Study
) -> None:
    client.force_login(owner)
    for page, file in (
        ("export", "export/csv/?raw=1"),
        ("export", "export/images/?raw=1"),
        ("raters", "raters.csv?raw=1"),
        ("invite", "invitations.csv?raw=1"),
    ):
        content = client.get(f"/studies/demo/{page}/").content.decode()
        assert "has an apostrophe before it" in content
        assert f'href="/studies/demo/{file}"' in content
