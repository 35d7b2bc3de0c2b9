from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("modelops", "0003_chunk_attempts"),
    ]

    operations = [
        migrations.AddField(
            model_name="trainingrun",
            name="problems",
            field=models.JSONField(blank=True, default=list),
        ),
    ]
