"""What the site knows of its own backups: the audit trail tells."""

from annotation.models import AuditEntry

MADE = "site.backed_up"


def last_backup() -> AuditEntry | None:
    return AuditEntry.objects.filter(study=None, action=MADE).order_by("-created_at").first()
