"""A worker's first act."""

from modelops.models import TrainingRun
from workbench.core.jobs import leases


def claimed(run: TrainingRun) -> int:
    """The fence that the run is held with from now on."""
    fence = leases.claim(TrainingRun, run.pk)
    assert fence is not None
    return fence
