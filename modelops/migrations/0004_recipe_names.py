from django.db import migrations, models

BLOCKS = "The tables have a row per predictor, and per training."


class Migration(migrations.Migration):

    dependencies = [
        ('modelops', '0003_backbone_source'),
    ]

    operations = [
        migrations.AddField(
            model_name='predictor',
            name='recipe_name',
            field=models.CharField(blank=True, db_default='', default='', max_length=40),
        ),
        migrations.AddField(
            model_name='trainingrun',
            name='recipe_name',
            field=models.CharField(blank=True, db_default='', default='', max_length=40),
        ),
    ]
