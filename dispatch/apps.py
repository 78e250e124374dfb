from django.apps import AppConfig


class DispatchConfig(AppConfig):
    name = "dispatch"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from dispatch.engagement import engagement_formulas
        from dispatch.forgetting import forget_in_dispatches
        from subscribers.engagement import set_engagement
        from subscribers.erasure import on_erasure

        set_engagement(engagement_formulas)
        on_erasure(forget_in_dispatches)
