from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('modelops', '0004_recipe_names'),
    ]

    operations = [
        migrations.AddField(
            model_name='scoringrun',
            name='computed_in',
            field=models.JSONField(default=None, null=True),
        ),
    ]
