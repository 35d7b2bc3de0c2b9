"""A study's protocol as the rating side reads it: parsed once per process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ..models import Study
from ..protocol.asking import ExplanationAsking
from ..protocol.forms import ExplanationForm
from ..protocol.passes import asked_now, passes_of
from ..protocol.perspectives import PerspectiveSettings
from ..protocol.plan import SessionPlan
from ..protocol.reliability_rules import ReliabilityRules


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """A study as the rating API needs it.

    `version` is another with every write to its row: the transaction that wrote it and its place.
    """

    id: int
    version: str
    status: str
    session_trials: int
    lease_seconds: int
    audit_share: float
    holdout_share: float


@dataclass(frozen=True, slots=True)
class Protocol:
    """A study's scales, explanation form, session plan, rules on its raters, of which scores
    reasons are asked, and how large images are shown; parsed."""

    perspectives: tuple[PerspectiveSettings, ...]
    #: By key, the perspective's row.
    ids: Mapping[str, int]
    form: ExplanationForm
    plan: SessionPlan
    rules: ReliabilityRules
    asking: ExplanationAsking
    image_size: str

    @property
    def passes(self) -> int:
        """How often a rater sees each image."""
        return passes_of(self.perspectives, one_per_pass=self.plan.one_per_pass)

    def asked_now(self, scored: int) -> Sequence[PerspectiveSettings]:
        """What is asked of an image whose first `scored` perspectives have their scores."""
        return asked_now(self.perspectives, scored, one_per_pass=self.plan.one_per_pass)


def protocol_of(study: StudyFacts) -> Protocol:
    """The study's protocol, parsed once per process and version of its row."""
    return _parsed_protocol(study.id, study.version)


@lru_cache(maxsize=128)
def _parsed_protocol(study_id: int, version: str) -> Protocol:
    study = Study.objects.only(
        "explanation_form",
        "session_plan",
        "reliability_rules",
        "explanation_asked",
        "image_size",
    ).get(pk=study_id)
    rows = list(study.perspectives.all())
    return Protocol(
        tuple(row.settings for row in rows),
        {row.key: row.pk for row in rows},
        study.form,
        study.plan,
        study.rules,
        study.asking,
        study.image_size,
    )
