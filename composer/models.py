"""Bulletins and their editions as pages, and the approval of an issue."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail_localize.fields import SynchronizedField

from composer.blocks import section_block
from composer.looks import theme_choices
from composer.page_rights import rights
from composer.workflow import ApprovalTask  # noqa: F401 - a model: Django finds it here

ONE_LINE = RegexValidator(
    r"\A[^\x00-\x1f\x7f\u2028\u2029]*\Z", _("One line only: no line breaks or control characters.")
)


class HomePage(Page):
    """The public front page of one language: the bulletins and their issues."""

    parent_page_types = ["wagtailcore.Page"]
    subpage_types = ["composer.BulletinPage"]
    template = "web/home.html"
    permissions_for_user = rights


class BulletinPage(Page):
    """One publication, in one language; its translations are the same bulletin."""

    class UnknownPolicy(models.TextChoices):
        RETRY = "retry", _("Send once more after ten minutes, with the same Message-ID")
        HOLD = "hold", _("Hold it for an operator")

    class Archive(models.TextChoices):
        PUBLIC = "public", _("Public: anybody may read issues that were sent")
        PRIVATE = "private", _("Private: readers see their own letter, nobody else anything")

    class SignUp(models.TextChoices):
        OPEN = "open", _("Open: anybody may subscribe on the public page")
        CLOSED = "closed", _("Closed: the secretariat adds people")

    tagline = models.CharField(_("tagline"), max_length=200, blank=True)
    sender_name = models.CharField(_("sender's name"), max_length=120, validators=[ONE_LINE])
    sender_address = models.EmailField(_("sender's address"))
    reply_to = models.EmailField(_("reply to"), blank=True)
    publisher = models.CharField(_("publisher"), max_length=200, blank=True)
    postal_address = models.CharField(_("postal address"), max_length=300, help_text=_("Printed in every letter."))
    reason = models.CharField(
        _("why one receives this"), max_length=300, help_text=_("Printed in every letter, above the way out.")
    )
    fallback = models.CharField(
        _("languages, in order"),
        max_length=100,
        default="en",
        help_text=_(
            "Who reads none of an issue's languages gets the first of these that it has, for example: en, zh-hans"
        ),
    )
    unknown_policy = models.CharField(
        _("when the server fell silent"), max_length=10, choices=UnknownPolicy, default=UnknownPolicy.RETRY
    )
    four_eyes = models.BooleanField(
        _("four eyes"), default=False, help_text=_("Whoever edited an edition last may not approve the issue.")
    )

    theme = models.CharField(
        _("theme"), max_length=60, blank=True, choices=theme_choices, help_text=_("How its letters look.")
    )
    archive = models.CharField(_("archive"), max_length=10, choices=Archive, default=Archive.PUBLIC)
    sign_up = models.CharField(_("signing up"), max_length=10, choices=SignUp, default=SignUp.OPEN)
    privacy_url = models.URLField(
        _("privacy notice"), blank=True, help_text=_("Linked where people sign up and choose what is measured.")
    )

    parent_page_types = ["composer.HomePage"]
    subpage_types = ["composer.EditionPage"]
    template = "web/bulletin.html"

    content_panels = [
        *Page.content_panels,
        FieldPanel("tagline"),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("sender_name"), FieldPanel("sender_address")]),
                FieldPanel("reply_to"),
            ],
            heading=_("Sender"),
        ),
        MultiFieldPanel(
            [FieldPanel("publisher"), FieldPanel("postal_address"), FieldPanel("reason")],
            heading=_("Foot of the letter"),
        ),
        MultiFieldPanel(
            [FieldPanel("fallback"), FieldPanel("unknown_policy"), FieldPanel("four_eyes")], heading=_("Delivery")
        ),
        MultiFieldPanel([FieldPanel("theme"), FieldPanel("archive")], heading=_("Look and archive")),
        MultiFieldPanel([FieldPanel("sign_up"), FieldPanel("privacy_url")], heading=_("Signing up")),
    ]

    permissions_for_user = rights

    def clean(self) -> None:
        super().clean()
        known = {code for code, _name in settings.LANGUAGES}
        strange = [code for code in self.fallback_chain() if code not in known]
        if strange or not self.fallback_chain():
            raise ValidationError({"fallback": _("Use these codes, with commas: %s") % ", ".join(sorted(known))})

    def fallback_chain(self) -> list[str]:
        return [code.strip() for code in self.fallback.split(",") if code.strip()]


class EditionPage(Page):
    """One issue in one language. Its translations are the same issue."""

    subject = models.CharField(
        _("subject"), max_length=200, blank=True, validators=[ONE_LINE], help_text=_("Left empty, the title is used.")
    )
    preheader = models.CharField(
        _("preheader"),
        max_length=200,
        blank=True,
        validators=[ONE_LINE],
        help_text=_("Shown behind the subject in an inbox."),
    )
    number = models.CharField(_("number"), max_length=60, blank=True)
    published = models.DateField(_("date"), null=True, blank=True)
    body = StreamField([("section", section_block())], blank=True, verbose_name=_("sections"))
    imported_digest = models.CharField(max_length=64, blank=True, editable=False)

    parent_page_types = ["composer.BulletinPage"]
    subpage_types: list[str] = []

    override_translatable_fields = [SynchronizedField("slug", overridable=False)]  # no translator's business
    permissions_for_user = rights

    content_panels = [
        *Page.content_panels,
        FieldPanel("subject"),
        FieldPanel("preheader"),
        FieldRowPanel([FieldPanel("number"), FieldPanel("published")]),
        FieldPanel(
            "body",
            help_text=_(
                "Type {{ in a text for what it may say of its reader: {{name|colleague}} is the reader's name, or"
                " “colleague” where none is known."
            ),
        ),
    ]

    @property
    def bulletin(self) -> BulletinPage:
        return self.get_parent().specific

    @property
    def issue_pages(self) -> models.QuerySet[EditionPage]:
        """All editions of this one's issue."""
        return EditionPage.objects.filter(translation_key=self.translation_key).select_related("locale")

    @property
    def issue_digest(self) -> str:
        """The digest of the whole issue as it is now: what Wagtail's own form for approving carries."""
        from composer.issues import issue_of

        return issue_of(self.translation_key).digest()

    seen_by_readers = True  # the desk's preview asks as whom to look at it

    @property
    def preview_modes(self) -> list[tuple[str, Any]]:
        return [("letter", _("Letter")), ("text", _("Plain text"))]

    @property
    def preview_sizes(self) -> list[dict[str, Any]]:
        return [
            {"name": "phone", "icon": "mobile-alt", "device_width": 390, "label": _("On a phone")},
            {"name": "desk", "icon": "desktop", "device_width": 760, "label": _("On a desk")},
        ]

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        """The edition as a reader without any special audience and one of all audiences would see it: all items."""
        from composer.preview import preview_response

        return preview_response(self, mode_name)

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Nothing: being published on the desk makes no edition public. The archive answers for what was sent."""
        raise Http404


class Approval(models.Model):
    """Somebody said yes to exactly this content of an issue, in all its languages.

    It holds while the digest of the issue's latest revisions equals `digest` and its items' segments mean the same
    people; any edit voids it. `outside` is the name of an approver without an account.
    """

    issue_key = models.UUIDField(db_index=True)
    digest = models.CharField(max_length=64)
    revisions = models.JSONField(help_text="locale -> id of the approved revision")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    approved_at = models.DateTimeField(auto_now_add=True)
    outside = models.CharField(max_length=120, blank=True)
    mastheads = models.JSONField(default=dict, help_text="locale -> what the edition took from its bulletin")
    rules = models.JSONField(default=dict, help_text="segment -> the rule of each that an item names")

    class Meta:
        ordering = ["-approved_at"]

    def __str__(self) -> str:
        return f"approval of {self.issue_key}"


class Invitation(models.Model):
    """Somebody outside is asked to look at an issue: a signed link shows it and takes a word, without an account.

    It is for the content with `digest`, and ends when it is answered with an approval, withdrawn, or out of date.
    """

    issue_key = models.UUIDField(db_index=True)
    digest = models.CharField(max_length=64)
    revisions = models.JSONField(help_text="locale -> id of the revision that was shown")
    name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("address"), blank=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    invited_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-invited_at"]

    def __str__(self) -> str:
        return f"invitation of {self.name} to {self.issue_key}"


class Review(models.Model):
    """What somebody said about exactly one content of an issue: that they approve it, a comment, a wish for changes."""

    class Verdict(models.TextChoices):
        APPROVE = "approve", _("Approved")
        COMMENT = "comment", _("Commented")
        CHANGES = "changes", _("Asked for changes")

    issue_key = models.UUIDField(db_index=True)
    digest = models.CharField(max_length=64)
    verdict = models.CharField(max_length=10, choices=Verdict)
    text = models.TextField(_("comment"), blank=True, max_length=5000)
    name = models.CharField(max_length=120)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    invitation = models.ForeignKey(Invitation, on_delete=models.SET_NULL, null=True, blank=True, related_name="reviews")
    said_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-said_at"]

    def __str__(self) -> str:
        return f"{self.verdict} by {self.name}"


class LinkCheck(models.Model):
    """What became of trying a link, kept so that nobody is asked twice in an hour; `composer.linkchecks` uses it.

    It waits from `wanted_at` until somebody has tried it; `leased_until` says that somebody is trying. `follow`: an
    editor asked where another mailer's tracked link leads, though trying it counts as its reader's click.
    """

    url_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the address in hex")
    url = models.TextField()
    host = models.CharField(max_length=255, blank=True)
    status = models.CharField(
        max_length=20, blank=True, help_text="A composer.preflight.facts.LinkStatus; empty: not tried yet"
    )
    code = models.PositiveIntegerField(default=0)
    final_url = models.TextField(blank=True)
    https = models.BooleanField(default=False)
    problem = models.CharField(max_length=300, blank=True)
    follow = models.BooleanField(default=False)
    wanted_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["wanted_at"], name="links_waiting", condition=models.Q(wanted_at__isnull=False))
        ]

    def __str__(self) -> str:
        return f"{self.status or 'waiting'}: {self.url}"
