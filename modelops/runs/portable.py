"""A version leaves as a folder, and enters another study or site as one.

The folder is of Hugging Face's form: `config.json`, weights as safetensors, the tokenizer, a card
as README.md. A version on a frozen backbone leaves as its last layer and its card; the backbone
stays, and is named. `version.json` says what the workbench needs besides, with a checksum of itself
and of `manifest.json`, which has the checksum of every file of the model. The card may be edited.
"""

import hashlib
import json
import shutil
from pathlib import Path, PurePosixPath
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation.models import Study
from annotation.studies import audit
from workbench.accounts.models import User
from workbench.core.files import sha256_of
from workbench.core.jobs.models import JobState

from ..errors import PortableError
from ..models import Head, LabelSnapshot, ModelVersion, Predictor, TrainingRun
from ..predictors.backbones import backbone_named
from ..predictors.base import TrainableKind
from ..registry.artifacts import MANIFEST, local_folder, publish_folder
from ..registry.cards import model_card
from ..registry.snapshots import empty_snapshot
from .scoring import start_scoring

#: What the workbench needs to know of a version; its card.
ABOUT, CARD = "version.json", "README.md"
_FORMAT = 2
#: Of a checksum, so many characters are shown.
_SHOWN = 12


def export_version(*, version: ModelVersion, folder: Path) -> None:
    """Writes the version to `folder`, which must not exist yet or be empty.

    Raises PortableError if it is not, ArtifactError if the version's files are gone.
    """
    if folder.exists() and any(folder.iterdir()):
        raise PortableError(
            _("%(folder)s is not empty; name a folder that does not exist.") % {"folder": folder}
        )
    source = local_folder(version.artifact, version.artifact_sha256)
    shutil.copytree(source, folder, dirs_exist_ok=True)
    about = _about(version)
    about["sha256"] = _sha256_of(about)
    (folder / ABOUT).write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n")
    (folder / CARD).write_text(model_card(version))


def import_version(*, predictor: Predictor, folder: Path, actor: User | None) -> ModelVersion:
    """A candidate of `predictor` from a folder that `export_version` wrote; its scoring starts.

    It has learnt from labels of this study only if they are the same as it was trained with; its
    figures are those of this study's hold-out, once it has predicted it. Raises PortableError,
    naming what is missing, damaged, of another kind or on other weights than the site's; a
    MintError if the site's cannot be loaded.
    """
    about = _read(folder)
    _require_backbone(predictor, about)
    perspectives = _perspectives(predictor.study, about)
    manifest_sha256 = sha256_of(folder / MANIFEST)
    artifact = f"models/{predictor.study_id}/entered-{manifest_sha256}"
    with publish_folder(artifact) as place:
        shutil.copytree(folder, place, dirs_exist_ok=True)
    return _register(predictor, about, perspectives, (artifact, manifest_sha256), actor)


def _about(version: ModelVersion) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "manifest": version.artifact_sha256,
        "kind": version.kind,
        "backbone_sha256": version.backbone_sha256,
        "backbone_source": version.backbone_source,
        # With their columns in the last layer.
        "perspectives": {head.perspective.key: head.place for head in version.heads.all()},
        "recipe": version.training_run.recipe,
        "curve": version.curve,
        "explanation_metrics": version.explanation_metrics,
        "labels": version.snapshot.content_sha256,
    }


def _sha256_of(about: dict[str, Any]) -> str:
    """Of all but a checksum, as canonical JSON."""
    rest = {key: value for key, value in about.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def _read(folder: Path) -> dict[str, Any]:
    try:
        about: dict[str, Any] = json.loads((folder / ABOUT).read_text())
        known = about["format"] == _FORMAT and isinstance(about["perspectives"], dict)
        if known:
            _require_same(folder / ABOUT, about["sha256"], _sha256_of(about))
            _require_same(folder / MANIFEST, about["manifest"], sha256_of(folder / MANIFEST))
            _verify(folder)
    except FileNotFoundError as error:
        raise PortableError(
            _("%(file)s is missing; give the whole folder that a version was exported to.")
            % {"file": error.filename}
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise _unreadable(folder) from error
    if not known:
        raise _unreadable(folder)
    return about


def _unreadable(folder: Path) -> PortableError:
    return PortableError(
        _("%(folder)s is no exported version of a form that is known here.") % {"folder": folder}
    )


def _verify(folder: Path) -> None:
    """Raises PortableError naming a file that is not the one that was exported."""
    for name, sha256 in json.loads((folder / MANIFEST).read_text())["sha256"].items():
        part = PurePosixPath(name)
        if part.is_absolute() or ".." in part.parts:
            raise _unreadable(folder)
        _require_same(folder / part, sha256, sha256_of(folder / part))
        if part.name == MANIFEST:
            _verify((folder / part).parent)


def _require_same(file: Path, exported: str, found: str) -> None:
    if found != exported:
        raise PortableError(
            _("%(file)s has changed since it was exported (its checksum differs).") % {"file": file}
        )


def _require_backbone(predictor: Predictor, about: dict[str, Any]) -> None:
    """Of the version's kind and, where the backbone did not leave with it, of its weights."""
    backbone = backbone_named(predictor.backbone)
    if backbone.kind.name != about.get("kind"):
        raise PortableError(
            _("The version is of kind %(kind)s; predictor %(name)s is of kind %(own)s.")
            % {"kind": about.get("kind"), "name": predictor.name, "own": backbone.kind.name}
        )
    if isinstance(backbone.kind, TrainableKind):
        return
    own = backbone.load().sha256
    if own != about["backbone_sha256"]:
        raise PortableError(
            _(
                "The version needs the weights %(needed)s, which did not leave with it; backbone "
                "%(name)s of this site has %(own)s. Offer those as a further backbone (the setting "
                "MODEL_BACKBONES), add a predictor on it to the study, and import the version "
                "with --predictor and its name."
            )
            % {
                "needed": _weights(about["backbone_sha256"], about.get("backbone_source")),
                "name": backbone.name,
                "own": _weights(own, backbone.source),
            }
        )


def _weights(sha256: str, source: str | None) -> str:
    """By the name under which others find them, if there is one, and their checksum."""
    return " ".join(filter(None, (source, f"(sha256 {sha256[:_SHOWN]}…)")))


def _perspectives(study: Study, about: dict[str, Any]) -> dict[str, int]:
    """Those of the version that the study has, with their columns."""
    asked = {item.key for item in study.perspective_settings}
    found = {key: int(place) for key, place in about["perspectives"].items() if key in asked}
    if not found:
        raise PortableError(
            _("The version predicts %(keys)s, and the study asks about none of them.")
            % {"keys": ", ".join(about["perspectives"]) or "–"}
        )
    return found


@transaction.atomic
def _register(
    predictor: Predictor,
    about: dict[str, Any],
    perspectives: dict[str, int],
    files: tuple[str, str],
    actor: User | None,
) -> ModelVersion:
    study = predictor.study
    Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    same = LabelSnapshot.objects.filter(study=study, content_sha256=about["labels"]).first()
    snapshot = same or empty_snapshot(study)
    run = TrainingRun.objects.create(
        study=study,
        predictor=predictor,
        snapshot=snapshot,
        trigger=TrainingRun.Trigger.COMMAND,
        requested_by=actor,
        recipe=about["recipe"],
        state=JobState.SUCCEEDED,
        finished_at=timezone.now(),
    )
    last = ModelVersion.objects.filter(study=study).aggregate(last=Max("number"))["last"]
    version = ModelVersion.objects.create(
        study=study,
        predictor=predictor,
        number=(last or 0) + 1,
        kind=about["kind"],
        artifact=files[0],
        artifact_sha256=files[1],
        backbone_sha256=about["backbone_sha256"],
        backbone_source=str(about.get("backbone_source", ""))[:250],
        snapshot=snapshot,
        training_run=run,
        curve=about["curve"],
        explanation_metrics=about["explanation_metrics"],
    )
    _register_heads(version, perspectives)
    audit.record(
        study=study,
        actor=actor,
        action="model.entered",
        number=version.number,
        predictor=predictor.name,
    )
    start_scoring(version=version)
    return version


def _register_heads(version: ModelVersion, perspectives: dict[str, int]) -> None:
    """Not measured yet."""
    rows = {row.key: row for row in version.study.perspectives.all()}
    Head.objects.bulk_create(
        Head(
            study_id=version.study_id,
            model_version=version,
            perspective=rows[key],
            place=place,
            n=0,
        )
        for key, place in perspectives.items()
    )
