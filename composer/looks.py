"""The themes that a bulletin's page offers."""

from __future__ import annotations

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from composer.rendering.themes import broken_themes, themes


def theme_choices() -> list[tuple[str, str]]:
    """(slug, name) of every theme, the first one as the empty choice; a broken one says so and stays choosable.

    Nothing is sent with a broken theme, but a bulletin that has one can still be edited.
    """
    language = get_language() or "en"
    named = [(slug, theme.name(language)) for slug, theme in themes().items()]
    whole = [("", named[0][1]), *named[1:]] if named else []
    return whole + [(slug, _("%s (broken: no letter can be made with it)") % slug) for slug in broken_themes()]
