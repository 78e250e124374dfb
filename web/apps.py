from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "web"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from composer.audiences import set_audiences
        from subscribers.models import Segment

        set_audiences(
            lambda: Segment.objects.values_list("slug", "name"),
            rules=lambda slugs: dict(Segment.objects.filter(slug__in=slugs).values_list("slug", "rule")),
        )
