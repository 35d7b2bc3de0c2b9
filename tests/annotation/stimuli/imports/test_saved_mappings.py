"""Mappings that a study keeps: by page, command and API, chosen by name and suggested."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError
from django.test import Client

from annotation.models import ImportJob, OpinionScore, SavedMapping, Study
from annotation.stimuli.imports.saved import MappingNameError, save_mapping
from annotation.stimuli.mapping.as_json import from_json, to_json
from tests.annotation.stimuli.files import write_manifest
from tests.annotation.stimuli.imports.test_mappings import run, upload
from workbench.accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sent")]

DOCUMENT = {
    "version": 1,
    "source": "ours",
    "name": {"column": "pic"},
    "prompt": {"column": "asked"},
    "generator": {"value": "SDXL"},
    "scores": [{"perspective": "quality", "mean": "verdict", "mos_range": [0, 10]}],
}


@pytest.fixture
def table(folder: Path) -> Path:
    rows = [{"pic": f"{n}.png", "asked": "a cat", "verdict": n, "mos_x": 1} for n in range(4)]
    return write_manifest(folder / "ours.csv", rows)


def test_the_api_keeps_lists_and_deletes_them(client: Client, owner: User, study: Study) -> None:
    client.force_login(owner)
    address = "/api/v1/studies/demo/mappings/"
    body = json.dumps({"name": "my lab", "document": DOCUMENT})
    assert client.post(address, body, content_type="application/json").status_code == 201
    assert client.get(f"{address}my lab/").json()["document"] == to_json(from_json(DOCUMENT))
    assert [item["name"] for item in client.get(address).json()["results"]] == ["my lab"]
    wrong = json.dumps({"name": "b", "document": {**DOCUMENT, "nmae": 1}})
    answer = client.post(address, wrong, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "mapping_invalid")
    assert client.delete(f"{address}my lab/").status_code == 204
    assert client.get(f"{address}my lab/").json()["code"] == "mapping_unknown"
    assert not SavedMapping.objects.exists()


@pytest.mark.parametrize("name", ["", "own", "suggested", "agiqa-3k", "a/b", "{}", "x" * 61])
def test_some_names_are_taken_or_none(study: Study, name: str) -> None:
    with pytest.raises(MappingNameError, match="cannot be a mapping"):
        save_mapping(study=study, actor=None, name=name, mapping=from_json(DOCUMENT))


def test_the_command_takes_and_keeps_them_by_name(study: Study, table: Path) -> None:
    document = table.with_name("ours.json")
    document.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    printed = run(
        *("import_stimuli", "demo", table, "--mapping", document, "--dry-run"),
        *("--keep-mapping", "ours"),
    )
    assert "Prompts: 1. Generators: 1." in printed
    assert "Published scores: quality 4 (ours)." in printed
    assert "look like scores but are not mapped: mos_x" in printed
    assert "4 imported" in run("import_stimuli", "demo", table, "--mapping", "ours")
    values = OpinionScore.objects.order_by("value").values_list("value", flat=True)
    assert list(values) == [0, 1, 2, 3]
    with pytest.raises(CommandError, match='no mapping "theirs"'):
        run("import_stimuli", "demo", table, "--mapping", "theirs")


def test_the_console_keeps_an_import_s_mapping_and_offers_and_suggests_it(
    client: Client, owner: User, study: Study, table: Path
) -> None:
    client.force_login(owner)
    job = upload(client, table, mapping="suggested")
    given = {"mapping": json.dumps(DOCUMENT), "mapping_name": "ours"}
    answer = client.post(f"/studies/demo/import/{job.pk}/mapping/", given, follow=True)
    assert "The study keeps the mapping “ours”." in answer.content.decode()
    page = client.get("/studies/demo/import/").content.decode()
    assert '<option value="ours">' in page
    assert "Mappings that this study keeps" in page

    job = upload(client, table, mapping="ours", dry_run="on")
    assert (job.imported, job.preview[3]["scores"][0]["mos"]) == (4, 3.0)
    missing = client.get(f"/studies/demo/import/{job.pk}/").content.decode()
    assert "Images missing: 4." in missing
    assert upload(client, table, mapping="suggested").mapping == to_json(from_json(DOCUMENT))
    client.post("/studies/demo/import/mappings/delete/", {"name": "ours"})
    assert not SavedMapping.objects.exists()
    assert ImportJob.objects.filter(mapping__source="ours").count() == 3
