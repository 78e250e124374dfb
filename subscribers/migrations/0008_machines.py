from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("subscribers", "0007_selfservice")]

    operations = []
