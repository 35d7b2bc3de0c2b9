"""Replacing an image that was the wrong one: another takes its place under its name."""

import hashlib
from collections.abc import Iterable

from django.db import connection, transaction
from django.utils.translation import gettext as _

from workbench.accounts.models import User
from workbench.core.problems import Problem
from workbench.core.uploads import UploadNotKeptError

from ..models import OpinionRelease, OpinionScore, Stimulus
from ..opinion.imported import Published, imported_scores, write_published
from ..opinion.releases import mark_stale
from ..opinion.sources import Source
from ..stimuli.importing.sources import MAX_FILE_BYTES
from ..stimuli.imports.checks import ImageFacts, store_image
from ..stimuli.imports.rows import file_fields
from ..stimuli.imports.store import ImportStore, study_lock
from ..studies.audit import record
from .errors import RemovalError, RemovalStateError, checked_reason
from .images import move_raters_on

#: What the image that takes the place keeps of the other: it is the same row of the manifest.
_KEPT = (
    "study_id",
    "prompt_id",
    "generator_id",
    "filename",
    "metadata",
    "split",
    "purpose",
    "attention_check",
    "wanted_ratings",
    "maximum_ratings",
)


def replace_image(
    *, stimulus: Stimulus, data: bytes, actor: User | None, reason: str = ""
) -> Stimulus:
    """Puts the image in `data` in the place of another one, which is excluded; returns the new row.

    It has the other's name, prompt, side of the hold-out, wanted ratings and published scores, and
    no ratings; models predict it like any new image. Raises RemovalError if it is no image or one
    that the study has, RemovalStateError if the other was replaced before.
    """
    reason = checked_reason(reason, required=True)
    if len(data) > MAX_FILE_BYTES:
        raise RemovalError(
            _("The image has more than %(limit)d MB.") % {"limit": MAX_FILE_BYTES // 2**20}
        )
    study = stimulus.study
    with study_lock(study) as lock, ImportStore(study, lock) as store:
        _refuse(stimulus, hashlib.sha256(data).hexdigest())
        image = _stored(store, stimulus.filename, data)
        with transaction.atomic():
            new = _put_in_place(stimulus, image, actor, reason)
        store.keep()
    stimulus.refresh_from_db()
    move_raters_on(stimulus)
    return new


def _refuse(stimulus: Stimulus, sha256: str) -> None:
    if stimulus.replaced_by_id is not None:
        raise RemovalStateError(_("The image was replaced already; replace the one in its place."))
    same = Stimulus.objects.filter(
        study=stimulus.study, prompt=stimulus.prompt, sha256=sha256, replaced_by=None
    ).first()
    if same is not None:
        raise RemovalError(
            _("That is the same file as “%(filename)s”, which has the same prompt.")
            % {"filename": same.filename}
        )


def _stored(store: ImportStore, filename: str, data: bytes) -> ImageFacts:
    try:
        image = store_image(store, filename, data)
        store.sync()
    except Problem as problem:
        raise RemovalError(f"{problem.sentence(_)}; {problem.advice(_)}") from problem
    except OSError as error:
        raise UploadNotKeptError.because(error) from error
    return image


def _put_in_place(
    stimulus: Stimulus, image: ImageFacts, actor: User | None, reason: str
) -> Stimulus:
    old = Stimulus.objects.select_for_update(no_key=True).get(pk=stimulus.pk)
    _refuse(old, image.sha256)
    # The name is free only once the old row points to the new one.
    key = _next_key()
    gone = old.state == Stimulus.State.PURGED
    old.state = Stimulus.State.PURGED if gone else Stimulus.State.EXCLUDED
    Stimulus.objects.filter(pk=old.pk).update(replaced_by_id=key, state=old.state)
    kept = {name: getattr(old, name) for name in _KEPT}
    new = Stimulus(pk=key, **kept, **file_fields(image))
    new.save(force_insert=True)
    _take_over_published(old, new)
    mark_stale(old.study)
    record(
        study=old.study,
        actor=actor,
        action="image.replaced",
        stimulus=old.pk,
        by=new.pk,
        filename=old.filename,
        reason=reason,
    )
    return new


def _take_over_published(old: Stimulus, new: Stimulus) -> None:
    """Published scores came with the name, so they are about the image that belongs there."""
    scores = imported_scores(old.study_id).filter(stimulus=old).order_by("release_id")
    by_release: dict[OpinionRelease, list[OpinionScore]] = {}
    for score in scores:
        by_release.setdefault(score.release, []).append(score)
    for release, found in by_release.items():
        write_published(old.study, _source(release), list(_published(found, new)))


def _source(release: OpinionRelease) -> Source:
    assert release.minimum is not None  # noqa: S101 -- a constraint; this tells mypy
    assert release.maximum is not None  # noqa: S101 -- likewise
    return Source(
        release.source, release.minimum, release.maximum, release.direction, release.score_kind
    )


def _published(scores: Iterable[OpinionScore], new: Stimulus) -> Iterable[Published]:
    for item in scores:
        key = item.perspective.key
        yield Published(new.pk, key, item.value, item.sd, item.n, item.histogram)


def _next_key() -> int:
    with connection.cursor() as cursor:
        table = Stimulus._meta.db_table
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [table])
        (key,) = cursor.fetchone()
    return int(key)
