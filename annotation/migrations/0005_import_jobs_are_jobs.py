"""Import jobs get the fields of all long jobs: state names, fence, lease, progress."""

from django.db import migrations, models

STATES = [
    ("queued", "Queued"), ("running", "Running"), ("succeeded", "Succeeded"), ("failed", "Failed"),
    ("cancelled", "Cancelled"),
]  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("annotation", "0004_indexes_that_ratings_pay_for")]

    operations = [
        migrations.RemoveConstraint("importjob", "import_job_state_valid"),
        migrations.RemoveConstraint("importjob", "import_job_lease_while_running"),
        migrations.RemoveField("importjob", "queued_at"),
        migrations.RenameField("importjob", "attempt", "fence"),
        migrations.RenameField("importjob", "checked_rows", "progress_done"),
        migrations.RenameField("importjob", "total_rows", "progress_total"),
        migrations.AlterField("importjob", "fence", models.PositiveIntegerField(default=0)),
        migrations.AlterField(
            "importjob",
            "state",
            models.CharField(choices=STATES, default="queued", max_length=10),
        ),
        migrations.AddField(
            "importjob", "attempts", models.PositiveSmallIntegerField(default=0)
        ),
        migrations.AddField(
            "importjob", "stage", models.CharField(blank=True, default="", max_length=60)
        ),
        migrations.AddField("importjob", "error", models.TextField(blank=True, default="")),
        migrations.AddField(
            "importjob", "started_at", models.DateTimeField(blank=True, null=True)
        ),
        migrations.RunSQL(
            "UPDATE annotation_importjob SET state = 'succeeded' WHERE state = 'done'",
            "UPDATE annotation_importjob SET state = 'done' WHERE state = 'succeeded'",
        ),
        migrations.AddConstraint(
            "importjob",
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["queued", "running", "succeeded", "failed", "cancelled"]
                ),
                name="import_job_state_valid",
            ),
        ),
    ]
