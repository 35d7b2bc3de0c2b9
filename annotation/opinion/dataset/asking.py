"""Asking for a dataset release: a job waits for a worker then."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from workbench.accounts.models import User
from workbench.core.jobs import leases
from workbench.core.jobs.queue import enqueue

from ...models import DatasetRelease, OpinionRelease, Study
from ...studies.audit import record
from .building import refuse_changed
from .errors import DatasetActiveError, DatasetError, DatasetOverError
from .facts import Described
from .rai import ASKED

MAKE = "annotation.opinion.tasks.make_dataset"
#: Characters of a title or a licence, and of each of the other texts.
TITLE_LIMIT, TEXT_LIMIT = 200, 5000
_TEXTS = ("title", "licence", "description", "setting")


def described(given: Mapping[str, Any]) -> Described:
    """What an owner filled in, checked. Raises DatasetError."""
    texts = {name: str(given.get(name, "")).strip() for name in _TEXTS}
    creators = tuple(name.strip() for name in given.get("creators", ()) if name.strip())
    answers = {key: str(text).strip() for key, text in given.get("answers", {}).items()}
    if not texts["title"] or not texts["licence"] or not creators:
        raise DatasetError(_("Give the dataset a title, a licence and at least one creator."))
    if unknown := sorted(set(answers) - set(ASKED)):
        raise DatasetError(_("There is no question “%(name)s”.") % {"name": unknown[0]})
    longest = max(map(len, (texts["description"], texts["setting"], *creators, *answers.values())))
    if max(len(texts["title"]), len(texts["licence"])) > TITLE_LIMIT or longest > TEXT_LIMIT:
        raise DatasetError(_("The texts about the dataset are too long."))
    return Described(**texts, creators=creators, answers=answers)


def ask_for_dataset(
    *,
    study: Study,
    actor: User | None,
    number: int,
    said: Described,
    pictures: bool,
    address: str = "",
) -> DatasetRelease:
    """Queues a dataset release of the named release `number`; raises as `new_dataset`."""
    with transaction.atomic():
        job = new_dataset(
            study=study, actor=actor, number=number, said=said, pictures=pictures, address=address
        )
        enqueue(MAKE, job.pk)
    return job


def new_dataset(
    *,
    study: Study,
    actor: User | None,
    number: int,
    said: Described,
    pictures: bool,
    address: str = "",
) -> DatasetRelease:
    """A dataset release that nobody makes yet.

    Raises DatasetError if there is no named release `number` or other scores count now,
    DatasetActiveError if another one is being made.
    """
    release = named_releases(study).filter(number=number).first()
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
    except IntegrityError as error:
        raise DatasetActiveError(
            _("A dataset release of “%(study)s” is being made; wait until it is done.")
            % {"study": study.title}
        ) from error
    return job


def cancel_dataset(*, job: DatasetRelease, actor: User | None) -> None:
    """Ends one that waits or is being made: nothing of it stays. Raises DatasetOverError."""
    with transaction.atomic():
        if not leases.cancel(DatasetRelease, job.pk):
            raise DatasetOverError(_("It is over already; there is nothing to cancel."))
        record(study=job.study, actor=actor, action="dataset.cancelled", **job.trail_detail())
    job.refresh_from_db()


def named_releases(study: Study) -> QuerySet[OpinionRelease]:
    """Of which a dataset can be made."""
    return study.opinion_releases.filter(state=OpinionRelease.State.NAMED)


def _next_number(study: Study) -> int:
    """One that failed keeps its number: nobody can have cited it, but somebody may have seen it."""
    return (study.datasets.aggregate(last=Max("number"))["last"] or 0) + 1
