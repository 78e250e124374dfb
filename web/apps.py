from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class WebConfig(AppConfig):
    name = "web"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from composer.audiences import set_audiences
        from subscribers.erasure import on_erasure
        from subscribers.models import Segment
        from subscribers.segments import rules_of
        from web.desk.role_groups import keep_roles
        from web.selfservice.erase import forget_in_audit

        # Of an app with models: Django says nothing for one without.
        post_migrate.connect(keep_roles, sender=apps.get_app_config("dispatch"))

        set_audiences(
            lambda: Segment.objects.values_list("slug", "name"),
            rules=rules_of,
        )
        on_erasure(forget_in_audit)
