"""Releases of opinion scores: the live one, which follows the answers, and those that are kept.

Every reader of opinion scores reads a release: labels, the export, pages and the API. A live
release is recomputed in full from one view of the data, so no history of changes has to be right.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from django.db.models import Count, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from workbench.accounts.models import User
from workbench.core.errors import MintError
from workbench.core.statements import one_view

from ..models import AuditEntry, OpinionRelease, Study
from ..studies.audit import record
from ..studies.counting import counting_trials
from .making import (
    SETTLED_AFTER,
    Basis,
    Opinions,
    delete_rows,
    digest_of,
    has_scores,
    newest_score,
    opinions_of,
    write_rows,
)
from .methods import OpinionError
from .numbering import (
    PATIENCE_SECONDS,
    ReleaseBusyError,
    hold_off_writers,
    next_key,
    next_number,
    only_writer,
)
from .progress import Step, no_step, told_steps
from .recomputing import QUICK_SECONDS, ask_worker
from .recording import record_scores
from .updating import can_update, is_old, update

#: At most one request to a worker per so many seconds.
DEBOUNCE_SECONDS = 10
#: Other studies' scores are searched for a study's again and again, up to so many.
SEARCHED = 10_000
#: The first release of a study with more ratings is made by a worker: of so many it takes 0.2 s.
FEW_RATINGS = 2_000
#: The task that renews a live release.
RENEW = "annotation.opinion.tasks.renew_live_release"


class ReleaseError(MintError):
    """A release that cannot be made; the message says why."""

    code = "release_invalid"


def live_release(study: Study) -> OpinionRelease:
    """The study's own current opinion scores; `computed_at` says how recent they are.

    A stale release is made again first if that is quick and nobody else is at it; else a worker
    makes it again and the caller gets the stale one. Raises ReleaseBusyError if there is none yet:
    while somebody else is making the first, who is a worker in a large study.
    """
    release = stored_live(study)
    if release is None:
        return _first(study)
    if not is_stale(release):
        return release
    if release.took < QUICK_SECONDS or can_update(release):
        with suppress(ReleaseBusyError):
            return renew_live(study, patience=PATIENCE_SECONDS)
    ask_worker(RENEW, study.pk, seconds=DEBOUNCE_SECONDS)
    return release


def live_release_if_made(study: Study) -> OpinionRelease | None:
    """As `live_release`; None while the first one is being made."""
    with suppress(ReleaseBusyError):
        return live_release(study)
    return None


def awaited_release(study: Study) -> OpinionRelease:
    """As `live_release`, for those who can wait: the first one is made however long it takes."""
    return live_release(study) if stored_live(study) else renew_live(study)


def _first(study: Study) -> OpinionRelease:
    if counting_trials(study).order_by()[: FEW_RATINGS + 1].count() <= FEW_RATINGS:
        return renew_live(study, patience=PATIENCE_SECONDS)
    ask_worker(RENEW, study.pk, seconds=DEBOUNCE_SECONDS)
    raise ReleaseBusyError


def is_stale(release: OpinionRelease) -> bool:
    """Whether a live release made now would differ, or might."""
    study, basis = release.study, Basis.from_json(release.basis)
    unsettled = not basis.settled and timezone.now() - release.computed_at > SETTLED_AFTER
    return (
        unsettled
        or basis.digest != digest_of(study)
        or (newest_score() > basis.newest and has_scores(study, pk__gt=basis.newest))
    )


def stamp_of(release: OpinionRelease) -> str:
    """Another one whenever what is made of a live release's scores may be another: the release has
    the scores, the audit trail what owners did to images and rules."""
    scores = (release.pk, release.computed_at.isoformat(), release.basis["digest"])
    return json.dumps([*scores, acts_stamp(release.study_id)])


def acts_stamp(study: int) -> list[int | None]:
    """Another one after each import and each act of an owner, of the study with this key. How many
    there are, too: an act may be seen later than one with a higher number."""
    acts = AuditEntry.objects.filter(study=study).aggregate(last=Max("pk"), number=Count("pk"))
    return [acts["last"], acts["number"]]


def mark_stale(study: Study) -> None:
    """Have the live release made again: something changed that it cannot see, such as the known
    scores that the study's rules hold raters against. Run it in the transaction of the change."""
    hold_off_writers(study)
    release = stored_live(study)
    if release is not None:
        release.basis |= {"digest": ""}
        release.save(update_fields=["basis"])


def renew_live(
    study: Study, *, patience: float | None = None, refit: bool = False
) -> OpinionRelease:
    """Makes the live release again if it is stale; its rows are written only if they differ.

    In a large study only the images that were rated since get new scores, unless it is to `refit`
    what has become old: that takes longer. patience: as in `only_writer`.
    """
    with only_writer(study, patience=patience), one_view(read_only=False):
        stored = stored_live(study)
        old = stored is not None and refit and is_old(stored)
        if stored is not None and not old:
            if not is_stale(stored):
                _skip_searched(stored)
                return stored
            if can_update(stored):
                update(stored)
                return stored
        step = told_steps(study) if stored is None else no_step
        release, made = live_of_now(study, step=step)
        release.basis = asdict(made.basis)
        release.save()
        if stored is None or stored.content_sha256 != release.content_sha256:
            delete_rows(release)
            write_rows(release, made, step=step)
    return release


def _skip_searched(release: OpinionRelease) -> None:
    """Scores that came since, all of other studies, need not be searched again; written down only
    if they are many, not each time that somebody looks."""
    newest = newest_score()
    if newest - release.basis["newest"] > SEARCHED:
        release.basis |= {"newest": newest}
        release.save(update_fields=["basis"])


def live_of_now(study: Study, *, step: Step = no_step) -> tuple[OpinionRelease, Opinions]:
    """What the live release would be if it were made now, unsaved; run it in one view of the
    data. `step`: as of `opinions_of`."""
    made = opinions_of(study, step=step)
    release = stored_live(study) or OpinionRelease(study=study, number=next_number(study))
    for name, value in made.facts.items():
        setattr(release, name, value)
    return release, made


def make_release(
    study: Study,
    *,
    name: str,
    method: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    actor: User | None = None,
) -> OpinionRelease:
    """A named release of the current scores, by the study's method or another one, which never
    changes. Raises ReleaseError, and ReleaseBusyError soon if somebody else is at it."""
    name = name.strip()
    if not name or len(name) > 100:
        raise ReleaseError(_("Give the release a name of up to 100 characters."))
    with only_writer(study, patience=PATIENCE_SECONDS), one_view(read_only=False):
        if OpinionRelease.objects.filter(study=study, name=name).exists():
            raise ReleaseError(_("A release named “%(name)s” already exists.") % {"name": name})
        try:
            made = opinions_of(study, method, parameters)
        except OpinionError as error:
            raise ReleaseError(str(error)) from error
        release = _keep(study, made, state=OpinionRelease.State.NAMED, name=name)
        record(
            study=study,
            actor=actor,
            action="release.made",
            number=release.number,
            name=name,
            method=release.method,
        )
    return release


def frozen_release(study: Study) -> OpinionRelease | None:
    """The study's own current opinion scores as a release that never changes; None if no rating
    counts. If they are kept already, frozen or named, it is that release.

    Run it as the only writer, in one view of the data.
    """
    made = opinions_of(study)
    if not made.facts["ratings"]:
        return None
    kept = OpinionRelease.objects.filter(
        study=study, content_sha256=made.facts["content_sha256"]
    ).exclude(state=OpinionRelease.State.LIVE)
    return kept.first() or _keep(study, made, state=OpinionRelease.State.FROZEN)


def _keep(study: Study, made: Opinions, **fields: Any) -> OpinionRelease:
    """Scores first: once the release is there, it takes no more."""
    release = OpinionRelease(
        pk=next_key(), study=study, number=next_number(study), **fields, **made.facts
    )
    write_rows(release, made)
    record_scores(release, made.scores, made.weights)
    release.save(force_insert=True)
    return release


def chosen_release(study: Study, number: int | None) -> OpinionRelease | None:
    """The release of that number, of the study's own scores; None for the live one, whatever it is
    called by. Raises ReleaseError if there is none."""
    if number is None:
        return None
    own = OpinionRelease.objects.filter(study=study, kind=OpinionRelease.Kind.OWN)
    release = own.filter(number=number).first()
    if release is None:
        raise ReleaseError(
            _("There is no release %(number)d of this study’s own opinion scores.")
            % {"number": number}
        )
    return None if release.state == OpinionRelease.State.LIVE else release


def stored_live(study: Study) -> OpinionRelease | None:
    """The live release as it stands, up to date or not."""
    return (
        OpinionRelease.objects.filter(
            study=study, kind=OpinionRelease.Kind.OWN, state=OpinionRelease.State.LIVE
        )
        .select_related("study")
        .first()
    )
