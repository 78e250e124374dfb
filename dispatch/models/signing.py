"""The keys that letters are signed with (DKIM, RFC 6376)."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class SigningKey(models.Model):
    """One DKIM key of a sending domain. It signs from `used_from` on until it is retired."""

    class Algorithm(models.TextChoices):
        RSA = "rsa", _("RSA-2048")
        ED25519 = "ed25519", _("Ed25519")

    domain = models.CharField(_("domain"), max_length=255)
    selector = models.CharField(_("selector"), max_length=63)
    algorithm = models.CharField(_("algorithm"), max_length=10, choices=Algorithm)
    sealed = models.TextField(editable=False, help_text="The private key, encrypted with a key made of SECRET_KEY")
    public = models.TextField(editable=False, help_text="The p= of its DNS record")
    made_at = models.DateTimeField(db_default=Now())
    used_from = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["domain", "-made_at"]
        verbose_name = _("signing key")
        verbose_name_plural = _("signing keys")
        constraints = [
            models.UniqueConstraint(fields=["domain", "selector"], name="selector_once"),
            models.UniqueConstraint(
                fields=["domain", "algorithm"],
                condition=models.Q(used_from__isnull=False, retired_at__isnull=True),
                name="one_key_in_use",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"
