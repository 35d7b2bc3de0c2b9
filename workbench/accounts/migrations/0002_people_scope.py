"""The scope `people` of API tokens. The table is small: no lock is held for long."""

import django.contrib.postgres.fields
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def revoke_people_tokens(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """On the way back: the scope is unknown then."""
    apps.get_model("accounts", "ApiToken").objects.filter(scopes__contains=["people"]).delete()

BLOCKS = "The table has a row per API token."


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.RemoveConstraint(model_name="apitoken", name="token_scopes_valid"),
        migrations.AlterField(
            model_name="apitoken",
            name="scopes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("read", "Read studies, scores and models"),
                        ("export", "Export the collected database"),
                        ("manage", "Change things: settings, raters, trainings"),
                        ("people", "See and manage the accounts of the site"),
                    ],
                    max_length=10,
                ),
                size=None,
            ),
        ),
        migrations.AddConstraint(
            model_name="apitoken",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("scopes__len__gt", 0),
                    ("scopes__contained_by", ["read", "export", "manage", "people"]),
                ),
                name="token_scopes_valid",
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, revoke_people_tokens),
    ]
