"""A label snapshot never changes: PostgreSQL itself refuses an UPDATE."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION modelops_refuse_snapshot_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a label snapshot is immutable; take a new one' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER modelops_snapshot_immutable BEFORE UPDATE ON modelops_labelsnapshot
    FOR EACH ROW EXECUTE FUNCTION modelops_refuse_snapshot_update();
"""
BACKWARD = """
DROP TRIGGER modelops_snapshot_immutable ON modelops_labelsnapshot;
DROP FUNCTION modelops_refuse_snapshot_update();
"""


class Migration(migrations.Migration):
    dependencies = [("modelops", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
