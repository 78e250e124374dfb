from django.apps import AppConfig


class CircularConfig(AppConfig):
    """The assembly: whoever rings the workers does it through the product's own Celery application."""

    name = "config"
    label = "circular"

    def ready(self) -> None:
        import config.celery  # noqa: F401 - becomes the current application
