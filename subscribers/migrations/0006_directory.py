from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("subscribers", "0005_importing")]

    operations = []
