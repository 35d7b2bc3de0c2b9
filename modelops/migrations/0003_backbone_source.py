from django.db import migrations, models

BLOCKS = "The table has a row per version of a model."


class Migration(migrations.Migration):

    dependencies = [
        ('modelops', '0002_refreshed_predictions'),
    ]

    operations = [
        migrations.AddField(
            model_name='modelversion',
            name='backbone_source',
            field=models.CharField(blank=True, db_default='', default='', max_length=250),
        ),
    ]
