"""The sample network, bulletin and issue into the database, once; and the dispatch that the demo follows."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from django.contrib.auth import get_user_model
from django.core.files.images import ImageFile
from django.db import transaction
from wagtail.images import get_image_model
from wagtail.models import Locale, Revision

from composer.approval import approve_issue, standing_approval
from composer.drafts import NoSuchBulletin, save_edition
from composer.importing.errors import ImportRefused
from composer.imports import Contribution, import_text, words_of
from composer.issues import issue_of
from composer.models import Approval, BulletinPage, EditionPage, HomePage
from config.sample.issue import BULLETIN, sample_issue
from config.sample.network import make_network
from config.sample.people import sample_network
from config.sample.segments import BULLETIN_KEY
from dispatch.bell import ring
from dispatch.binding import Despite, binding_errors
from dispatch.errors import PlanRefused
from dispatch.frozen import Frozen, freeze
from dispatch.models import Dispatch
from dispatch.plan import plan_dispatch
from subscribers.models import Segment

PICTURES = Path(__file__).parent / "pictures"
MOST_ERRORS = 3  # that the demo prints
ISSUE_KEY = uuid5(NAMESPACE_URL, "https://circular.example/sample/issue")


class SampleError(Exception):
    """The demo can't go on; the message says why."""


def load_sample() -> None:
    """The network and the bulletin with its issue, unless there is a bulletin."""
    if BulletinPage.objects.exists():
        return
    with transaction.atomic():
        bulletin = _make_bulletin()
        make_network(sample_network(), bulletin.translation_key)
        _make_issue(bulletin)


def sent_issue(text: bytes | None, *, name: str) -> Dispatch:
    """The dispatch of the sample issue, or of `text` as an issue; the one there is, if it was sent before."""
    if text is None:
        if not EditionPage.objects.filter(translation_key=ISSUE_KEY).exists():
            raise SampleError("The sample issue was deleted from the desk. `make reset` starts afresh.")
        return _send(ISSUE_KEY)
    digest = hashlib.sha256(text).hexdigest()
    page = EditionPage.objects.filter(imported_digest=digest).order_by("pk").first()
    if page is None:
        bulletin = BulletinPage.objects.order_by("pk").first()
        if bulletin is None:
            raise SampleError("There is no bulletin. `make reset` starts afresh.")
        try:
            imported = import_text(text, name=name, bulletin_slug=bulletin.slug, locale=likely_locale(text, name=name))
        except (ImportRefused, NoSuchBulletin) as error:
            raise SampleError(str(error)) from error
        page = imported.page
        print(
            f"{name}: {imported.items} items in {imported.sections} sections, {imported.to_check} with notes to check "
            f"on the desk.",
            flush=True,
        )
    return _send(page.translation_key)


def likely_locale(data: bytes, *, name: str) -> str:
    """Chinese if a tenth of the file's text is Han, else French or English by their commonest words."""
    words = words_of(Contribution(data, name))
    letters = [character for character in words if character.isalpha()]
    han = sum("\u4e00" <= character <= "\u9fff" for character in letters)
    if han * 10 > len(letters):
        return "zh-hans"
    tokens = words.lower().split()
    french = sum(token in {"le", "la", "les", "des", "et", "une", "dans", "pour", "est"} for token in tokens)
    english = sum(token in {"the", "of", "and", "a", "in", "for", "is", "to"} for token in tokens)
    return "fr" if french > english else "en"


def _send(issue_key: Any) -> Dispatch:
    """Approve and send an issue to everyone, unless that was done: the newest dispatch of it counts."""
    dispatch = Dispatch.objects.filter(issue_key=issue_key).order_by("-pk").first()
    if dispatch is not None:
        print(
            f"“{dispatch.issue_title}” was sent before ({dispatch.get_state_display().lower()}); nobody gets it twice.",
            flush=True,
        )
        ring(dispatch.pk)
        _publish(issue_key)
        return dispatch
    user = get_user_model().objects.filter(is_superuser=True).order_by("pk").first()
    issue = issue_of(issue_key)
    if standing_approval(issue) is None:
        approve_issue(issue_key, digest=issue.digest(), user=user)
    try:
        segment = Segment.objects.get(slug="everyone")
        dispatch = plan_dispatch(
            issue_key=issue_key,
            segment=segment,
            request_key=uuid4(),
            user=user,
            despite=_as_it_came(freeze(issue_key), segment),
        )
    except (PlanRefused, Segment.DoesNotExist) as error:
        raise SampleError(f"The issue could not be sent: {error}") from error
    ring(dispatch.pk)
    _publish(issue_key)
    return dispatch


def _as_it_came(frozen: Frozen, segment: Segment) -> Despite | None:
    """The demo sends a text that nobody has looked at: it answers for what the checks found, as an editor would."""
    errors = binding_errors(frozen, segment.rule)
    if not errors:
        return None
    print(f"The checks found {len(errors)} errors; the demo sends the text as it came, and the log says so:")
    for finding in errors[:MOST_ERRORS]:
        print(f"  {finding.sentence}")
    if len(errors) > MOST_ERRORS:
        print(
            f"  and {len(errors) - MOST_ERRORS} more: the page of the issue on the desk shows all of them.", flush=True
        )
    return Despite(frozenset(finding.id for finding in errors), "The demo sends an imported text as it came.")


def _publish(issue_key: Any) -> None:
    """The approved editions in the public archive, as far as they are not there."""
    approval = Approval.objects.filter(issue_key=issue_key).first()
    for revision in Revision.objects.filter(pk__in=approval.revisions.values() if approval else []):
        if not revision.as_object().live:
            revision.publish()


def _make_bulletin() -> BulletinPage:
    """The bulletin's page in English, Chinese and French."""
    first: BulletinPage | None = None
    for code in ("en", "zh-hans", "fr"):
        words = BULLETIN.words[code]
        page = BulletinPage(
            title=words.masthead.name,
            slug=BULLETIN.slug,
            tagline=words.masthead.tagline,
            sender_name=words.sender_name,
            sender_address=BULLETIN.sender_address,
            reply_to=BULLETIN.reply_to,
            publisher=words.masthead.publisher,
            postal_address=words.masthead.postal_address,
            reason=words.masthead.reason,
            fallback=", ".join(BULLETIN.fallback),
            unknown_policy=BulletinPage.UnknownPolicy.HOLD,
            locale=Locale.objects.get(language_code=code),
        )
        page.translation_key = BULLETIN_KEY
        HomePage.objects.get(locale__language_code=code).add_child(instance=page)
        page.save_revision().publish()
        first = first or page
    assert first is not None  # noqa: S101 - the loop runs
    return first


def _make_issue(bulletin: BulletinPage) -> None:
    pictures = {}
    for path in sorted([*PICTURES.glob("*.png"), *PICTURES.glob("*.jpg")]):
        with path.open("rb") as file:
            image = get_image_model()(title=path.stem.replace("-", " "))
            image.file = ImageFile(file, name=path.name)
            image.save()
        pictures[f"picture:{path.name}"] = image
    for code, content in sample_issue().items():
        page = bulletin.get_translation(Locale.objects.get(language_code=code))
        save_edition(content, bulletin=page, issue_key=ISSUE_KEY, pictures=pictures)
