"""Indexes of the desk's lists, and away with those that serve nothing and cost every import.

PostgreSQL has a second index, for LIKE, of each unique text that Django makes; nobody looks for the beginning of an
address or another system's number that way. Of numbers, only those that there are stand in an index; addresses' hashes
lead from a person to the list of suppressed addresses, whose index it is.
"""

import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models

_LIKE = {
    "subscribers_subscriber_email_c29422d4_like": "email",
    "subscribers_subscriber_external_id_6c5b4b08_like": "external_id",
}
_DROP = "\n".join(f"DROP INDEX IF EXISTS {name};" for name in _LIKE)
_MAKE = "\n".join(
    f"CREATE INDEX {name} ON subscribers_subscriber ({column} varchar_pattern_ops);" for name, column in _LIKE.items()
)


class Migration(migrations.Migration):
    dependencies = [("subscribers", "0005_importing")]

    operations = [
        migrations.RunSQL(_DROP, _MAKE),
        migrations.AlterField(
            model_name="subscriber",
            name="address_hash",
            field=models.CharField(editable=False, max_length=64),
        ),
        migrations.AlterField(
            model_name="subscriber",
            name="external_id",
            field=models.CharField(
                blank=True,
                help_text="What the person is called in the system that they are kept in step with.",
                max_length=100,
                null=True,
                verbose_name="number elsewhere",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscriber",
            constraint=models.UniqueConstraint(
                condition=models.Q(("external_id__isnull", False)),
                fields=["external_id"],
                name="subscriber_number_once",
                violation_error_message="Somebody else has this number.",
            ),
        ),
        migrations.AddIndex(
            model_name="subscriber",
            index=models.Index(
                django.db.models.functions.text.Lower("name"),
                "id",
                include=["name", "email", "country", "language", "organisation"],
                name="subscriber_list",
            ),
        ),
        migrations.AddIndex(
            model_name="subscriber",
            index=models.Index(
                fields=["country", "id"], include=["language", "created_at", "organisation"], name="subscriber_country"
            ),
        ),
        migrations.AddIndex(
            model_name="subscriber",
            index=models.Index(fields=["language", "id"], name="subscriber_language"),
        ),
        migrations.AlterField(
            model_name="subscriber",
            name="organisation",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="subscribers",
                to="subscribers.organisation",
                verbose_name="organisation",
            ),
        ),
        migrations.AddIndex(
            model_name="subscriber",
            index=models.Index(fields=["organisation", "id"], name="subscriber_organisation"),
        ),
    ]
