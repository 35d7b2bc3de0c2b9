import annotation.models.study
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0007_paused_sessions"),
    ]

    operations = [
        migrations.AddField(
            model_name="study",
            name="reliability_rules",
            field=models.JSONField(default=annotation.models.study._default_rules),
        ),
    ]
