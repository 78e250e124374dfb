"""The consent ledger is append-only: PostgreSQL itself refuses to change it, and to delete but for an erasure."""

from django.db import migrations

MAKE = """
CREATE FUNCTION subscribers_ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('circular.erasing', true) = 'yes' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'The consent ledger is append-only: entries are added, never changed.'
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE FUNCTION subscribers_ledger_is_not_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('circular.emptying', true) = 'yes' THEN  -- the tests' own database, between two tests
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'The consent ledger is append-only: it is never emptied.' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER ledger_is_not_emptied BEFORE TRUNCATE ON subscribers_consent
    FOR EACH STATEMENT EXECUTE FUNCTION subscribers_ledger_is_not_emptied();
CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE ON subscribers_consent
    FOR EACH ROW EXECUTE FUNCTION subscribers_ledger_is_append_only();
"""

UNDO = """
DROP TRIGGER ledger_is_not_emptied ON subscribers_consent;
DROP FUNCTION subscribers_ledger_is_not_emptied();
DROP TRIGGER ledger_is_append_only ON subscribers_consent;
DROP FUNCTION subscribers_ledger_is_append_only();
"""


class Migration(migrations.Migration):

    dependencies = [("subscribers", "0002_network")]

    operations = [migrations.RunSQL(MAKE, UNDO)]
