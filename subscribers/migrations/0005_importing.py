from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("subscribers", "0004_segments")]

    operations = [
        migrations.AlterModelOptions(
            name="subscriber",
            options={
                "ordering": ["name", "email"],
                "permissions": [("export_subscriber", "Can export subscribers")],
                "verbose_name": "subscriber",
                "verbose_name_plural": "subscribers",
            },
        ),
        migrations.AddField(
            model_name="importrun",
            name="failures",
            field=models.PositiveSmallIntegerField(default=0, help_text="Attempts in a row that dealt with no row"),
        ),
    ]
