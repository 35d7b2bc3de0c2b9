"""Rows agree with the rows they point to, numbers are numbers, the audit trail stays as it is."""

import annotation.models.constraints
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# What a trigger of `Unchanging` runs. Its arguments: what a row is called, then column, table and
# key of each foreign key that may become null. BEFORE refuses every other change; AFTER, at the end
# of the transaction, that a foreign key is null while what it pointed to is still there.
FORWARD = """
CREATE FUNCTION annotation_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before jsonb := to_jsonb(OLD);
    after jsonb;
    stays boolean;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        after := to_jsonb(NEW);
        FOR place IN 1 .. TG_NARGS - 1 BY 3 LOOP
            CONTINUE WHEN before ->> TG_ARGV[place] IS NULL OR after ->> TG_ARGV[place] IS NOT NULL;
            IF TG_WHEN = 'AFTER' THEN
                EXECUTE format(
                    'SELECT EXISTS (SELECT FROM %I WHERE %I = %L)',
                    TG_ARGV[place + 1], TG_ARGV[place + 2], before ->> TG_ARGV[place]
                ) INTO stays;
                CONTINUE WHEN stays;
            END IF;
            before := before - TG_ARGV[place];
            after := after - TG_ARGV[place];
        END LOOP;
        IF before = after THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% is immutable; write another one', TG_ARGV[0]
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
END $$;
"""
BACKWARD = "DROP FUNCTION annotation_refuse_change()"

STUDY_OF_TRIALS = """
UPDATE annotation_trial AS trial SET study_id = rater.study_id
FROM annotation_rater AS rater WHERE rater.id = trial.rater_id
"""


class Migration(migrations.Migration):

    dependencies = [
        ('annotation', '0016_translations'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.AddField(
            model_name='trial',
            name='study',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='annotation.study'),
        ),
        migrations.RunSQL(STUDY_OF_TRIALS, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='trial',
            name='study',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='annotation.study'),
        ),
        migrations.AlterField(
            model_name='stimulus',
            name='generator',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='stimuli', to='annotation.generator'),
        ),
        migrations.AlterField(
            model_name='stimulus',
            name='prompt',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='stimuli', to='annotation.prompt'),
        ),
        migrations.AlterField(
            model_name='trial',
            name='rater',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='trials', to='annotation.rater'),
        ),
        migrations.AlterField(
            model_name='trial',
            name='session',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='trials', to='annotation.ratingsession'),
        ),
        migrations.AlterField(
            model_name='trial',
            name='stimulus',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='trials', to='annotation.stimulus'),
        ),
        migrations.AddConstraint(
            model_name='auditentry',
            constraint=annotation.models.constraints.Unchanging(deletable=False, forgets=('study', 'actor'), name='audit_entry_unchanging', what='an audit entry'),
        ),
        migrations.AddConstraint(
            model_name='explanation',
            constraint=models.CheckConstraint(condition=models.Q(('revision__gte', 1)), name='explanation_revision_valid'),
        ),
        migrations.AddConstraint(
            model_name='importjob',
            constraint=models.CheckConstraint(condition=models.Q(('mos_scale__gt', 0), ('mos_scale__lt', float("inf"))), name='import_job_mos_scale_valid'),
        ),
        migrations.AddConstraint(
            model_name='publishedscore',
            constraint=models.CheckConstraint(condition=models.Q(('sd', None), models.Q(('sd__gte', 0), ('sd__lt', float("inf"))), _connector='OR'), name='published_score_sd_valid'),
        ),
        migrations.AddConstraint(
            model_name='publishedscore',
            constraint=models.CheckConstraint(condition=models.Q(('raters', None), ('raters__gte', 1), _connector='OR'), name='published_score_raters_valid'),
        ),
        migrations.AddConstraint(
            model_name='rating',
            constraint=models.CheckConstraint(condition=models.Q(('revision__gte', 1)), name='rating_revision_valid'),
        ),
        migrations.AddConstraint(
            model_name='sharedlink',
            constraint=models.CheckConstraint(condition=models.Q(('quota__gte', 1)), name='shared_link_quota_valid'),
        ),
        migrations.AddConstraint(
            model_name='stimulus',
            constraint=models.CheckConstraint(condition=models.Q(('priority__gt', float("-inf")), ('priority__lt', float("inf")), ('shuffle__gte', 0), ('shuffle__lt', 1)), name='stimulus_order_valid'),
        ),
        migrations.AddConstraint(
            model_name='study',
            constraint=models.CheckConstraint(condition=models.Q(('lease_seconds__gte', 10), ('session_trials__gte', 1)), name='study_session_valid'),
        ),
        migrations.AddConstraint(
            model_name='trial',
            constraint=models.CheckConstraint(condition=models.Q(('asked_up_to', None), models.Q(('asked_up_to__gte', 0), ('asked_up_to__lte', 1)), _connector='OR'), name='trial_asked_up_to_valid'),
        ),
        migrations.AddConstraint(
            model_name='trial',
            constraint=models.CheckConstraint(condition=models.Q(('scored__lte', 3)), name='trial_scored_valid'),
        ),
        migrations.AddConstraint(
            model_name='generator',
            constraint=models.UniqueConstraint(fields=('id', 'study'), name='generator_in_study'),
        ),
        migrations.AddConstraint(
            model_name='prompt',
            constraint=models.UniqueConstraint(fields=('id', 'study'), name='prompt_in_study'),
        ),
        migrations.AddConstraint(
            model_name='rater',
            constraint=models.UniqueConstraint(fields=('id', 'study'), name='rater_in_study'),
        ),
        migrations.AddConstraint(
            model_name='ratingsession',
            constraint=models.UniqueConstraint(fields=('id', 'rater'), name='session_of_rater'),
        ),
        migrations.AddConstraint(
            model_name='stimulus',
            constraint=models.UniqueConstraint(fields=('id', 'study'), name='stimulus_in_study'),
        ),
        migrations.AddConstraint(
            model_name='stimulus',
            constraint=annotation.models.constraints.SharedForeignKey(field='prompt', name='stimulus_prompt_same_study', shared='study'),
        ),
        migrations.AddConstraint(
            model_name='stimulus',
            constraint=annotation.models.constraints.SharedForeignKey(field='generator', name='stimulus_generator_same_study', shared='study'),
        ),
        migrations.AddConstraint(
            model_name='trial',
            constraint=annotation.models.constraints.SharedForeignKey(field='session', name='trial_session_same_rater', shared='rater'),
        ),
        migrations.AddConstraint(
            model_name='trial',
            constraint=annotation.models.constraints.SharedForeignKey(field='rater', name='trial_rater_same_study', shared='study'),
        ),
        migrations.AddConstraint(
            model_name='trial',
            constraint=annotation.models.constraints.SharedForeignKey(field='stimulus', name='trial_stimulus_same_study', shared='study'),
        ),
    ]
