"""What webhooks and the API keep: how a webhook fares, whom a call is about, replies by Idempotency-Key."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Now

EVENTS = [
    ("subscribed", "Subscribed"),
    ("unsubscribed", "Unsubscribed"),
    ("bounced", "Bounced"),
    ("complained", "Complained"),
    ("changed", "Changed"),
    ("erased", "Erased"),
    ("test", "Test call"),
]


class Migration(migrations.Migration):

    dependencies = [("subscribers", "0007_selfservice")]

    operations = [
        migrations.AddIndex(
            model_name="subscriber",
            index=models.Index(fields=["changed_at", "id"], name="subscriber_changed"),
        ),
        migrations.AddField(
            model_name="webhook",
            name="rotated_at",
            field=models.DateTimeField(
                editable=False, help_text="The secret before holds a day from then on", null=True
            ),
        ),
        migrations.AddField(
            model_name="webhook",
            name="failures",
            field=models.PositiveSmallIntegerField(
                default=0, editable=False, help_text="In a row, since the last success"
            ),
        ),
        migrations.AddField(
            model_name="webhook",
            name="failing_since",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="webhook",
            name="rests_until",
            field=models.DateTimeField(editable=False, help_text="No call is tried before", null=True),
        ),
        migrations.AlterField(
            model_name="webhookcall",
            name="event",
            field=models.CharField(choices=EVENTS, max_length=12),
        ),
        migrations.AddField(
            model_name="webhookcall",
            name="subscriber",
            field=models.ForeignKey(
                help_text="With whom it goes, if erased",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="subscribers.subscriber",
            ),
        ),
        migrations.AddField(
            model_name="webhookcall",
            name="tried_at",
            field=models.DateTimeField(help_text="The first attempt", null=True),
        ),
        migrations.RemoveIndex(model_name="webhookcall", name="webhook_call_due"),
        migrations.AddIndex(
            model_name="webhookcall",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False)),
                fields=["webhook", "due_at", "id"],
                name="webhook_call_due",
            ),
        ),
        migrations.CreateModel(
            name="ApiReply",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=200)),
                ("digest", models.CharField(help_text="SHA-256 of the request", max_length=64)),
                ("body", models.JSONField(null=True)),
                ("made_at", models.DateTimeField(db_default=Now())),
                (
                    "token",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="replies", to="subscribers.apitoken"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="apireply",
            constraint=models.UniqueConstraint(fields=("token", "key"), name="api_reply_once"),
        ),
        migrations.AddIndex(
            model_name="apireply",
            index=models.Index(fields=["made_at"], name="api_reply_made"),
        ),
    ]
