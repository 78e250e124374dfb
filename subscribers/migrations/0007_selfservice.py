import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("subscribers", "0006_directory")]

    operations = [
        migrations.CreateModel(
            name="Wish",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("subscribe", "To subscribe"),
                            ("preferences", "To see the preferences"),
                            ("export", "To see what is held"),
                            ("erase", "To be erased"),
                        ],
                        max_length=12,
                    ),
                ),
                ("email", models.EmailField(help_text="In its normal form", max_length=320)),
                ("bulletin_key", models.UUIDField(null=True)),
                ("language", models.CharField(help_text="That the page spoke", max_length=12)),
                ("details", models.JSONField(default=dict, help_text="What was chosen: the fields of an OptIn")),
                ("source", models.CharField(max_length=200)),
                ("address", models.GenericIPAddressField(null=True)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(fields=["subscriber", "made_at"], name="notice_by_person"),
        ),
    ]
