"""The directory: organisations, people, what they do in the network, and what interests them."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from subscribers.addresses import BadAddress, address_hash, normalised_address
from subscribers.countries import COUNTRY_CHOICES
from subscribers.custom_values import FieldKind


class Role(models.TextChoices):
    NETWORK_MEMBER = "network-member", _("Network member")
    NATIONAL_FOCAL_POINT = "national-focal-point", _("National focal point")
    PROGRAMME_LEAD = "programme-lead", _("Programme lead")
    WORKING_GROUP_MEMBER = "working-group-member", _("Working group member")
    PARTNER = "partner", _("Partner")


class Programme(models.TextChoices):
    PUBLIC_PROCUREMENT = "public-procurement", _("Sustainable public procurement")
    TOURISM = "tourism", _("Sustainable tourism")
    BUILDINGS = "buildings", _("Sustainable buildings")
    FOOD_SYSTEMS = "food-systems", _("Sustainable food systems")
    LIFESTYLES = "lifestyles", _("Sustainable lifestyles")
    CONSUMER_INFORMATION = "consumer-information", _("Consumer information")


class Organisation(models.Model):
    class Kind(models.TextChoices):
        GOVERNMENT = "government", _("Government")
        UN = "un", _("United Nations")
        CIVIL_SOCIETY = "civil-society", _("Civil society")
        BUSINESS = "business", _("Business")
        RESEARCH = "research", _("Research")

    class Tier(models.TextChoices):
        STRATEGIC = "strategic", _("Strategic")
        FULL = "full", _("Full")
        ASSOCIATE = "associate", _("Associate")

    name = models.CharField(_("name"), max_length=250)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    country = models.CharField(_("country"), max_length=2, blank=True, choices=COUNTRY_CHOICES)
    tier = models.CharField(_("tier"), max_length=20, choices=Tier, blank=True)
    external_id = models.CharField(
        _("number elsewhere"),
        max_length=100,
        null=True,
        blank=True,
        unique=True,
        help_text=_("What the organisation is called in the system that it is kept in step with."),
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")

    def __str__(self) -> str:
        return self.name


class Topic(models.Model):
    """What a subscriber may be interested in."""

    slug = models.SlugField(_("short name"), max_length=60, unique=True)
    names = models.JSONField(_("names"), default=dict, help_text="locale -> what readers of it call the topic")
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        ordering = ["position", "slug"]
        verbose_name = _("topic")
        verbose_name_plural = _("topics")

    def __str__(self) -> str:
        return self.name_in("en")

    def name_in(self, locale: str) -> str:
        """What readers of `locale` call it: their own name for it, else the English one, else its short name."""
        return str(self.names.get(locale) or self.names.get("en") or self.slug)


class CustomField(models.Model):
    """A field of subscribers that this network needs and others don't; `subscribers.custom_values` reads its values."""

    key = models.SlugField(_("key"), max_length=40, unique=True)
    label = models.CharField(_("label"), max_length=80)
    kind = models.CharField(
        _("kind"),
        max_length=10,
        choices=[
            (FieldKind.TEXT.value, _("Text")),
            (FieldKind.NUMBER.value, _("Number")),
            (FieldKind.DATE.value, _("Date")),
            (FieldKind.BOOLEAN.value, _("Yes or no")),
            (FieldKind.CHOICE.value, _("Choice")),
        ],
    )
    choices = models.JSONField(_("choices"), default=list, blank=True, help_text=_("The values of a choice."))
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        ordering = ["position", "label"]
        verbose_name = _("custom field")
        verbose_name_plural = _("custom fields")

    def __str__(self) -> str:
        return self.label


class Subscriber(models.Model):
    """A person with an address."""

    email = models.EmailField(_("address"), max_length=320, unique=True)
    address_hash = models.CharField(max_length=64, editable=False)
    name = models.CharField(_("name"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=12, help_text=_("A code such as en, fr or zh-hans."))
    country = models.CharField(_("country"), max_length=2, blank=True, choices=COUNTRY_CHOICES)
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,  # the one below begins with it
        related_name="subscribers",
        verbose_name=_("organisation"),
    )
    external_id = models.CharField(
        _("number elsewhere"),
        max_length=100,
        null=True,
        blank=True,
        help_text=_("What the person is called in the system that they are kept in step with."),
    )
    custom = models.JSONField(_("custom fields"), default=dict, blank=True, help_text="key of a CustomField -> value")
    created_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["name", "email"]
        verbose_name = _("subscriber")
        verbose_name_plural = _("subscribers")
        permissions = [("export_subscriber", "Can export subscribers")]
        indexes = [
            models.Index(fields=["changed_at", "id"], name="subscriber_changed"),
            # The desk's list reads nothing else: sorted by name, filtered and searched without touching the table.
            models.Index(
                Lower("name"),
                "id",
                name="subscriber_list",
                include=["name", "email", "country", "language", "organisation"],
            ),
            # Segments that ask for no more than this of a person read it alone, a quarter of the table.
            models.Index(
                fields=["country", "id"], name="subscriber_country", include=["language", "created_at", "organisation"]
            ),
            models.Index(fields=["language", "id"], name="subscriber_language"),
            models.Index(fields=["organisation", "id"], name="subscriber_organisation"),
        ]
        constraints = [
            # Each index of this table costs every import: this one has nothing of the many without a number.
            models.UniqueConstraint(
                fields=["external_id"],
                condition=Q(external_id__isnull=False),
                name="subscriber_number_once",
                violation_error_message=_("Somebody else has this number."),
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def clean(self) -> None:
        try:
            self.email = normalised_address(self.email)
        except BadAddress as error:
            raise ValidationError({"email": str(error)}) from error
        if any(not character.isprintable() for character in self.name):
            raise ValidationError({"name": _("One line only: no line breaks or control characters.")})

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = normalised_address(self.email)
        self.address_hash = address_hash(self.email)
        super().save(*args, **kwargs)


class Affiliation(models.Model):
    """What a subscriber is to the network, with the programme, organisation and country it holds for."""

    # Without an index of its own: that of the constraint begins with it.
    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="affiliations", db_index=False)
    role = models.CharField(_("role"), max_length=30, choices=Role)
    programme = models.CharField(_("programme"), max_length=30, choices=Programme, blank=True)
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="affiliations",
        verbose_name=_("organisation"),
    )
    country = models.CharField(_("country"), max_length=2, blank=True, choices=COUNTRY_CHOICES)
    since = models.DateField(_("from"), null=True, blank=True)
    until = models.DateField(_("until"), null=True, blank=True, help_text=_("The last day on which it holds."))

    class Meta:
        verbose_name = _("affiliation")
        verbose_name_plural = _("affiliations")
        indexes = [
            # Segments ask for holders of roles, programmes and countries, and read nothing else.
            models.Index(
                fields=["role", "programme", "country", "subscriber"],
                include=["organisation", "since", "until"],
                name="affiliation_held",
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["subscriber", "role", "programme", "organisation", "country", "since"],
                name="affiliation_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(since__isnull=True) | Q(until__isnull=True) | Q(until__gte=F("since")),
                name="affiliation_begins_before_it_ends",
                violation_error_message=_("It ends before it begins."),
            ),
        ]

    def __str__(self) -> str:
        return " · ".join(part for part in (self.get_role_display(), self.get_programme_display()) if part)


class Interest(models.Model):
    """A topic that a subscriber chose."""

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="interests", db_index=False)
    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="interests", db_index=False)

    class Meta:
        indexes = [models.Index(fields=["topic", "subscriber"], name="interest_in_topic")]
        constraints = [models.UniqueConstraint(fields=["subscriber", "topic"], name="interest_once")]

    def __str__(self) -> str:
        return str(self.topic_id)
