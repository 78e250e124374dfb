"""The keys that letters are signed with, on the desk: made, published, checked, used, retired."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.log_actions import log

from composer.models import BulletinPage
from dispatch.doctor.findings import Finding, State
from dispatch.doctor.lookup import NoDns, system_lookup
from dispatch.models import SigningKey
from dispatch.signing_keys import (
    SigningKeyError,
    check_key,
    domain_name,
    in_use,
    make_key,
    record_may_go,
    record_of,
    retire_key,
    use_key,
)
from web.desk.frame import desk_page
from web.desk.permissions import may_keep_keys, only

USE, RETIRE = "circular.key.use", "circular.key.retire"
ICON = "key"


class KeyForm(forms.Form):
    domain = forms.CharField(
        label=gettext_lazy("Domain"),
        max_length=200,
        help_text=gettext_lazy("What stands behind the @ in the sender’s address."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "list": "circular-domains"}),
    )
    algorithm = forms.ChoiceField(
        label=gettext_lazy("Algorithm"),
        choices=SigningKey.Algorithm.choices,
        help_text=gettext_lazy(
            "Every receiver understands RSA-2048. Ed25519 may sign beside it, with a key of its own; not alone."
        ),
    )

    def clean_domain(self) -> str:
        try:
            return domain_name(self.cleaned_data["domain"])
        except SigningKeyError as error:
            raise forms.ValidationError(str(error)) from error


@require_safe
@only(may_keep_keys)
def signing_keys(request: HttpRequest) -> HttpResponse:
    """The list of keys, and the senders' domains that have none in use."""
    in_order = ("domain", F("retired_at").desc(nulls_first=True), F("used_from").desc(nulls_last=True), "-made_at")
    keys = list(SigningKey.objects.order_by(*in_order))
    signing = {key.domain for key in keys if _is_used(key)}
    context = {
        "rows": [(key, _state(key), _since(key)) for key in keys],
        "unsigned": [domain for domain in _sending_domains() if domain not in signing],
        "ed25519_alone": sorted(signing - {key.domain for key in keys if _is_used(key) and _is_rsa(key)}),
    }
    buttons = [(_("New key"), reverse("circular_signing_key_new"), "plus")]
    return desk_page(
        request, "web/desk/signing_keys/list.html", context, title=_("Signing keys"), icon=ICON, buttons=buttons
    )


@require_http_methods(["GET", "HEAD", "POST"])
@only(may_keep_keys)
def new_signing_key(request: HttpRequest) -> HttpResponse:
    """Make a key; its page then says what to publish."""
    domains = _sending_domains()
    form = KeyForm(request.POST or None, initial={"domain": domains[0] if len(domains) == 1 else ""})
    if request.method == "POST" and form.is_valid():
        try:
            key = make_key(form.cleaned_data["domain"], form.cleaned_data["algorithm"])
        except SigningKeyError as error:
            form.add_error("domain", str(error))
        else:
            log(instance=key, action="wagtail.create", user=request.user, data={"algorithm": key.algorithm})
            messages.success(request, _("The key is made. It signs nothing until DNS has it and you use it."))
            return redirect("circular_signing_key", key.pk)
    return _page(request, "new", {"form": form, "domains": domains}, title=_("New signing key"))


@require_safe
@only(may_keep_keys)
def signing_key(request: HttpRequest, pk: int) -> HttpResponse:
    """One key: the record to publish, how it stands, and what can be done with it."""
    key = get_object_or_404(SigningKey, pk=pk)
    record = record_of(key)
    signing = list(in_use(key.domain))
    rsa = any(_is_rsa(each) for each in signing if each != key)
    usable = not _is_used(key) and bool(key.sealed)
    context = {
        "key": key,
        "record": record,
        "length": len(record.value),
        "state": _state(key),
        "since": _since(key),
        "may_go": record_may_go(key),
        "used": _is_used(key),
        "usable": usable and (_is_rsa(key) or rsa),
        "wants_rsa": usable and not _is_rsa(key) and not rsa,
        "replaces": next((each for each in signing if each.algorithm == key.algorithm), None),
        "last": _is_used(key) and not rsa,
    }
    return _page(request, "key", context, title=key.selector)


@require_POST
@only(may_keep_keys)
def signing_key_action(request: HttpRequest, pk: int) -> HttpResponse:
    """What the buttons of a key's page do."""
    key = get_object_or_404(SigningKey, pk=pk)
    try:
        match request.POST.get("do"):
            case "check":
                _tell(request, _looked_up(key))
            case "use":
                _use(request, key, despite_dns=request.POST.get("despite_dns") == "yes")
            case "retire":
                _retire(request, key, unsigned=request.POST.get("unsigned") == "yes")
            case _:
                messages.error(request, _("There is no such button."))
    except SigningKeyError as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(reverse("circular_signing_key", args=[pk]))


def _use(request: HttpRequest, key: SigningKey, *, despite_dns: bool) -> None:
    done = use_key(key, _looked_up(key), despite_dns=despite_dns)
    log(instance=key, action=USE, user=request.user, data={"despite_dns": despite_dns})
    words = _("%(selector)s signs the letters of %(domain)s from now on; the workers know within a minute.")
    messages.success(request, words % {"selector": key.selector, "domain": key.domain})
    if done.replaced is not None and (may_go := record_may_go(done.replaced)):
        messages.info(request, _no_longer(done.replaced, may_go))


def _retire(request: HttpRequest, key: SigningKey, *, unsigned: bool) -> None:
    may_go = retire_key(key, unsigned=unsigned)
    log(instance=key, action=RETIRE, user=request.user, data={"unsigned": unsigned})
    messages.success(request, _no_longer(key, may_go))


def _no_longer(key: SigningKey, may_go: datetime) -> str:
    if may_go <= timezone.now():
        return _("%s is retired. Its record may leave DNS.") % key.selector
    words = _("%(selector)s no longer signs. Until %(date)s its record must stay in DNS.")
    return words % {"selector": key.selector, "date": date_format(may_go, "DATETIME_FORMAT")}


def _looked_up(key: SigningKey) -> Finding:
    try:
        return check_key(key, system_lookup())
    except NoDns as error:
        return Finding("dkim", str(key), State.UNANSWERED, str(error))


def _tell(request: HttpRequest, finding: Finding) -> None:
    words = f"{finding.words} {finding.to_do}".strip()
    if finding.state is State.OK:
        messages.success(request, words)
    elif finding.bad:
        messages.error(request, words)
    else:
        messages.warning(request, words)


def _is_used(key: SigningKey) -> bool:
    return key.used_from is not None and key.retired_at is None


def _is_rsa(key: SigningKey) -> bool:
    return key.algorithm == SigningKey.Algorithm.RSA


def _state(key: SigningKey) -> str:
    """`used`, `new` or `retired`: its word and its colour."""
    return "used" if _is_used(key) else "retired" if key.retired_at else "new"


def _since(key: SigningKey) -> str:
    """What is to be known of a key beside its state."""
    may_go = record_may_go(key)
    if may_go is not None:
        if may_go <= timezone.now():
            return _("Its record may leave DNS")
        return _("Leave its record in DNS until %s") % date_format(may_go, "DATETIME_FORMAT")
    if key.used_from is None:
        return _("Signs nothing yet")
    return _("Since %s") % date_format(key.used_from, "DATE_FORMAT")


def _sending_domains() -> list[str]:
    """Those of the bulletins' senders, as keys know them."""
    addresses = BulletinPage.objects.values_list("sender_address", flat=True)
    found = set()
    for address in addresses:
        try:
            found.add(domain_name(address.rpartition("@")[2]))
        except SigningKeyError:
            continue  # no key can be made for it
    return sorted(found)


def _page(request: HttpRequest, template: str, context: dict[str, Any], *, title: str) -> HttpResponse:
    crumbs = [(_("Signing keys"), reverse("circular_signing_keys"))]
    return desk_page(request, f"web/desk/signing_keys/{template}.html", context, title=title, icon=ICON, crumbs=crumbs)


@hooks.register("register_admin_urls")
def signing_key_urls() -> list[URLPattern]:
    return [
        path("signing-keys/", signing_keys, name="circular_signing_keys"),
        path("signing-keys/new/", new_signing_key, name="circular_signing_key_new"),
        path("signing-keys/<int:pk>/", signing_key, name="circular_signing_key"),
        path("signing-keys/<int:pk>/do/", signing_key_action, name="circular_signing_key_action"),
    ]


class SigningKeysMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return may_keep_keys(request.user)


@hooks.register("register_settings_menu_item")
def signing_keys_menu_item() -> MenuItem:
    return SigningKeysMenuItem(
        gettext_lazy("Signing keys"), reverse("circular_signing_keys"), name="signing-keys", icon_name=ICON, order=810
    )


@hooks.register("register_log_actions")
def signing_key_log_actions(actions: Any) -> None:
    actions.register_action(USE, gettext_lazy("Use a signing key"), gettext_lazy("Signs with the key from now on"))
    actions.register_action(RETIRE, gettext_lazy("Retire a signing key"), gettext_lazy("Retired the signing key"))
