import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('modelops', '0005_scoring_precision'),
    ]

    operations = [
        migrations.AddField(
            model_name='scoringchunk',
            name='looks',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=None, null=True, size=None),
        ),
    ]
