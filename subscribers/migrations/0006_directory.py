"""Indexes of the desk's lists, and away with those that serve nothing and cost every import.

PostgreSQL has a second index, for LIKE, of each unique text that Django makes; nobody looks for the beginning of an
address, a hash or another system's number that way.
"""

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
        migrations.AddIndex(
            model_name="subscriber",
            index=models.Index(fields=["address_hash"], name="subscriber_address_hash"),
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
            index=models.Index(fields=["country", "id"], name="subscriber_country"),
        ),
        migrations.AddIndex(
            model_name="subscriber",
            index=models.Index(fields=["language", "id"], name="subscriber_language"),
        ),
    ]
