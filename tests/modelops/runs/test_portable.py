"""A version leaves as a folder and enters as one: the same predictions, and named refusals."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from annotation.models import Study
from modelops.errors import PortableError
from modelops.models import ModelVersion
from modelops.runs.portable import export_version, import_version
from tests.modelops.conftest import score_all
from workbench.accounts.models import User


def write_about(folder: Path, **changed: Any) -> None:
    """What the folder says of its version with these changes, as its own site would have."""
    about = json.loads((folder / "version.json").read_text()) | changed
    del about["sha256"]
    about["manifest"] = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    canonical = json.dumps(about, sort_keys=True).encode()
    about["sha256"] = hashlib.sha256(canonical).hexdigest()
    (folder / "version.json").write_text(json.dumps(about))


def test_a_version_that_leaves_and_enters_predicts_the_same(
    study: Study, scored: ModelVersion, tmp_path: Path, client: Client, owner: User
) -> None:
    folder = tmp_path / "out"
    export_version(version=scored, folder=folder)
    names = {path.name for path in folder.iterdir()}
    assert {"config.json", "model.safetensors", "README.md", "version.json"} <= names
    card = (folder / "README.md").read_text()
    assert card.startswith("---\nlibrary_name: mint-workbench")
    assert scored.snapshot.split_sha256 in card
    head = scored.heads.get(perspective__key="quality")
    assert f"| quality | 1–5 | 6 | 6 | {head.srcc:.3f} (" in card
    assert "Selection set: none" in card

    entered = import_version(predictor=scored.predictor, folder=folder, actor=owner)
    assert (entered.number, entered.state, entered.snapshot) == (2, "candidate", scored.snapshot)
    score_all(entered)
    rows = ("stimulus", "perspective", "mean", "posterior_sd", "misfit_sd", "rater_sd")
    first, second = (
        list(version.predictions.order_by("stimulus", "perspective").values_list(*rows))
        for version in (scored, entered)
    )
    assert second == first
    client.force_login(owner)
    answer = client.get("/studies/demo/model/versions/1/card/")
    assert answer.content.decode() == card


def test_labels_of_another_study_were_not_learnt_from(
    study: Study, scored: ModelVersion, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    export_version(version=scored, folder=folder)
    write_about(folder, labels="elsewhere")
    entered = import_version(predictor=scored.predictor, folder=folder, actor=None)
    assert (entered.snapshot.stimuli, entered.images_learnt_from) == (0, 0)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("model.safetensors", b"other", "model.safetensors has changed since it was exported"),
        ("config.json", None, "config.json is missing"),
        ("version.json", None, "version.json is missing"),
        ("version.json", b"[]", "no exported version"),
        ("version.json", b'{"format": 3, "perspectives": {}}', "no exported version"),
        ("manifest.json", b'{"sha256": {}}', "manifest.json has changed since it was exported"),
    ],
)
def test_a_folder_that_is_not_whole_is_refused(
    scored: ModelVersion, tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    folder = tmp_path / "out"
    export_version(version=scored, folder=folder)
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    with pytest.raises(PortableError, match=message):
        import_version(predictor=scored.predictor, folder=folder, actor=None)
    assert ModelVersion.objects.count() == 1


def test_what_it_says_of_itself_is_vouched_for(scored: ModelVersion, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    export_version(version=scored, folder=folder)
    about = json.loads((folder / "version.json").read_text())
    # Embeddings of the images would be kept under another backbone's name.
    (folder / "version.json").write_text(json.dumps(about | {"backbone_sha256": "0" * 64}))
    with pytest.raises(PortableError, match=r"version\.json has changed since it was exported"):
        import_version(predictor=scored.predictor, folder=folder, actor=None)
    (folder / "manifest.json").write_text('{"sha256": {"../secret": "0"}}')
    write_about(folder)
    with pytest.raises(PortableError, match="no exported version"):
        import_version(predictor=scored.predictor, folder=folder, actor=None)
    assert ModelVersion.objects.count() == 1


def test_other_perspectives_and_kinds_are_refused(scored: ModelVersion, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    export_version(version=scored, folder=folder)
    with pytest.raises(PortableError, match="is not empty"):
        export_version(version=scored, folder=folder)
    cases: list[tuple[dict[str, Any], str]] = [
        ({"kind": "vit-g"}, "of kind vit-g; predictor tiny is of kind tiny"),
        (
            {"kind": "tiny", "perspectives": {"beauty": 0}},
            "predicts beauty, and the study asks about none",
        ),
    ]
    for changed, message in cases:
        write_about(folder, **changed)
        with pytest.raises(PortableError, match=message):
            import_version(predictor=scored.predictor, folder=folder, actor=None)
