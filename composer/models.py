"""Bulletins and their editions as pages, and the approval of an issue."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page

from composer.blocks import section_block

ONE_LINE = RegexValidator(
    r"\A[^\x00-\x1f\x7f\u2028\u2029]*\Z", _("One line only: no line breaks or control characters.")
)


class HomePage(Page):
    """The public front page of one language: the bulletins and their issues."""

    parent_page_types = ["wagtailcore.Page"]
    subpage_types = ["composer.BulletinPage"]
    template = "web/home.html"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        bulletins = BulletinPage.objects.child_of(self).live().order_by("title")
        context["bulletins"] = [(bulletin, bulletin.public_editions()) for bulletin in bulletins]
        return context


class BulletinPage(Page):
    """One publication, in one language; its translations are the same bulletin."""

    class UnknownPolicy(models.TextChoices):
        RETRY = "retry", _("Send once more after ten minutes, with the same Message-ID")
        HOLD = "hold", _("Hold it for an operator")

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
        MultiFieldPanel([FieldPanel("fallback"), FieldPanel("unknown_policy")], heading=_("Delivery")),
    ]

    def clean(self) -> None:
        super().clean()
        known = {code for code, _name in settings.LANGUAGES}
        strange = [code for code in self.fallback_chain() if code not in known]
        if strange or not self.fallback_chain():
            raise ValidationError({"fallback": _("Use these codes, with commas: %s") % ", ".join(sorted(known))})

    def fallback_chain(self) -> list[str]:
        return [code.strip() for code in self.fallback.split(",") if code.strip()]

    def public_editions(self) -> models.QuerySet[EditionPage]:
        return EditionPage.objects.child_of(self).live().order_by("-published", "-first_published_at")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context["editions"] = self.public_editions()
        return context


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

    content_panels = [
        *Page.content_panels,
        FieldPanel("subject"),
        FieldPanel("preheader"),
        FieldRowPanel([FieldPanel("number"), FieldPanel("published")]),
        FieldPanel("body"),
    ]

    @property
    def bulletin(self) -> BulletinPage:
        return self.get_parent().specific

    @property
    def preview_modes(self) -> list[tuple[str, Any]]:
        return [("letter", _("Letter")), ("text", _("Plain text"))]

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        """The edition as a reader without any special audience and one of all audiences would see it: all items."""
        from composer.preview import preview_response

        return preview_response(self, mode_name)

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The public page: only the items that are for everyone."""
        from composer.preview import public_response

        return public_response(self)


class Approval(models.Model):
    """Somebody said yes to exactly this content of an issue, in all its languages.

    It holds while the digest of the issue's latest revisions equals `digest`; any edit voids it.
    """

    issue_key = models.UUIDField(db_index=True)
    digest = models.CharField(max_length=64)
    revisions = models.JSONField(help_text="locale -> id of the approved revision")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    approved_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-approved_at"]

    def __str__(self) -> str:
        return f"approval of {self.issue_key}"
