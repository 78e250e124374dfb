from pathlib import Path

from django.apps import AppConfig

from config import env


class CircularConfig(AppConfig):
    """The assembly: whoever rings the workers does it through the product's own Celery application.

    Letters find an organisation's own themes beside ours.
    """

    name = "config"
    label = "circular"

    def ready(self) -> None:
        import config.celery  # noqa: F401 - becomes the current application
        from composer.rendering.themes import set_theme_folders

        if own := env.text("CIRCULAR_THEMES"):
            set_theme_folders(Path(own))
