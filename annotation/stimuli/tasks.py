"""Import tasks, on the queue `default`. Rows own the jobs; see `imports.jobs`."""

from celery import shared_task

from .dataset_import.jobs import run_dataset_import, sweep_dataset_imports
from .imports.jobs import run_import_job, sweep_import_jobs


@shared_task
def run_import(job_id: int) -> None:
    """Acknowledged early: the job's row and its lease bring it back, not the broker."""
    run_import_job(job_id=job_id)


@shared_task
def sweep_imports() -> None:
    sweep_import_jobs()
    sweep_dataset_imports()


@shared_task
def import_dataset(job_id: int) -> None:
    """As `run_import`."""
    run_dataset_import(job_id)
