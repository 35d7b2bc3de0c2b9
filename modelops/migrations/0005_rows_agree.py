"""Versions, runs and rounds are of one study; numbers are numbers; one trigger serves all."""

import annotation.models.constraints
import django.db.models.deletion
from django.db import migrations, models

# The trigger of migration 0002 gives way to `Unchanging`.
DROP = """
DROP TRIGGER modelops_snapshot_immutable ON modelops_labelsnapshot;
DROP FUNCTION modelops_refuse_snapshot_update();
"""
CREATE = """
CREATE FUNCTION modelops_refuse_snapshot_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a label snapshot is immutable; take a new one' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER modelops_snapshot_immutable BEFORE UPDATE ON modelops_labelsnapshot
    FOR EACH ROW EXECUTE FUNCTION modelops_refuse_snapshot_update();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('annotation', '0017_rows_agree'),
        ('modelops', '0004_training_problems'),
    ]

    operations = [
        migrations.RunSQL(DROP, CREATE),
        migrations.RemoveConstraint(
            model_name='prediction',
            name='prediction_sd_valid',
        ),
        migrations.AlterField(
            model_name='acquisitionround',
            name='model_version',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='acquisition_rounds', to='modelops.modelversion'),
        ),
        migrations.AlterField(
            model_name='modelversion',
            name='snapshot',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='model_versions', to='modelops.labelsnapshot'),
        ),
        migrations.AlterField(
            model_name='modelversion',
            name='training_run',
            field=models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='model_version', to='modelops.trainingrun'),
        ),
        migrations.AlterField(
            model_name='scoringrun',
            name='model_version',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='scoring_runs', to='modelops.modelversion'),
        ),
        migrations.AlterField(
            model_name='trainingrun',
            name='snapshot',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='training_runs', to='modelops.labelsnapshot'),
        ),
        migrations.AddConstraint(
            model_name='acquisitionround',
            constraint=models.CheckConstraint(condition=models.Q(('selected__lte', models.F('candidates'))), name='acquisition_selected_valid'),
        ),
        migrations.AddConstraint(
            model_name='labelsnapshot',
            constraint=models.CheckConstraint(condition=models.Q(('holdout_stimuli__lte', models.F('stimuli'))), name='snapshot_holdout_valid'),
        ),
        migrations.AddConstraint(
            model_name='labelsnapshot',
            constraint=annotation.models.constraints.Unchanging(deletable=True, forgets=(), name='snapshot_unchanging', what='a label snapshot'),
        ),
        migrations.AddConstraint(
            model_name='prediction',
            constraint=models.CheckConstraint(condition=models.Q(('mean__gt', float("-inf")), ('mean__lt', float("inf"))), name='prediction_mean_valid'),
        ),
        migrations.AddConstraint(
            model_name='prediction',
            constraint=models.CheckConstraint(condition=models.Q(('epistemic_sd__gte', 0), ('epistemic_sd__lt', float("inf")), ('aleatoric_sd__gte', 0), ('aleatoric_sd__lt', float("inf"))), name='prediction_sd_valid'),
        ),
        migrations.AddConstraint(
            model_name='labelsnapshot',
            constraint=models.UniqueConstraint(fields=('id', 'study'), name='snapshot_in_study'),
        ),
        migrations.AddConstraint(
            model_name='modelversion',
            constraint=models.UniqueConstraint(fields=('id', 'study'), name='model_version_in_study'),
        ),
        migrations.AddConstraint(
            model_name='trainingrun',
            constraint=models.UniqueConstraint(fields=('id', 'study'), name='training_run_in_study'),
        ),
        migrations.AddConstraint(
            model_name='acquisitionround',
            constraint=annotation.models.constraints.SharedForeignKey(field='model_version', name='acquisition_version_same_study', shared='study'),
        ),
        migrations.AddConstraint(
            model_name='modelversion',
            constraint=annotation.models.constraints.SharedForeignKey(field='snapshot', name='model_version_snapshot_same_study', shared='study'),
        ),
        migrations.AddConstraint(
            model_name='modelversion',
            constraint=annotation.models.constraints.SharedForeignKey(field='training_run', name='model_version_run_same_study', shared='study'),
        ),
        migrations.AddConstraint(
            model_name='scoringrun',
            constraint=annotation.models.constraints.SharedForeignKey(field='model_version', name='scoring_run_version_same_study', shared='study'),
        ),
        migrations.AddConstraint(
            model_name='trainingrun',
            constraint=annotation.models.constraints.SharedForeignKey(field='snapshot', name='training_run_snapshot_same_study', shared='study'),
        ),
    ]
