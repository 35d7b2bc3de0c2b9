"""What an owner should look at now: flags, reports, jobs, sessions, what works for them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from workbench.core.jobs.heartbeats import Background, background
from workbench.core.jobs.kinds import active_jobs, failed_jobs
from workbench.core.jobs.models import Job

from ..models import Study
from ..opinion.reliability.selectors import Standing, reliability_of
from ..studies.counting import excluded_raters
from ..studies.counts import Counts, counts_of
from .inbox import new_reports
from .monitor import Live, live_sessions


@dataclass(frozen=True)
class Attention:
    counts: Counts
    #: Raters who fail a rule of the study and are not excluded.
    flagged: int
    #: What raters reported and nobody has read.
    reports: int
    failed: list[Job]
    active: list[Job]
    live: Live
    background: Background

    @property
    def stuck(self) -> bool:
        """Whether something waits for a program that is not there."""
        return bool(self.active) and not self.background.well


def attention_of(study: Study) -> Attention:
    return Attention(
        counts=counts_of(study),
        flagged=len(flagged_raters(reliability_of(study), excluded_raters(study))),
        reports=new_reports(study),
        failed=failed_jobs(study.pk),
        active=active_jobs(study.pk),
        live=live_sessions(study),
        background=background(),
    )


def flagged_raters(standings: Mapping[int, Standing], excluded: Collection[int]) -> set[int]:
    """Keys of the raters who fail a rule of the study and are not excluded."""
    return {key for key, standing in standings.items() if standing.flags} - set(excluded)
