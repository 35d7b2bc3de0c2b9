"""The page on which administrators see how the site itself is."""

import platform
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib import metadata
from typing import Any

import django
from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from annotation.models import AuditEntry
from modelops.runs.tracking import trouble
from workbench.accounts.signed_in import signed_in
from workbench.core.jobs.heartbeats import SILENT, background
from workbench.core.jobs.kinds import all_job_kinds
from workbench.core.jobs.models import Heartbeat, Job, JobState
from workbench.core.version import VERSION

from . import health
from .backups import last_backup
from .metrics import database_bytes

_ERRORS_SHOWN = 20
_ERRORS_OF = timedelta(days=7)
#: After so long without a backup, somebody should look.
_BACKUP_OLD = timedelta(days=2)
#: Of what `health.problems` names.
_WORDS = {
    "postgresql": _("Database"),
    "storage": _("Storage of images and models"),
    "redis": _("Queue (Redis)"),
    "disk": _("Disk of this web server"),
}


@dataclass(frozen=True)
class ProgramState:
    """A program that said that it lives, and what it said of itself."""

    heartbeat: Heartbeat
    alive: bool

    @property
    def facts(self) -> dict[str, Any]:
        return dict(self.heartbeat.facts)

    @property
    def other_version(self) -> bool:
        return bool(self.facts.get("version", VERSION) != VERSION)

    @property
    def disk_low(self) -> bool:
        free = self.facts.get("disk_free")
        return free is not None and int(free) < health.DISK_NEEDED_MIB * 2**20


@login_required
@never_cache
@require_safe
def system(request: HttpRequest) -> HttpResponse:
    """For lab administrators."""
    if not signed_in(request).is_staff:
        raise Http404
    made = last_backup()
    context = {
        "section": "system",
        "problems": [(_WORDS[name], said) for name, said in health.problems().items()],
        "programs": _programs(),
        "queues": background().queues,
        "database_bytes": database_bytes(),
        "versions": {**_versions(), "PostgreSQL": _postgresql_version()},
        "backup": made,
        "backup_old": made is None or timezone.now() - made.created_at > _BACKUP_OLD,
        "errors": _last_errors(),
        "refused": _refused_sign_ins(),
        "mlflow": trouble(),
    }
    return render(request, "operation/system.html", context)


def _programs() -> list[ProgramState]:
    now = timezone.now()
    rows = Heartbeat.objects.order_by("kind", "name")
    return [ProgramState(row, now - row.seen_at < SILENT) for row in rows]


def _last_errors() -> list[Job]:
    """Jobs that failed lately, of all studies, the latest first."""
    since = timezone.now() - _ERRORS_OF
    found: list[Job] = []
    for kind in all_job_kinds():
        jobs: Any = kind._default_manager.filter(state=JobState.FAILED, finished_at__gt=since)
        found += jobs.select_related("study").order_by("-finished_at")[:_ERRORS_SHOWN]
    return sorted(found, key=lambda job: job.finished_at or since, reverse=True)[:_ERRORS_SHOWN]


def _refused_sign_ins() -> int:
    day_ago = timezone.now() - timedelta(days=1)
    return AuditEntry.objects.filter(
        study=None, action="account.refused", created_at__gt=day_ago
    ).count()


@cache
def _versions() -> dict[str, str]:
    return {
        "MINT Workbench": VERSION,
        "Python": platform.python_version(),
        "Django": django.get_version(),
        "PyTorch": metadata.version("torch"),
    }


def _postgresql_version() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        row: Any = cursor.fetchone()
    return str(row[0]).split()[0]
