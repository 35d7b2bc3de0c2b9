"""Labels imported by mappings: into the database, by command, page and API."""

import io
import json
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from annotation.models import ImportJob, OpinionRelease, OpinionScore, Stimulus, Study
from annotation.opinion.sources import Source
from annotation.stimuli.imports.service import ImportOptions, import_manifest
from annotation.stimuli.mapping.as_json import to_json
from annotation.stimuli.mapping.own import manifest_mapping, renamed
from annotation.stimuli.mapping.presets import preset
from annotation.stimuli.tasks import run_import
from tests.annotation.stimuli.files import row, write_manifest
from tests.shared_data import require_shared
from workbench.accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sent")]


@pytest.fixture
def agiqa(tmp_path: Path) -> Path:
    """The first rows of AGIQA-3K, as they are."""
    with (require_shared("data/agiqa3k") / "data.csv").open(encoding="utf-8") as file:
        (tmp_path / "data.csv").write_text("".join(islice(file, 13)), encoding="utf-8")
    return tmp_path / "data.csv"


def run(name: str, *arguments: object, **options: object) -> str:
    out = io.StringIO()
    call_command(name, *map(str, arguments), stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue()


def published() -> list[tuple[Any, ...]]:
    rows = OpinionScore.objects.filter(release__kind="imported").order_by("release", "pk")
    return list(rows.values_list("release__source", "perspective__key", "value", "sd"))


def test_agiqa_3k_comes_in_as_it_is_with_all_four_columns(study: Study, agiqa: Path) -> None:
    printed = run("import_labels", "demo", agiqa, "--mapping", "agiqa-3k", "--dry-run")
    assert (
        "Dry run, nothing was kept: 12 of 12 rows can be imported. 12 would be imported, 0 updated"
        in printed
    )
    assert "Hold-out:" in printed
    assert not Stimulus.objects.exists()
    assert not OpinionRelease.objects.filter(kind="imported").exists()
    assert "12 imported" in run("import_labels", "demo", agiqa, "--mapping", "agiqa-3k")
    assert published()[:2] == [
        ("AGIQA-3K", "quality", 0.965602553, 0.223270101),
        ("AGIQA-3K", "correspondence", 0.40889324, 0.615607722),
    ]
    assert len(published()) == 24
    release = OpinionRelease.objects.get(kind="imported")
    assert (release.minimum, release.maximum, release.score_kind) == (0, 5, "z_score")
    assert set(Stimulus.objects.values_list("generator__name", flat=True)) == {"AttnGAN"}
    assert Stimulus.objects.values_list("metadata", flat=True)[0] == {}
    assert "Nothing changed" in run("import_labels", "demo", agiqa, "--mapping", "agiqa-3k")


def test_a_second_source_never_touches_the_first_s_scores(study: Study, folder: Path) -> None:
    """Of images that the study has, without prompts and generators; the first by name."""
    first = write_manifest(folder / "m.csv", [row(n, mos_quality="0.5") for n in range(2)])
    import_manifest(study=study, manifest=first)
    second = write_manifest(folder / "s.csv", [{"name": "0.png", "dmos": 20, "var": 4}])
    mapping = {
        "version": 1,
        "source": "second",
        "name": {"column": "name"},
        "scores": [
            {
                "perspective": "q",
                "mean": "dmos",
                "variance": "var",
                "mos_range": [0, 100],
                "lower_better": True,
                "kind": "dmos",
            }
        ],
    }
    (folder / "mapping.json").write_text(json.dumps(mapping))
    options = ("--mapping", folder / "mapping.json")
    with pytest.raises(CommandError, match="scores are about q, the study asks for quality"):
        run("import_labels", "demo", second, *options)
    assert "1 updated" in run(
        "import_labels", "demo", second, *options, "--perspective", "q=quality"
    )
    assert published() == [
        ("manifest", "quality", 0.5, None),
        ("manifest", "quality", 0.5, None),
        ("second", "quality", 20, 2),
    ]
    unknown = write_manifest(folder / "s.csv", [{"name": "9.png", "dmos": 20, "var": 4}])
    err = io.StringIO()
    arguments = ("import_labels", "demo", str(unknown), "--mapping", str(folder / "mapping.json"))
    with pytest.raises(CommandError, match="0 of 1 rows"):
        call_command(*arguments, perspective=["q=quality"], stderr=err)
    assert '"9.png" is not in the study, and has no prompt; map a column' in err.getvalue()


def test_metadata_that_was_a_score_all_along_is_no_metadata_any_more(
    study: Study, folder: Path
) -> None:
    manifest = write_manifest(folder / "m.csv", [row(0, mos_align="2.5", style="oil")])
    report = import_manifest(study=study, manifest=manifest)
    assert "not mapped: mos_align." in report.remarks[0].sentence()
    assert Stimulus.objects.get().metadata == {"mos_align": "2.5", "style": "oil"}
    mapping = manifest_mapping(["align"], Source("manifest", 0, 5))
    mapping = mapping.with_perspectives({"align": "correspondence"})
    import_manifest(study=study, manifest=manifest, options=ImportOptions(mapping=mapping))
    assert Stimulus.objects.get().metadata == {"style": "oil"}
    assert published() == [("manifest", "correspondence", 2.5, None)]


def test_histograms_are_kept(study: Study, folder: Path) -> None:
    votes = {"image_name": "0.png", "c1": 0, "c2": 0, "c3": 25, "c4": 73, "c5": 7}
    table = write_manifest(folder / "k.csv", [{**votes, "c_total": 105, "MOS": 3.8285714}])
    mapping = preset("koniq-10k").with_perspectives({"overall": "quality"})
    for imported in (1, 0):
        report = import_manifest(
            study=study, manifest=table, options=ImportOptions(mapping=mapping)
        )
        assert report.imported == imported
    score = OpinionScore.objects.get()
    assert (score.histogram, score.n) == ([0, 0, 25, 73, 7], 105)


def test_a_dry_run_finds_what_an_import_would_refuse(study: Study, folder: Path) -> None:
    (folder / "2.png").unlink()
    with pytest.raises(CommandError, match="3 of 4 rows can be imported"):
        run("import_stimuli", "demo", folder / "manifest.csv", "--dry-run")
    printed = run("import_stimuli", "demo", folder / "manifest.csv", "--dry-run", "--partial")
    assert "3 would be imported" in printed
    assert not Stimulus.objects.exists()
    with pytest.raises(CommandError, match='no mapping "kadid"; there are agiqa-1k'):
        run("import_stimuli", "demo", folder / "manifest.csv", "--mapping", "kadid")


def upload(client: Client, table: Path, **fields: str) -> ImportJob:
    data = {
        "manifest": SimpleUploadedFile(table.name, table.read_bytes()),
        "purpose": "main",
        "labels_only": "on",
        **fields,
    }
    answer = client.post("/studies/demo/import/", data)
    assert answer.status_code == 302, answer.content.decode()
    job = ImportJob.objects.get(state="queued")
    run_import(job.pk)
    job.refresh_from_db()
    return job


def test_a_mapping_is_suggested_shown_and_used(
    client: Client, owner: User, study: Study, agiqa: Path
) -> None:
    client.force_login(owner)
    job = upload(client, agiqa, mapping="suggested")
    assert (job.state, job.dry_run, job.imported) == ("succeeded", True, 12)
    assert job.mapping == to_json(preset("agiqa-3k"))
    assert len(job.preview) == 10
    assert not Stimulus.objects.exists()
    page = client.get(f"/studies/demo/import/{job.pk}/").content.decode()
    assert "Dry run: nothing was kept" in page
    assert "<td>AttnGAN_normal_000.jpg</td>" in page
    assert "quality 0.966 ± 0.223" in page

    client.post(f"/studies/demo/import/{job.pk}/retry/", {"mapping": json.dumps(job.mapping)})

    new = ImportJob.objects.get(state="queued")
    run_import(new.pk)
    new.refresh_from_db()
    assert (new.state, new.dry_run, new.imported) == ("succeeded", False, 12)
    assert len(published()) == 24
    job.refresh_from_db()
    assert job.manifest == new.manifest == ""


def test_a_database_is_chosen_in_the_console(
    client: Client, owner: User, study: Study, agiqa: Path
) -> None:
    client.force_login(owner)
    job = upload(client, agiqa, mapping="agiqa-3k", source="mine", mos_scale="10")
    assert (job.state, job.imported) == ("succeeded", 12)
    release = OpinionRelease.objects.get(kind="imported")
    assert (release.source, release.maximum, release.score_kind) == ("mine", 10, "z_score")


def test_a_document_that_is_none_is_said_on_the_page(
    client: Client, owner: User, study: Study, agiqa: Path
) -> None:
    client.force_login(owner)
    job = upload(client, agiqa, mapping="suggested")
    address = f"/studies/demo/import/{job.pk}/retry/"
    page = client.post(address, {"mapping": "{"}, follow=True).content.decode()
    assert "expected is a JSON object" in page
    client.post(address, {"mapping": "", "column_prompt": "adj1", "dry_run": "on"})
    changed = ImportJob.objects.get(state="queued")
    mapping = renamed(preset("agiqa-3k"), {"prompt": "adj1"}, {})
    assert (changed.mapping, changed.dry_run) == (to_json(mapping), True)
