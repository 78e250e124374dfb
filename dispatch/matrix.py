"""Which letters an issue makes as it stands: its variants, how many people get each, and what each weighs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache

from composer.content import EditionContent
from composer.issues import Issue
from composer.preflight.variants import CLIPPED, html_bytes
from composer.rendering.edition import render_edition
from composer.rendering.errors import RenderingError
from dispatch.frozen import Frozen, Group, frozen_of, groups, takers

_KEPT = 3600  # seconds


@dataclass(frozen=True, slots=True)
class MatrixVariant:
    """One column: a group of readers, and their letter. `size` is that of its HTML, in octets.

    `items` are the keys of what they see. `trouble` says why the letter can't be made; `size` is 0 then.
    """

    group: Group
    items: frozenset[str]
    size: int
    trouble: str = ""

    @property
    def clipped(self) -> bool:
        return self.size > CLIPPED


def variant_matrix(issue: Issue, rule: dict[str, Any]) -> list[MatrixVariant]:
    """The variants of the latest revisions for the people whom `rule` matches, the largest first.

    Who has the issue already is counted too: the matrix is about the letters, not about one sending. Nothing needs
    to be approved for it. LookupError if the issue names a segment that is gone, BadRule for a rule that holds no
    more.
    """
    frozen = frozen_of(issue)
    return [_variant(frozen, group) for group in groups(frozen, takers(frozen, rule))]


def _variant(frozen: Frozen, group: Group) -> MatrixVariant:
    content = frozen.contents[group.locale].seen_by(frozenset(group.segments))
    keys = frozenset(item.key for item in content.items())
    if group.empty:
        return MatrixVariant(group, keys, 0)
    try:
        return MatrixVariant(group, keys, html_size(content))
    except RenderingError as error:
        return MatrixVariant(group, keys, 0, str(error))


def html_size(content: EditionContent) -> int:
    """Octets of the HTML of a letter in UTF-8, its tokens filled in; kept while an editor looks at the issue."""
    name = hashlib.sha256(f"{content.digest()} {settings.BASE_URL}".encode()).hexdigest()
    size: int | None = cache.get(f"html-size:{name}")
    if size is None:
        rendered = render_edition(content, base_url=settings.BASE_URL, tracked=True)
        size = html_bytes(rendered.html)
        cache.set(f"html-size:{name}", size, _KEPT)
    return size
