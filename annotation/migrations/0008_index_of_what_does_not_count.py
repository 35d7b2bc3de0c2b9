from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Raters go on while the index is made."""

    atomic = False

    dependencies = [
        ('annotation', '0007_dataset_event'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='stimulus',
            index=models.Index(condition=models.Q(('purpose', 'main'), ('sha256__gt', ''), ('state__in', ('in_use', 'withdrawn')), _negated=True), fields=['study'], name='stimulus_not_counting'),
        ),
    ]
