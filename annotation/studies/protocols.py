"""Which protocol a study has: its settings are the working copy, rows of `Protocol` what was asked.

A row is frozen by its first answer, and stays so for releases when its answers are deleted; a later
change makes the next number. Until then a change replaces it and takes over its sessions. So every
row but the latest has or had answers, and settings that return to an earlier state return to its
row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, TypedDict

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from ..models import Perspective, Protocol, RatingSession, ReleaseProtocol, Study, Trial
from ..protocol.document import ImageSize, ProtocolDocument, ProtocolTexts
from .texts import DEFAULT_CONSENT, instructions_of, resolved_translations, texts_of

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


def document_of(study: Study) -> ProtocolDocument:
    """What the study asks by its current settings, default texts and translations written out."""
    perspectives = study.perspective_settings
    texts = ProtocolTexts(
        study.title.strip(),
        study.consent.strip() or DEFAULT_CONSENT,
        instructions_of(study.instructions, perspectives),
        resolved_translations(chain.from_iterable(texts_of(study).values()), study.translations),
    )
    return ProtocolDocument(
        perspectives,
        study.form,
        study.asking,
        study.plan,
        study.viewing,
        study.rules,
        ImageSize(study.image_size),
        texts,
    )


@lru_cache(maxsize=128)
def stored_document(protocol_id: int) -> ProtocolDocument:
    """A row's content, parsed once per process: rows do not change, and keys are not used again.

    Raises Protocol.DoesNotExist for one that was replaced.
    """
    content = Protocol.objects.values_list("content", flat=True).get(pk=protocol_id)
    return ProtocolDocument.from_json(content)


@lru_cache(maxsize=128)
def perspective_ids(protocol_id: int) -> Mapping[str, int]:
    """By key, in the protocol's order, the rows of what it asks. They stay as long as it does: what
    has been answered keeps its perspectives."""
    rows = Perspective.objects.filter(study__protocols=protocol_id)
    return dict(rows.order_by("position").values_list("key", "pk"))


@transaction.atomic
def current_protocol(study_id: int) -> Protocol:
    """The row of the study's settings, made if there is none.

    Holds the study's row to the end of the caller's transaction, so that what it answers is current
    until then: sessions begin, and settings change, one after the other.
    """
    # NO KEY: an answer may write to the audit trail, whose foreign key wants this row, while it
    # holds the session that is waited for below.
    study = Study.objects.select_for_update(no_key=True).get(pk=study_id)
    document = document_of(study)
    rows = Protocol.objects.filter(study=study)
    latest, digest = rows.last(), document.sha256
    known = rows.filter(content_sha256=digest).first()
    if known is not None and known == latest:
        return known
    hold_unanswered(study)
    leaving = latest if latest is not None and not _is_answered(latest) else None
    current = known or Protocol.objects.create(
        study=study,
        number=_next_number(latest, leaving),
        content=document.to_json(),
        content_sha256=digest,
    )
    if leaving is not None:
        RatingSession.objects.filter(protocol=leaving).update(protocol=current)
        leaving.delete()
    return current


def hold_unanswered(study: Study) -> None:
    """While nobody has answered by the study's latest protocol, hold its sessions to the end of the
    transaction: a first answer that is on its way has arrived, or waits.

    The caller holds the study's row.
    """
    latest = Protocol.objects.filter(study=study).last()
    if latest is not None and not _is_answered(latest):
        sessions = RatingSession.objects.filter(protocol=latest).order_by("pk")
        list(sessions.select_for_update().values_list("pk"))


class Answered(TypedDict):
    """What `protocols_of` adds to a row."""

    answered: bool


def protocols_of(study: Study) -> "QuerySet[WithAnnotations[Protocol, Answered]]":
    """By number; with `answered`, whether any score was given by it, in practice too; also one that
    is gone, with its rater or image, but of which a release tells."""
    scored = Q(state=Trial.State.SUBMITTED) | Q(scored__gt=0)
    answers = Trial.objects.filter(scored, session__protocol=OuterRef("pk"))
    told = ReleaseProtocol.objects.filter(protocol=OuterRef("pk"))
    return Protocol.objects.filter(study=study).annotate(answered=Exists(answers) | Exists(told))


@dataclass(frozen=True)
class Outlook:
    """The state of a study's protocol, for its owner: `number` is the current one's, `next_number`
    what a change would make; the same if a change would replace it."""

    number: int
    answered: bool
    next_number: int

    @property
    def replaces(self) -> bool:
        """Whether a change would replace the current one."""
        return self.next_number == self.number


def outlook_of(study: Study) -> Outlook:
    """Only reads; a study without sessions may have no row yet."""
    rows = protocols_of(study)
    latest = rows.last()
    current = rows.filter(content_sha256=document_of(study).sha256).first()
    leaving = latest if latest is not None and not latest.answered else None
    following = _next_number(latest, leaving)
    if current is None:
        return Outlook(following, False, following)
    return Outlook(current.number, current.answered, following)


def _is_answered(protocol: Protocol) -> bool:
    return protocols_of(protocol.study).filter(pk=protocol.pk, answered=True).exists()


def _next_number(latest: Protocol | None, leaving: Protocol | None) -> int:
    if latest is None:
        return 1
    return latest.number if latest == leaving else latest.number + 1
