"""Asking for a dataset release: a job waits for a worker then."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from workbench.accounts.models import User
from workbench.core.jobs import leases
from workbench.core.jobs.queue import enqueue

from ...models import DatasetRelease, OpinionRelease, Study
from ...studies.audit import record
from .building import DatasetError, refuse_changed
from .facts import Described
from .rai import ASKED

MAKE = "annotation.opinion.tasks.make_dataset"
#: Characters of a title, and of each of the other texts.
_TITLE, _TEXT = 200, 5000


class DatasetActiveError(DatasetError):
    """The study has a dataset release under way."""

    code = "dataset_active"
    status = 409


def described(given: Mapping[str, Any]) -> Described:
    """What an owner filled in, checked. Raises DatasetError."""
    texts = {name: str(given.get(name, "")).strip() for name in ("title", "licence", "description")}
    creators = tuple(name.strip() for name in given.get("creators", ()) if name.strip())
    answers = {key: str(text).strip() for key, text in given.get("answers", {}).items()}
    if not texts["title"] or not texts["licence"] or not creators:
        raise DatasetError(_("Give the dataset a title, a licence and at least one creator."))
    if unknown := sorted(set(answers) - set(ASKED)):
        raise DatasetError(_("There is no question “%(name)s”.") % {"name": unknown[0]})
    longest = max(map(len, (texts["description"], *creators, *answers.values())))
    if max(len(texts["title"]), len(texts["licence"])) > _TITLE or longest > _TEXT:
        raise DatasetError(_("The texts about the dataset are too long."))
    return Described(**texts, creators=creators, answers=answers)


def ask_for_dataset(
    *,
    study: Study,
    actor: User,
    number: int,
    said: Described,
    pictures: bool,
    address: str = "",
) -> DatasetRelease:
    """Queues a dataset release of the named release `number`.

    Raises DatasetError if there is none or other scores count now, DatasetActiveError if another
    one is being made.
    """
    release = OpinionRelease.objects.filter(
        study=study, number=number, state=OpinionRelease.State.NAMED
    ).first()
    if release is None:
        raise DatasetError(_("There is no named release %(number)d.") % {"number": number})
    refuse_changed(release)
    try:
        with transaction.atomic():
            job = DatasetRelease.objects.create(
                study=study,
                release=release,
                number=_next_number(study),
                actor=actor,
                described=asdict(said),
                pictures=pictures,
                address=address,
                lease_expires_at=leases.lease_end(),
            )
            version, name = job.version, release.name
            record(study=study, actor=actor, action="dataset.asked", version=version, name=name)
            enqueue(MAKE, job.pk)
    except IntegrityError as error:
        raise DatasetActiveError(
            _("A dataset release of “%(study)s” is being made; wait until it is done.")
            % {"study": study.title}
        ) from error
    return job


def _next_number(study: Study) -> int:
    """One that failed keeps its number: nobody can have cited it, but somebody may have seen it."""
    return (study.datasets.aggregate(last=Max("number"))["last"] or 0) + 1
