"""What backbones read of a study's prompts."""

from django.db import models

from annotation.models import Study


class PromptReading(models.Model):
    """How many prompts of a study a backbone cuts or cannot read, as of the last import or
    scoring: `predictors.reading.ReadingCounts`."""

    #: Without an index of its own: it leads the unique one.
    study = models.ForeignKey(
        Study, on_delete=models.CASCADE, related_name="prompt_readings", db_index=False
    )
    backbone = models.CharField(max_length=40)
    limit = models.PositiveIntegerField()
    prompts = models.PositiveIntegerField()
    cut = models.PositiveIntegerField()
    unreadable = models.PositiveIntegerField()
    unknown = models.PositiveIntegerField()
    alike = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "backbone"], name="prompt_reading_unique"),
        ]
