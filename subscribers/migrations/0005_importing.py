from django.db import migrations


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
    ]
