"""Indexes that answer for segments by themselves, and away with those that the beginning of another one has anyway."""

import django.db.models.deletion
from django.db import migrations, models


def of_subscriber(related_name: str) -> models.ForeignKey:
    return models.ForeignKey(
        on_delete=django.db.models.deletion.CASCADE,
        related_name=related_name,
        to="subscribers.subscriber",
        db_index=False,
    )


class Migration(migrations.Migration):
    dependencies = [("subscribers", "0003_ledger")]

    operations = [
        migrations.RemoveIndex(model_name="affiliation", name="subscribers_role_612727_idx"),
        migrations.AddIndex(
            model_name="affiliation",
            index=models.Index(
                fields=["role", "programme", "country", "subscriber"],
                include=["organisation", "since", "until"],
                name="affiliation_held",
            ),
        ),
        migrations.RemoveIndex(model_name="subscription", name="subscribers_bulleti_322287_idx"),
        migrations.AddIndex(
            model_name="subscription",
            index=models.Index(fields=["bulletin_key", "state", "subscriber"], name="subscription_of_bulletin"),
        ),
        migrations.AlterField("affiliation", "subscriber", of_subscriber("affiliations")),
        migrations.AlterField("subscription", "subscriber", of_subscriber("subscriptions")),
        migrations.AlterField("interest", "subscriber", of_subscriber("interests")),
        migrations.AlterField(
            "interest",
            "topic",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="interests",
                to="subscribers.topic",
                db_index=False,
            ),
        ),
        migrations.AddIndex(
            model_name="interest",
            index=models.Index(fields=["topic", "subscriber"], name="interest_in_topic"),
        ),
    ]
