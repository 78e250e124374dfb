from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("subscribers", "0003_ledger")]

    operations = []
