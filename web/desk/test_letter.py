"""Sending a test letter: of the latest revisions, as one reader would see it, to addresses that somebody types."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods
from wagtail import hooks
from wagtail.log_actions import LogFormatter, log
from wagtail.models import PageLogEntry

from composer.issues import Issue
from composer.models import BulletinPage
from composer.rendering.edition import Rendered, render_edition
from composer.rendering.errors import RenderingError
from dispatch.classify import Outcome
from dispatch.dkim import Signer
from dispatch.signing_keys import SigningKeyUnreadable, signers_for
from dispatch.transports.choice import make_transport
from dispatch.trial import MOST_ADDRESSES, PATIENCE, Trial, Tried, send_trial
from subscribers.addresses import BadAddress, address_hash, normalised_address
from subscribers.models import Suppression
from web.desk.frame import desk_page, language_name
from web.desk.overview import visible_issue
from web.desk.permissions import may_see_issues, only
from web.desk.personas import ANYBODY, Look, NoSuchReaderError, archetypes, look, reader_label
from web.desk.preview import setting_of

ACTION = "circular.test_letter"
AN_HOUR = 20  # letters that one user may send as tests in an hour
AUTOMATIC = ""


class RefusedTestError(Exception):
    """No test letter was sent; the message is a sentence for a person."""


class TrialForm(forms.Form):
    """To whom, in which language, as which reader."""

    addresses = forms.CharField(
        label=gettext_lazy("To"),
        help_text=gettext_lazy("Up to five addresses, with commas or line breaks between them."),
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "email", "spellcheck": "false"}),
        max_length=2000,
    )
    locale = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    reader = forms.ChoiceField(label=gettext_lazy("As seen by"), required=False)

    def __init__(self, issue: Issue, user: Any, data: Any = None, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.fields["locale"].choices = [  # type: ignore[attr-defined]
            (AUTOMATIC, _("The reader's language")),
            *((code, language_name(code)) for code in issue.editions),
        ]
        offered = archetypes(issue.contents().values())
        chosen = (data or initial or {}).get("reader", "")
        if chosen not in dict(offered) and (label := reader_label(chosen, user)):
            offered.append((chosen, label))
        self.fields["reader"].choices = offered  # type: ignore[attr-defined]

    def clean_addresses(self) -> list[str]:
        parts = self.cleaned_data["addresses"].replace(",", "\n").replace(";", "\n").splitlines()
        written = list(dict.fromkeys(part.strip() for part in parts if part.strip()))
        if len(written) > MOST_ADDRESSES:
            raise forms.ValidationError(_("Five addresses are the most; these are %d.") % len(written))
        return list(dict.fromkeys(_checked(each) for each in written))


def _checked(written: str) -> str:
    try:
        address = normalised_address(written)
    except BadAddress as error:
        raise forms.ValidationError(
            _("“%(address)s” is no address: %(why)s") % {"address": written[:100], "why": error}
        ) from error
    if Suppression.objects.filter(address_hash=address_hash(address)).exists():
        raise forms.ValidationError(
            _("“%s” is suppressed: nothing is ever sent to it. Take another address, or look at Suppressions.")
            % address
        )
    return address


def may_edit(issue: Issue, user: Any) -> bool:
    """Whether `user` may edit an edition of the issue: then they may send tests of it."""
    return any(edition.page.permissions_for_user(user).can_edit() for edition in issue.editions.values())


@dataclass(frozen=True, slots=True)
class Result:
    """One address and what came of it, in words."""

    address: str
    sent: bool
    words: str


@require_http_methods(["GET", "HEAD", "POST"])
@only(may_see_issues)
def trial(request: HttpRequest, key: UUID) -> HttpResponse:
    """GET shows the form, filled by the query; POST sends, and says what the mail server said of each address."""
    issue = visible_issue(key, request.user)
    if not may_edit(issue, request.user):
        raise PermissionDenied
    if request.method != "POST":
        initial = {
            "addresses": getattr(request.user, "email", ""),
            "locale": request.GET.get("locale", ""),
            "reader": request.GET.get("reader", ANYBODY),
        }
        return _page(request, issue, TrialForm(issue, request.user, initial=initial))
    form = TrialForm(issue, request.user, request.POST)
    if not form.is_valid():
        return _page(request, issue, form, status=422)
    try:
        results = _send(issue, form.cleaned_data, request.user)
    except RefusedTestError as error:
        return _page(request, issue, form, refused=str(error), status=409)
    return _page(request, issue, form, results=results)


def _page(
    request: HttpRequest,
    issue: Issue,
    form: TrialForm,
    *,
    results: list[Result] | None = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {"issue": issue, "form": form, "results": results, "refused": refused, "most": AN_HOUR}
    crumbs = [
        (_("Issues"), reverse("circular_issues")),
        (issue.title, reverse("circular_issue", args=[issue.key])),
    ]
    title = _("Send a test letter")
    template = "web/desk/preview/test_letter.html"
    return desk_page(request, template, context, title=title, icon="mail", crumbs=crumbs, status=status)


def _send(issue: Issue, asked: dict[str, Any], user: Any) -> list[Result]:
    """Render, count, log, send; RefusedTestError where nothing was sent."""
    setting = setting_of(issue)
    try:
        seen = look(setting, asked["reader"], wanted=asked["locale"], user=user)
    except NoSuchReaderError as error:
        raise RefusedTestError(str(error)) from error
    rendered = _rendered(seen)
    edition = issue.editions[seen.locale]
    if not edition.page.permissions_for_user(user).can_edit():
        raise RefusedTestError(_("You may not edit the edition in %s.") % language_name(seen.locale))
    bulletin: BulletinPage = edition.page.bulletin
    says = Trial(
        title=seen.content.title,
        asked_by=user.get_full_name() or user.get_username(),
        sender_name=bulletin.sender_name,
        sender_address=bulletin.sender_address,
        reply_to=bulletin.reply_to,
        signers=_signers(bulletin),
    )
    _count(user, edition.page, len(asked["addresses"]))
    transport = make_transport(patience=PATIENCE)
    try:
        tried = send_trial(rendered, says, addresses=asked["addresses"], transport=transport, now=timezone.now())
    finally:
        transport.close()
    return [_result(each) for each in tried]


def _signers(bulletin: BulletinPage) -> tuple[Signer, ...]:
    try:
        return signers_for(bulletin.sender_address.rpartition("@")[2])
    except SigningKeyUnreadable as error:
        raise RefusedTestError(str(error)) from error


def _rendered(seen: Look) -> Rendered:
    if not seen.content.sections:
        raise RefusedTestError(_("There is no letter to send: no item of this edition is meant for this reader."))
    try:
        return render_edition(seen.content, base_url=settings.BASE_URL, tracked=False, values=seen.values)
    except RenderingError as error:
        raise RefusedTestError(_("The letter can't be made yet: %s") % error) from error


def _count(user: Any, page: Any, letters: int) -> None:
    """Log that these letters are sent, unless that makes more than a user may send in an hour.

    The user's row is held meanwhile, so that two requests at once are counted one after the other.
    """
    with transaction.atomic():
        get_user_model().objects.select_for_update().get(pk=user.pk)
        since = timezone.now() - timedelta(hours=1)
        entries = PageLogEntry.objects.filter(action=ACTION, user=user, timestamp__gte=since)
        before = sum(int(entry.data.get("letters", 0)) for entry in entries)
        if before + letters > AN_HOUR:
            raise RefusedTestError(
                _("%(most)d test letters in an hour are the most, and you sent %(sent)d. Try again later.")
                % {"most": AN_HOUR, "sent": before}
            )
        log(instance=page, action=ACTION, user=user, data={"letters": letters})


def _result(tried: Tried) -> Result:
    said = {"said": tried.said or _("nothing")}
    match tried.outcome:
        case Outcome.ACCEPTED:
            return Result(tried.address, True, _("The mail server took it."))
        case Outcome.UNKNOWN:
            words = _("The mail server fell silent after the text: it may or may not arrive (%(said)s).")
        case _ if tried.lost:
            words = _("The mail server couldn't be reached: %(said)s. Ask whoever runs Circular.")
        case Outcome.DEFERRED | Outcome.RELEASED:
            words = _("The mail server doesn't take it now: %(said)s. Try again later.")
        case _:
            words = _("The mail server refused it: %(said)s")
    return Result(tried.address, False, words % said)


@hooks.register("register_log_actions")
def trial_log_action(actions: Any) -> None:
    @actions.register_action(ACTION)
    class TrialFormatter(LogFormatter):
        label = gettext_lazy("Send a test letter")

        def format_message(self, log_entry: Any) -> str:
            letters = int(log_entry.data.get("letters", 0))
            return ngettext("Sent %d test letter", "Sent %d test letters", letters) % letters


@hooks.register("register_admin_urls")
def trial_urls() -> list[URLPattern]:
    return [path("issues/<uuid:key>/test/", trial, name="circular_issue_test")]
