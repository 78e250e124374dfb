"""The keys that letters are signed with: made, checked against DNS, used, replaced, retired.

A private key stands in the database encrypted (AES-256-GCM) with a key made of SECRET_KEY by HKDF, bound to its
domain and selector. A key that should sign and can't be opened is an error that stops the dispatch: an unsigned
letter of a domain that signs looks like a forgery.
"""

from __future__ import annotations

import base64
import secrets
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import idna
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from dispatch.dkim import Signer
from dispatch.doctor.findings import Finding, Record, State
from dispatch.doctor.lookup import Questions, Unanswered
from dispatch.doctor.published import check_published, key_record
from dispatch.errors import DispatchError
from dispatch.models import SigningKey

RSA_BITS = 2048
KEPT_PUBLISHED = timedelta(days=7)  # letters are tried for 72 hours, and some receivers check again later
CACHED_FOR = 60.0  # seconds: so soon a change reaches the workers
_NONCE = 12  # octets

_cache: dict[str, tuple[float, tuple[Signer, ...]]] = {}
_cache_lock = threading.Lock()


class SigningKeyError(DispatchError):
    """Something that can't be done with a signing key; nothing was changed."""


class SigningKeyUnreadable(SigningKeyError):
    """A key that should sign can't be opened: nothing of its domain may be sent."""


@dataclass(frozen=True, slots=True)
class Used:
    """What `use` did. `replaced` no longer signs; its record stays in DNS until `record_may_go(replaced)`."""

    key: SigningKey
    replaced: SigningKey | None


def signers_for(domain: str) -> tuple[Signer, ...]:
    """The keys that sign letters from `domain` now, RSA first; empty where nobody made any.

    Kept for a minute in each process. SigningKeyUnreadable where one can't be opened: the dispatch must not go on.
    """
    try:
        name = domain_name(domain)
    except SigningKeyError:
        return ()  # no key can be made for it either
    known = _cache.get(name)
    if known is not None and time.monotonic() - known[0] < CACHED_FOR:
        return known[1]
    signers = tuple(signer_of(key) for key in in_use(name))
    with _cache_lock:
        _cache[name] = (time.monotonic(), signers)
    return signers


def forget_signers() -> None:
    """Make this process look the keys up anew."""
    with _cache_lock:
        _cache.clear()


def in_use(domain: str) -> QuerySet[SigningKey]:
    """The keys of a domain that sign now, RSA first: some receivers look at the first signature alone."""
    keys = SigningKey.objects.filter(domain=domain_name(domain), used_from__isnull=False, retired_at=None)
    return keys.order_by("-algorithm", "pk")


def make_key(domain: str, algorithm: str, *, selector: str = "") -> SigningKey:
    """A new key, not yet used. Its record is to be published first; SigningKeyError for a name that can't be."""
    name = domain_name(domain)
    private: RSAPrivateKey | Ed25519PrivateKey
    match algorithm:
        case SigningKey.Algorithm.RSA:
            private = generate_private_key(public_exponent=65537, key_size=RSA_BITS)
            public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        case SigningKey.Algorithm.ED25519:
            private = Ed25519PrivateKey.generate()
            public = private.public_key().public_bytes_raw()
        case _:
            raise SigningKeyError(_("There is no algorithm “%s”.") % algorithm)
    label = _selector(selector.strip().lower() or _new_selector(name, algorithm))
    raw = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    try:
        with transaction.atomic():
            return SigningKey.objects.create(
                domain=name,
                selector=label,
                algorithm=algorithm,
                sealed=_seal(raw, domain=name, selector=label),
                public=base64.b64encode(public).decode(),
            )
    except IntegrityError as error:
        taken = _("%(domain)s has a key with the selector “%(selector)s” already: choose another.")
        raise SigningKeyError(taken % {"domain": name, "selector": label}) from error


def record_of(key: SigningKey) -> Record:
    """The TXT record that makes a key known."""
    return key_record(domain=key.domain, selector=key.selector, algorithm=key.algorithm, public=key.public)


def check_key(key: SigningKey, lookup: Questions) -> Finding:
    """Whether DNS has the key now."""
    record = record_of(key)
    try:
        return check_published(record, lookup.txt(record.name))
    except Unanswered as error:
        return Finding("dkim", record.name, State.UNANSWERED, str(error))


def use_key(key: SigningKey, published: Finding, *, despite_dns: bool = False) -> Used:
    """Sign with `key` from now on, in the place of the one of its algorithm that signed so far.

    `published` is what `check_key` found. SigningKeyError where DNS doesn't have the key, unless `despite_dns`.
    A retired key may come back for as long as its record stays. Ed25519 signs beside an RSA key only: many receivers
    know no other algorithm than RSA, and to them a letter with Ed25519 alone is unsigned.
    """
    if published.state not in {State.OK, State.NOTE} and not despite_dns:
        refused = _("%(selector)s can’t be used yet. %(why)s")
        raise SigningKeyError(refused % {"selector": key.selector, "why": published.words})
    signer_of(key)  # one that can't be opened is refused here, not in the middle of a dispatch
    with transaction.atomic():
        rows = list(SigningKey.objects.select_for_update().filter(domain=key.domain).order_by("pk"))
        ours = {row.pk: row for row in rows if row.algorithm == key.algorithm}
        if key.pk not in ours:
            raise SigningKeyError(_("This key is gone."))
        if key.algorithm != SigningKey.Algorithm.RSA and not any(_signs_by_rsa(row) for row in rows):
            alone = _(
                "%(selector)s can’t sign alone: many receivers don’t know Ed25519. Use an RSA key of %(domain)s first."
            )
            raise SigningKeyError(alone % {"selector": key.selector, "domain": key.domain})
        before = next((row for row in ours.values() if row.used_from and not row.retired_at), None)
        if before is not None and before.pk == key.pk:
            raise SigningKeyError(_("%s is in use already.") % key.selector)
        if before is not None:
            SigningKey.objects.filter(pk=before.pk).update(retired_at=Now())
            before.refresh_from_db()
        SigningKey.objects.filter(pk=key.pk).update(used_from=Now(), retired_at=None)
        _forget_old()
    key.refresh_from_db()
    forget_signers()
    return Used(key, before)


def retire_key(key: SigningKey, *, unsigned: bool = False) -> datetime:
    """Sign with `key` no more; returns when its record may leave DNS. Again, it only says so.

    SigningKeyError where no RSA key of its domain would sign any more, even if one of Ed25519 does, unless `unsigned`
    says that letters may leave without.
    """
    with transaction.atomic():
        rows = SigningKey.objects.select_for_update().filter(domain=key.domain).order_by("pk")
        signing = {row.pk: row for row in rows if row.used_from and not row.retired_at}
        if key.pk in signing and not unsigned:
            del signing[key.pk]
            if not signing:
                last = _("%(selector)s is the only key that signs for %(domain)s: use another one first.")
                raise SigningKeyError(last % {"selector": key.selector, "domain": key.domain})
            if not any(_signs_by_rsa(row) for row in signing.values()):
                last = _(
                    "%(selector)s is the only RSA key that signs for %(domain)s, and many receivers don’t know "
                    "Ed25519: use another RSA key first."
                )
                raise SigningKeyError(last % {"selector": key.selector, "domain": key.domain})
        SigningKey.objects.filter(pk=key.pk, retired_at=None).update(retired_at=Now())
        _forget_old()
    key.refresh_from_db()
    forget_signers()
    return record_may_go(key) or timezone.now()


def record_may_go(key: SigningKey) -> datetime | None:
    """When a retired key's record may leave DNS: at once if it never signed; None while the key may still sign."""
    if key.retired_at is None:
        return None
    return key.retired_at + (KEPT_PUBLISHED if key.used_from else timedelta())


def standing_of(key: SigningKey) -> str:
    """How a key stands, in a few words."""
    may_go = record_may_go(key)
    if may_go is not None:
        if may_go <= timezone.now():
            return _("retired; its record may leave DNS")
        return _("retired; leave its record in DNS until %s") % date_format(may_go, "DATETIME_FORMAT")
    if key.used_from is None:
        return _("made, not yet used")
    return _("signs since %s") % date_format(key.used_from, "DATE_FORMAT")


def find_key(selector: str, *, domain: str = "") -> SigningKey:
    """A key by its selector, or by `selector._domainkey.domain`; SigningKeyError if that isn't one key."""
    label, _mark, named = selector.strip().lower().rstrip(".").partition("._domainkey.")
    keys = SigningKey.objects.filter(selector=label)
    if named or domain:
        keys = keys.filter(domain=domain_name(named or domain))
    found = list(keys[:2])
    if not found:
        raise SigningKeyError(_("There is no key “%s”.") % selector)
    if len(found) > 1:
        raise SigningKeyError(_("Several domains have a key “%s”: name the domain too.") % selector)
    return found[0]


def domain_name(domain: str) -> str:
    """A domain in lower case and A-labels, as keys know it; SigningKeyError for what is none."""
    name = domain.strip().rstrip(".").lower()
    try:
        name = idna.encode(name, uts46=True).decode()
    except idna.IDNAError as error:
        raise SigningKeyError(_("“%s” is not a domain that mail can be sent from.") % domain) from error
    if "." not in name or len(name) > 200:
        raise SigningKeyError(_("“%s” is not a domain that mail can be sent from.") % domain)
    return name


def signer_of(key: SigningKey) -> Signer:
    """The opened key; SigningKeyUnreadable where that can't be."""
    named = {"key": str(key)}
    if not key.sealed:
        raise SigningKeyUnreadable(_("The private key of %(key)s was forgotten after it was retired.") % named)
    try:
        raw = base64.b64decode(key.sealed, validate=True)
        opened = _cipher().decrypt(raw[:_NONCE], raw[_NONCE:], _bound_to(key.domain, key.selector))
    except (InvalidTag, ValueError) as error:
        raise SigningKeyUnreadable(
            _(
                "The signing key %(key)s can’t be opened: it was made under another SECRET_KEY. Bring that one "
                "back, or make a new key, publish it, and use it."
            )
            % named
        ) from error
    private = load_der_private_key(opened, password=None)
    if not isinstance(private, RSAPrivateKey | Ed25519PrivateKey):
        raise SigningKeyUnreadable(_("The signing key %(key)s is of a kind that can’t sign letters.") % named)
    return Signer(key.domain, key.selector, key.algorithm, private)


def _signs_by_rsa(key: SigningKey) -> bool:
    return key.algorithm == SigningKey.Algorithm.RSA and key.used_from is not None and key.retired_at is None


def _seal(raw: bytes, *, domain: str, selector: str) -> str:
    nonce = secrets.token_bytes(_NONCE)
    return base64.b64encode(nonce + _cipher().encrypt(nonce, raw, _bound_to(domain, selector))).decode()


def _cipher() -> AESGCM:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"circular.signing-key")
    return AESGCM(derive.derive(settings.SECRET_KEY.encode()))


def _bound_to(domain: str, selector: str) -> bytes:
    """What a sealed key is good for: in another row it can't be opened."""
    return f"{selector}._domainkey.{domain}".encode()


def _forget_old() -> None:
    """Drop the private keys of those whose records may have left DNS: what can't sign can't be stolen."""
    SigningKey.objects.filter(retired_at__lt=Now() - KEPT_PUBLISHED).exclude(sealed="").update(sealed="")


def _selector(label: str) -> str:
    good = label.isascii() and all(c.isalnum() or c == "-" for c in label) and label.strip("-") == label
    if not label or len(label) > 63 or not good:
        raise SigningKeyError(_("“%s” can’t be a selector: use letters, digits and hyphens.") % label)
    return label


def _new_selector(domain: str, algorithm: str) -> str:
    """The month and a letter for the algorithm, so that an administrator of DNS sees which is the old one."""
    base = f"c{timezone.now():%Y%m}{algorithm[0]}"
    taken = set(SigningKey.objects.filter(domain=domain).values_list("selector", flat=True))
    return next(name for name in (base, *(f"{base}{n}" for n in range(2, len(taken) + 3))) if name not in taken)
