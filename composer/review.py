"""Somebody outside looks at an issue: invitations, their links, and what the guests say.

A link is a number and a MAC (Django's signing). Whether it still works is in the invitation's row, so that it can be
withdrawn at once; an unusable link is unusable in one way, whatever is wrong with it.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.utils.translation import gettext as _
from wagtail.log_actions import log
from wagtail.models import Revision

from composer.approval import NotApproved, approve_issue
from composer.audiences import audience_name
from composer.content import EXCEPT, EditionContent
from composer.extract import extract
from composer.issues import Issue, issue_of
from composer.models import Approval, EditionPage, Invitation, Review
from composer.workflow import APPROVE

DAYS = 14
MOST_DAYS = 90
PER_HOUR = 20  # answers to one invitation
_PURPOSE = "circular.review"


class Answer(StrEnum):
    """What became of a guest's word."""

    APPROVED = "approved"
    RECORDED = "recorded"  # kept for the desk; of a yes: somebody there has to confirm it
    CHANGED = "changed"  # the issue isn't what they were shown: nothing was kept
    EMPTY = "empty"
    TOO_MANY = "too-many"


def make_token(invitation: Invitation) -> str:
    return Signer(sep=".", salt=_PURPOSE).sign(str(invitation.pk))


def read_token(token: str, now: datetime) -> Invitation | None:
    """The invitation of a link, if it holds: not forged, not withdrawn, not out of date."""
    try:
        number = Signer(sep=".", salt=_PURPOSE).unsign(token)
    except BadSignature:
        return None
    found = Invitation.objects.filter(pk=number, withdrawn_at=None, expires_at__gt=now)
    return found.select_related("invited_by").first()


@transaction.atomic
def invite(key: UUID, *, digest: str, name: str, email: str, days: int, user: Any, now: datetime) -> Invitation:
    """Ask somebody to look at the issue as it is; NotApproved if it isn't what `user` was shown any more."""
    issue = issue_of(key)
    if issue.digest() != digest:
        raise NotApproved(_("The issue was changed after you opened this page. Look at it again, then invite."))
    invitation = Invitation.objects.create(
        issue_key=key,
        digest=digest,
        revisions={
            locale: edition.revision_id or edition.page.save_revision(user=user).pk
            for locale, edition in issue.editions.items()
        },
        name=name,
        email=email,
        invited_by=user,
        expires_at=now + timedelta(days=min(max(days, 1), MOST_DAYS)),
    )
    _log(issue, "circular.invite", user, invitation)
    return invitation


@transaction.atomic
def withdraw(invitation_id: int, *, key: UUID, user: Any, now: datetime) -> bool:
    """End an invitation of this issue at once; False if it had ended so before."""
    found = Invitation.objects.filter(pk=invitation_id, issue_key=key, withdrawn_at=None)
    if not found.update(withdrawn_at=now):
        return False
    _log(issue_of(key), "circular.withdraw", user, Invitation.objects.get(pk=invitation_id))
    return True


@transaction.atomic
def answer(invitation_id: int, *, verdict: str, text: str, now: datetime) -> Answer | None:
    """Keep what the guest says; None if the invitation has ended meanwhile. The same word twice is kept once.

    A yes is an approval if who invited them may approve the issue themselves: nobody can pass on more than they have.
    Else it is a word for the desk. It is only about what the guest was shown.
    """
    invitation = Invitation.objects.select_for_update().filter(pk=invitation_id).first()
    if invitation is None or invitation.withdrawn_at or invitation.expires_at <= now:
        return None
    text = text.replace("\x00", "").strip()[:5000]
    if (said := _said_before(invitation, verdict, text)) is not None:
        return said
    if invitation.reviews.filter(said_at__gt=now - timedelta(hours=1)).count() >= PER_HOUR:
        return Answer.TOO_MANY
    if verdict == Review.Verdict.APPROVE:
        return _approve(invitation, text)
    if not text:
        return Answer.EMPTY
    _keep(invitation, Review.Verdict.COMMENT, text)
    return Answer.RECORDED


def shown_contents(invitation: Invitation) -> dict[str, EditionContent]:
    """The editions that the guest is shown: those revisions and no others; without those that are gone."""
    issue = issue_of(invitation.issue_key)
    contents = {}
    for locale, edition in issue.editions.items():
        revision = Revision.objects.filter(pk=invitation.revisions.get(locale)).first()
        if revision is not None:
            page: EditionPage = revision.as_object()
            contents[locale] = extract(page, bulletin=edition.page.bulletin)
    return contents


def with_audiences_named(content: EditionContent) -> EditionContent:
    """All items of an edition, each that isn't for everyone with its readers as the first of its labels."""
    sections = tuple(
        dataclasses.replace(
            section,
            items=tuple(
                dataclasses.replace(item, topics=(_readers(item.audience), *item.topics)) if item.audience else item
                for item in section.items
            ),
        )
        for section in content.sections
    )
    return dataclasses.replace(content, sections=sections)


def _readers(audience: str) -> str:
    if audience.startswith(EXCEPT):
        return _("For %s") % audience_name(audience)
    return _("Only for %s") % audience_name(audience)


def _approve(invitation: Invitation, text: str) -> Answer:
    if issue_of(invitation.issue_key).digest() != invitation.digest:
        return Answer.CHANGED
    host = invitation.invited_by
    if host is not None and host.is_active and host.has_perm(APPROVE):
        try:
            approve_issue(
                invitation.issue_key, digest=invitation.digest, user=host, comment=text, invitation=invitation
            )
        except NotApproved:
            pass  # four eyes: the host edited it last and can't approve it, so their guest's yes is kept as a word
        else:
            return Answer.APPROVED
    _keep(invitation, Review.Verdict.APPROVE, text)
    return Answer.RECORDED


def _said_before(invitation: Invitation, verdict: str, text: str) -> Answer | None:
    """What the same word was answered with; a second yes is the same whatever is written beside it."""
    if verdict == Review.Verdict.APPROVE:
        review = invitation.reviews.filter(verdict=Review.Verdict.APPROVE).first()
        return _answered(review) if review else None
    again = text and invitation.reviews.filter(verdict=Review.Verdict.COMMENT, text=text).exists()
    return Answer.RECORDED if again else None


def _answered(review: Review) -> Answer:
    return Answer.APPROVED if counts(review) else Answer.RECORDED


def counts(review: Review) -> bool:
    """Whether a guest's yes is an approval, not only a word for the desk."""
    approvals = Approval.objects.filter(issue_key=review.issue_key, digest=review.digest)
    return approvals.filter(outside=review.name).exists()


def _keep(invitation: Invitation, verdict: str, text: str) -> None:
    Review.objects.create(
        issue_key=invitation.issue_key,
        digest=invitation.digest,
        verdict=verdict,
        text=text,
        name=invitation.name,
        invitation=invitation,
    )
    _log(issue_of(invitation.issue_key), "circular.review", None, invitation)


def _log(issue: Issue, action: str, user: Any, invitation: Invitation) -> None:
    """One entry, at the first edition, with the invitation's number: names and addresses stay in its row."""
    first = next(iter(issue.editions.values())).page
    log(instance=first, action=action, user=user, data={"invitation": invitation.pk, "digest": invitation.digest})
