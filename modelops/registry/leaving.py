"""What a study's models leave behind when the study is deleted: nothing."""

from typing import Any

from django.db import connection
from django.dispatch import receiver
from django.utils.translation import gettext as _

from annotation.models import Study
from annotation.removal import deleting

from ..models import ModelVersion
from .artifacts import delete_folder

_OF_VERSIONS = (
    "model_version_id IN (SELECT id FROM modelops_modelversion WHERE study_id = %(study)s)"
)
_OF_RUNS = "run_id IN (SELECT id FROM modelops_scoringrun WHERE study_id = %(study)s)"
_OF_STUDY = "study_id = %(study)s"
#: What refers to others comes before them.
_ROWS = (
    ("modelops_prediction", _OF_VERSIONS),
    ("modelops_predictedexplanation", _OF_VERSIONS),
    ("modelops_scoringchunk", _OF_RUNS),
    ("modelops_scoringrun", _OF_STUDY),
    ("modelops_explainingrun", _OF_STUDY),
    ("modelops_assessment", _OF_STUDY),
    ("modelops_acquisitionround", _OF_STUDY),
    ("modelops_head", _OF_STUDY),
    ("modelops_modelversion", _OF_STUDY),
    ("modelops_trainingrun", _OF_STUDY),
    ("modelops_labelsnapshot", _OF_STUDY),
    ("modelops_predictor", _OF_STUDY),
    ("modelops_promptreading", _OF_STUDY),
)
#: Folders of the artifact storage with one folder for each study.
_FOLDERS = ("models", "snapshots", "rankings", "refreshed")


@receiver(deleting.counting)
def count_models(study: Study, **_signal: Any) -> dict[str, int]:
    return {_("Models"): ModelVersion.objects.filter(study=study).count()}


@receiver(deleting.deleting)
def delete_models(study: Study, **_signal: Any) -> None:
    """A job that runs finds its row gone, and stops."""
    for folder in _FOLDERS:
        delete_folder(f"{folder}/{study.pk}")
    with connection.cursor() as cursor:
        for table, which in _ROWS:
            cursor.execute(f"DELETE FROM {table} WHERE {which}", {"study": study.pk})  # noqa: S608
