"""The matrix of an issue's variants: which letters it makes, who gets each, what each weighs and holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from wagtail import hooks

from composer.audiences import audience_choices, audience_name
from composer.issues import Issue
from composer.preflight.variants import CLIPPED
from dispatch.matrix import MatrixVariant, variant_matrix
from subscribers.rules import BadRule
from web.desk.audience import audience_options, chosen_audience
from web.desk.frame import desk_page, language_name
from web.desk.overview import visible_issue
from web.desk.permissions import may_see_issues, only

EVERYONE: dict[str, Any] = {"all": []}


@dataclass(frozen=True, slots=True)
class Column:
    """One variant. `share` is its size in hundredths of what Gmail shows of a letter, at most 100."""

    variant: MatrixVariant
    locale: str
    language: str
    audiences: tuple[str, ...]
    letters: int
    kilobytes: float
    share: int


@dataclass(frozen=True, slots=True)
class Row:
    """An item that not everyone sees, and whether each variant has it (None: not in that language)."""

    heading: str
    audience: str
    seen: tuple[bool | None, ...]


@require_safe
@only(may_see_issues)
def variants(request: HttpRequest, key: UUID) -> HttpResponse:
    """`?segment=…&without=…` is the audience; without one, everyone who takes the bulletin."""
    issue = visible_issue(key, request.user)
    chosen = chosen_audience(request.GET)
    context: dict[str, Any] = {"issue": issue, "options": audience_options(chosen), "chosen": chosen}
    try:
        found = variant_matrix(issue, chosen.rule if chosen else EVERYONE)
    except (LookupError, BadRule) as error:
        context["trouble"] = str(error)
    else:
        columns = _columns(found)
        context |= {
            "columns": columns,
            "rows": _rows(issue, found),
            "letters": sum(column.letters for column in columns),
            "clipped": CLIPPED // 1024,
            "largest": max((column.kilobytes for column in columns), default=0),
        }
    crumbs = [(_("Issues"), reverse("circular_issues")), (issue.title, reverse("circular_issue", args=[key]))]
    return desk_page(request, "web/desk/variants.html", context, title=_("Variants"), icon="group", crumbs=crumbs)


def _columns(found: list[MatrixVariant]) -> list[Column]:
    names = dict(audience_choices())
    return [
        Column(
            variant=variant,
            locale=variant.group.locale,
            language=language_name(variant.group.locale),
            audiences=tuple(str(names.get(slug, slug)) for slug in variant.group.segments),
            letters=0 if variant.group.empty else variant.group.size - variant.group.suppressed - variant.group.resting,
            kilobytes=round(variant.size / 1024, 1),
            share=min(100, round(100 * variant.size / CLIPPED)),
        )
        for variant in found
    ]


def _rows(issue: Issue, found: list[MatrixVariant]) -> list[Row]:
    """An item that stands in several editions is one row, with the heading of the first."""
    special: dict[str, tuple[str, str]] = {}
    present: dict[str, set[str]] = {}
    for locale, edition in issue.editions.items():
        for item in edition.content.items():
            if item.audience:
                special.setdefault(item.key, (item.heading or _("An item without a heading"), item.audience))
                present.setdefault(item.key, set()).add(locale)
    return [
        Row(
            heading,
            audience_name(audience),
            tuple(key in variant.items if variant.group.locale in present[key] else None for variant in found),
        )
        for key, (heading, audience) in special.items()
    ]


@hooks.register("register_admin_urls")
def variant_urls() -> list[URLPattern]:
    return [path("issues/<uuid:key>/variants/", variants, name="circular_issue_variants")]
