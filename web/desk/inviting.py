"""Asking somebody outside to look at an issue: the form, the mail with the link, and taking the link back."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from email.utils import formataddr
from smtplib import SMTPException
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from wagtail import hooks
from wagtail.admin import messages

from composer.approval import NotApproved
from composer.asking import name_of
from composer.issues import Issue
from composer.models import ONE_LINE, Invitation
from composer.review import DAYS, MOST_DAYS, invite, make_token, withdraw
from web.desk.approving import may_edit_some
from web.desk.overview import visible_issue
from web.desk.permissions import may_approve, may_see_issues, only

logger = logging.getLogger(__name__)

SHOW_ONCE = "circular_invitation"  # in the session: the invitation whose link the next page shows


class InvitationForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120, validators=[ONE_LINE])
    email = forms.EmailField(label=gettext_lazy("Address"), required=False, max_length=254)
    days = forms.IntegerField(label=gettext_lazy("Days"), min_value=1, max_value=MOST_DAYS, initial=DAYS)


@dataclass(frozen=True, slots=True)
class InvitationLine:
    """One invitation on the issue's page. `state`: open, answered, withdrawn, ended or outdated (the issue changed)."""

    invitation: Invitation
    state: str
    by: str


def invitation_lines(issue: Issue, digest: str) -> list[InvitationLine]:
    found = Invitation.objects.filter(issue_key=issue.key).select_related("invited_by").prefetch_related("reviews")
    return [InvitationLine(each, _state(each, digest), name_of(each.invited_by)) for each in found]


def link_to_show(request: HttpRequest, issue: Issue) -> tuple[Invitation, str] | None:
    """The invitation that was just made, with its link: shown on one page, to who made it."""
    number = request.session.pop(SHOW_ONCE, None)
    invitation = Invitation.objects.filter(pk=number, issue_key=issue.key).first() if number else None
    return (invitation, link_of(invitation)) if invitation else None


def link_of(invitation: Invitation) -> str:
    return settings.BASE_URL + reverse("review", args=[make_token(invitation)])


@require_POST
@only(may_see_issues)
def invite_somebody(request: HttpRequest, key: UUID) -> HttpResponse:
    """Make an invitation to the content with the digest that the page showed, and mail its link."""
    found = _of_whom_works_on_it(key, request.user)
    form = InvitationForm(request.POST)
    if not form.is_valid():
        for field, errors in form.errors.items():
            messages.error(request, f"{form.fields[field].label}: {' '.join(str(error) for error in errors)}")
        return redirect("circular_issue", key)
    try:
        invitation = invite(
            key, digest=request.POST.get("digest", ""), **form.cleaned_data, user=request.user, now=timezone.now()
        )
    except NotApproved as error:
        messages.error(request, str(error))
        return redirect("circular_issue", key)
    request.session[SHOW_ONCE] = invitation.pk
    if not invitation.email:
        messages.success(request, _("The link for %s is below. Copy it now: it is shown once.") % invitation.name)
    elif mail_invitation(invitation, found):
        messages.success(request, _("%s was sent the link by mail.") % invitation.name)
    else:
        messages.warning(request, _("The mail didn't leave. Copy the link below, and send it yourself."))
    return redirect("circular_issue", key)


@require_POST
@only(may_see_issues)
def withdraw_invitation(request: HttpRequest, key: UUID, number: int) -> HttpResponse:
    _of_whom_works_on_it(key, request.user)
    if withdraw(number, key=key, user=request.user, now=timezone.now()):
        messages.success(request, _("The link doesn't work any more."))
    return redirect("circular_issue", key)


def _of_whom_works_on_it(key: UUID, user: Any) -> Issue:
    """The issue, for those who edit or approve it; PermissionDenied for who only sees it."""
    found = visible_issue(key, user)
    if not may_edit_some(found, user) and not may_approve(user):
        raise PermissionDenied
    return found


def mail_invitation(invitation: Invitation, issue: Issue) -> bool:
    """Send the guest their link, in the language of the desk's user; False if the server didn't take it."""
    host = invitation.invited_by
    context = {
        "invitation": invitation,
        "host": name_of(host),
        "bulletin": issue.bulletin.title,
        "title": issue.title,
        "link": link_of(invitation),
    }
    message = EmailMessage(
        subject=_("Please look at “%s” before it is sent") % " ".join(issue.title.split()),
        body=render_to_string("web/review_mail.txt", context),
        from_email=formataddr((issue.bulletin.sender_name, issue.bulletin.sender_address)),
        to=[formataddr((invitation.name, invitation.email))],
        reply_to=[host.email] if host is not None and host.email else None,
    )
    try:
        return bool(message.send())
    except (OSError, SMTPException) as error:
        logger.warning("invitation %s: the mail didn't leave: %s", invitation.pk, type(error).__name__)
        return False


def _state(invitation: Invitation, digest: str) -> str:
    if invitation.withdrawn_at:
        return "withdrawn"
    if any(review.verdict == review.Verdict.APPROVE for review in invitation.reviews.all()):
        return "answered"
    if invitation.expires_at <= timezone.now():
        return "ended"
    return "open" if invitation.digest == digest else "outdated"


@hooks.register("register_admin_urls")
def inviting_urls() -> list[URLPattern]:
    return [
        path("issues/<uuid:key>/invite/", invite_somebody, name="circular_issue_invite"),
        path(
            "issues/<uuid:key>/invitations/<int:number>/withdraw/", withdraw_invitation, name="circular_invitation_end"
        ),
    ]
