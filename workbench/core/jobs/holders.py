"""Who holds a job, as PostgreSQL sees it: a connection that bears the job's name.

A process that stands still (a stopped machine, a hung disk) keeps its transaction and its locks for
as long as it does. Whoever hands its job on ends its connection first.
"""

from django.db import connection

from .models import Job

# The lease is looked at again here: its holder may have renewed it a moment ago.
_END = """
SELECT pg_terminate_backend(activity.pid) FROM pg_stat_activity AS activity
WHERE activity.application_name = %(name)s AND activity.datname = current_database()
    AND activity.usename = current_user AND activity.pid <> pg_backend_pid()
    AND EXISTS (SELECT FROM {table} AS job WHERE job.id = %(job)s AND job.lease_expires_at <= now())
"""


def name_connection(kind: type[Job], pk: int, fence: int) -> None:
    """This process holds the job, for as long as its connection lasts or until it takes another."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('application_name', %s, false)", [_name(kind, pk, fence)])


def end_connection(job: Job) -> None:
    """Ends what an expired lease's holder has open, with its transaction and its locks.

    Should it go on after all, it finds with its next write that it holds nothing.
    """
    with connection.cursor() as cursor:
        statement = _END.format(table=connection.ops.quote_name(job._meta.db_table))
        cursor.execute(statement, {"name": _name(type(job), job.pk, job.fence), "job": job.pk})


def _name(kind: type[Job], pk: int, fence: int) -> str:
    """At most 63 bytes, as PostgreSQL keeps."""
    return f"{kind._meta.model_name} {pk} fence {fence}"
