"""Raters that subjects of other studies are here: codes, kept apart by their source."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Max
from django.utils import timezone

from ....models import Rater, RatingSession, Study, Trial
from ....studies.protocols import current_protocol


def subject_sha256(study: Study, source: str, subject: str) -> str:
    """What is kept of a subject's name: a table that says more than a code says it to nobody here.
    The same name is another rater in another study, and of another source."""
    return hashlib.sha256("\0".join((str(study.seed), source, subject)).encode()).hexdigest()


@dataclass
class Subjects:
    """The raters of one source in a study, by the names that a table has for them."""

    study: Study
    source: str
    _raters: dict[str, Rater] = field(default_factory=dict)
    _sessions: dict[int, RatingSession] = field(default_factory=dict)
    #: The next trial's position in the session of each rater.
    _positions: dict[int, int] = field(default_factory=dict)

    def find(self, names: Iterable[str]) -> None:
        """Those who are there already."""
        hashes = {subject_sha256(self.study, self.source, name): name for name in names}
        found = Rater.objects.filter(
            study=self.study, source=self.source, subject_sha256__in=list(hashes)
        )
        self._raters = {hashes[rater.subject_sha256]: rater for rater in found}
        sessions = RatingSession.objects.filter(rater__in=[rater.pk for rater in found])
        for session in sessions.annotate(last=Max("trials__position")).order_by("pk"):
            self._sessions[session.rater_id] = session
            last: int | None = session.last
            self._positions[session.rater_id] = 0 if last is None else last + 1

    def key(self, name: str) -> int | None:
        """Of the rater; None if there is none yet."""
        rater = self._raters.get(name)
        return None if rater is None else rater.pk

    def make(self, names: Sequence[str]) -> int:
        """Raters of these names that there are not, and a sitting for each that has none; returns
        how many raters are new."""
        new = [name for name in dict.fromkeys(names) if name not in self._raters]
        made = Rater.objects.bulk_create(
            Rater(
                study=self.study,
                source=self.source,
                subject_sha256=subject_sha256(self.study, self.source, name),
            )
            for name in new
        )
        self._raters |= dict(zip(new, made, strict=True))
        protocol, now = current_protocol(self.study.pk), timezone.now()
        sitting = [rater for rater in self._raters.values() if rater.pk not in self._sessions]
        sessions = RatingSession.objects.bulk_create(
            RatingSession(
                rater=rater,
                protocol=protocol,
                state=RatingSession.State.DONE,
                consented_at=now,
                ended_at=now,
            )
            for rater in sitting
        )
        self._sessions |= {session.rater_id: session for session in sessions}
        return len(made)

    def trial(self, name: str) -> Trial:
        """The next one of the rater, without an image."""
        rater = self._raters[name]
        position = self._positions.get(rater.pk, 0)
        self._positions[rater.pk] = position + 1
        return Trial(
            session=self._sessions[rater.pk],
            rater=rater,
            study=self.study,
            position=position,
            role=Trial.Role.MAIN,
            draw=Trial.Draw.PLAN,
            state=Trial.State.SUBMITTED,
            asked_up_to=None,
        )
