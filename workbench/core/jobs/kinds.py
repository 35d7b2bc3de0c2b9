"""The jobs of one study, of whichever kind, for whoever shows them all together."""

from typing import Any

from django.apps import apps

from .models import ACTIVE_STATES, Job, JobState


def job_kinds() -> list[type[Job]]:
    """Every kind of job that a study's overview tells of."""
    return [kind for kind in all_job_kinds() if kind.TOLD]


def all_job_kinds() -> list[type[Job]]:
    """Every kind of job of the site."""
    return [model for model in apps.get_models() if issubclass(model, Job)]


def failed_jobs(study: int) -> list[Job]:
    """The newest job of each kind, if it failed: nothing has gone well since."""
    newest = [_of(kind, study).order_by("-pk").first() for kind in job_kinds()]
    return [job for job in newest if job is not None and job.state == JobState.FAILED]


def active_jobs(study: int) -> list[Job]:
    """What waits for a worker or is under way, the oldest of each kind first."""
    return [
        job
        for kind in job_kinds()
        for job in _of(kind, study).filter(state__in=ACTIVE_STATES).order_by("pk")
    ]


def kind_of(job: Job) -> str:
    """Its name in the API, such as `import`."""
    return name_of_kind(type(job))


def name_of_kind(kind: type[Job]) -> str:
    name = str(kind._meta.model_name or "")
    return name.removesuffix("run").removesuffix("job").removesuffix("release")


def _of(kind: type[Job], study: int) -> Any:
    # Every kind has a study, though what they have in common does not say so.
    manager: Any = kind._default_manager
    return manager.filter(study=study)
