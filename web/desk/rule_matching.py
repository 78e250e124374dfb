"""Who matches a rule while somebody builds it: a count and some people, in the seconds that a person will wait."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from subscribers.counts import counted
from subscribers.models import Organisation, Subscriber
from subscribers.patience import TooSlow, patience
from subscribers.rules import BadRule
from subscribers.segments import matching, vocabulary
from web.desk.names import country_label
from web.desk.permissions import may_see_people
from web.desk.rule_form import LONGEST_TEXT, Problem, problems_of, read_json
from web.desk.rule_names import Rule

SAMPLE = 10  # people
PATIENCE = 6.0  # seconds of the database's time for a count with all that it needs
MOST_FOUND = 20  # organisations


@dataclass(frozen=True, slots=True)
class Matches:
    """How many of all subscribers a rule matches, and some of them: always the same ones, in no order of theirs.

    `sample` is None where finding people takes too long, or may not be seen.
    """

    count: int
    total: int
    sample: list[Subscriber] | None = field(default=None)

    @property
    def sentence(self) -> str:
        return count_in_words(self.count)

    @property
    def of(self) -> str:
        return _("of %s") % number_format(self.total, force_grouping=True)


def count_in_words(count: int) -> str:
    pattern = ngettext("%(count)s subscriber matches", "%(count)s subscribers match", count)
    return pattern % {"count": number_format(count, force_grouping=True)}


def matches_of(rule: Rule, *, with_sample: bool) -> Matches:
    """Who matches a sound rule now; TooSlow after a few seconds."""
    with patience(PATIENCE):
        people = matching(rule)
        count, total = counted(people), Subscriber.objects.count()
    sample = None
    if with_sample:
        try:
            with patience(PATIENCE / 2):
                sample = list(people.select_related("organisation").order_by("address_hash")[:SAMPLE])
        except TooSlow:
            sample = None
    return Matches(count, total, sample)


def _only_for_who_builds_segments(request: HttpRequest) -> None:
    """Who only sees segments could ask here, address by address, whether somebody is in the network."""
    if not any(request.user.has_perm(f"subscribers.{action}_segment") for action in ("add", "change")):
        raise PermissionDenied


@require_POST
def matching_now(request: HttpRequest) -> HttpResponse:
    """Who matches the posted `rule` (JSON) of the segment `of`, as JSON.

    `{count, total, sentence, of, html}`, or `{problems: [{path, text}], html}`, or `{slow: sentence, html}`. It reads
    only; POST because a rule may be long, and so that no rule stands in a log of addresses.
    """
    _only_for_who_builds_segments(request)
    try:
        rule = read_json(request.POST.get("rule", "")[:LONGEST_TEXT])
    except BadRule as error:
        return _problems(request, [Problem((), str(error))])
    if problems := problems_of(rule, vocabulary(), of=request.POST.get("of", "")):
        return _problems(request, problems)
    try:
        matches = matches_of(rule, with_sample=may_see_people(request.user))
    except TooSlow:
        html = render_to_string("web/desk/segment_matches.html", {"slow": too_slow()}, request)
        return JsonResponse({"slow": too_slow(), "html": html})
    html = render_to_string("web/desk/segment_matches.html", {"matches": matches}, request)
    known = {"count": matches.count, "total": matches.total, "sentence": matches.sentence, "of": matches.of}
    return JsonResponse({**known, "html": html})


def too_slow() -> str:
    return _(
        "This rule takes more than %d seconds to count, so it isn’t counted while you build it. "
        "It can be saved and used all the same."
    ) % int(PATIENCE)


def _problems(request: HttpRequest, problems: list[Problem]) -> JsonResponse:
    html = render_to_string("web/desk/segment_matches.html", {"problems": problems}, request)
    return JsonResponse({"problems": [{"path": each.path, "text": each.text} for each in problems], "html": html})


@require_safe
def organisations(request: HttpRequest) -> HttpResponse:
    """The first organisations whose names hold `?q=`, as JSON: `[{value, name, detail}]`."""
    _only_for_who_builds_segments(request)
    query = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    found = Organisation.objects.filter(name__icontains=query) if query else Organisation.objects.all()
    rows = [
        {
            "value": str(body.pk),
            "name": body.name,
            "detail": " · ".join(filter(None, (body.get_kind_display(), country_label(body.country)))),
        }
        for body in found.order_by("name", "pk")[:MOST_FOUND]
    ]
    return JsonResponse(rows, safe=False)
