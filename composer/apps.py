from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ComposerConfig(AppConfig):
    name = "composer"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from composer.site import ensure_site

        post_migrate.connect(ensure_site, sender=self)
