"""Signing in to the desk, and the way back in for who forgot their password; both only so often.

Whether a name or an address is known can't be told from any answer: unknown ones are counted and answered alike.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.translation import get_language, ngettext, override
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from wagtail.admin.auth import require_admin_access
from wagtail.admin.forms.auth import LoginForm, PasswordChangeForm, PasswordResetForm
from wagtail.admin.views.account import (
    AccountView,
    BaseSettingsPanel,
    ChangePasswordPanel,
    LoginView,
    PasswordResetConfirmView,
    PasswordResetView,
)

from web.limits import Limit, client_address

QUARTER, HOUR = 15 * 60, 60 * 60  # seconds
TOO_MANY = 429
TOO_OFTEN = "too_often"

HERE = Limit("sign-in-here", times=5, seconds=QUARTER)  # one account from one address; a success begins it anew
ACCOUNT = Limit("sign-in-account", times=50, seconds=HOUR)  # failures for one account, from anywhere
ADDRESS = Limit("sign-in-address", times=30, seconds=QUARTER)  # failures from one address, for any account

FORGOT_HERE = Limit("forgot-here", times=10, seconds=HOUR)  # from one address
FORGOT_MAIL = Limit("forgot-mail", times=3, seconds=HOUR)  # to one mailbox
WRONG_LINKS = Limit("forgot-links", times=10, seconds=HOUR)  # links that don't hold, from one address

post_office = ThreadPoolExecutor(max_workers=1, thread_name_prefix="password-mail")


def seconds_to_wait(name: str, address: str) -> int:
    """How long until this account may be tried from here again; 0 if now."""
    account = name.casefold()
    kept = [HERE.seconds_left(f"{account} {address}"), ACCOUNT.seconds_left(account)]
    return max(*kept, ADDRESS.seconds_left(address) if address else 0)


def in_words(seconds: int) -> str:
    """“in 12 minutes”, rounded up."""
    minutes = -(-seconds // 60)
    return ngettext("in %d minute", "in %d minutes", minutes) % minutes


class Backend(ModelBackend):
    """Django's own accounts; too many attempts are refused before a password is looked at, at every door."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> Any:
        if request is None or not username:
            return super().authenticate(request, username, password, **kwargs)
        account, address = username.casefold(), client_address(request)
        if seconds_to_wait(username, address) or not HERE.allows(f"{account} {address}"):
            return None
        user = super().authenticate(request, username, password, **kwargs)
        if user is None:
            ACCOUNT.allows(account)
            if address:
                ADDRESS.allows(address)
        else:
            HERE.forget(f"{account} {address}")
        return user


class SignInForm(LoginForm):
    """Says how long to wait, where there were too many attempts."""

    def clean(self) -> dict[str, Any]:
        name = self.cleaned_data.get("username", "")
        seconds = seconds_to_wait(name, client_address(self.request)) if name and self.request else 0
        if seconds:
            raise _too_many(seconds)
        cleaned: dict[str, Any] = super().clean()
        return cleaned


def _too_many(seconds: int) -> forms.ValidationError:
    sentence = _("There were too many attempts to sign in. Try again %(when)s.")
    return forms.ValidationError(sentence % {"when": in_words(seconds)}, code=TOO_OFTEN)


class SignIn(LoginView):
    def get_form_class(self) -> type[SignInForm]:
        return SignInForm

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)
        if form.has_error("__all__", code=TOO_OFTEN):
            response.status_code = TOO_MANY
            response["Retry-After"] = str(
                seconds_to_wait(form.cleaned_data.get("username", ""), client_address(self.request))
            )
        return response


class ChangeForm(PasswordChangeForm):
    """The old password is a password like that of the door: it is tried there, and as seldom."""

    request: HttpRequest

    def clean_old_password(self) -> str:
        old: str = self.cleaned_data["old_password"]
        name = self.user.get_username()
        if seconds := seconds_to_wait(name, client_address(self.request)):
            raise _too_many(seconds)
        if authenticate(self.request, username=name, password=old) != self.user:
            raise forms.ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return old


class ChangePanel(ChangePasswordPanel):
    form_class = ChangeForm
    _form: ChangeForm | None = None

    def get_form(self) -> ChangeForm:
        """One form for one request: to look at it twice tries the old password once."""
        if self._form is None:
            self._form = super().get_form()
            self._form.request = self.request
        return self._form


@method_decorator([never_cache, require_admin_access], name="dispatch")
class Account(AccountView):
    """Wagtail's page of one's own account, where a session that was left open must not be good for guessing."""

    _panels: list[BaseSettingsPanel] | None = None

    def get_panels(self) -> list[BaseSettingsPanel]:
        if self._panels is None:
            self._panels = [
                ChangePanel(panel.request, panel.user, panel.profile) if type(panel) is ChangePasswordPanel else panel
                for panel in super().get_panels()
            ]
        return self._panels

    def post(self, request: HttpRequest) -> HttpResponse:
        response: HttpResponse = super().post(request)
        changes = [panel.get_form() for panel in self.get_panels() if isinstance(panel, ChangePanel)]
        if any(form.is_bound and form.has_error("old_password", code=TOO_OFTEN) for form in changes):
            response.status_code = TOO_MANY
            name = request.user.get_username()
            response["Retry-After"] = str(seconds_to_wait(name, client_address(request)))
        return response


class ForgottenForm(PasswordResetForm):
    """Mails the link from another thread, so that a known address takes no longer than an unknown one."""

    def save(self, *args: Any, **kwargs: Any) -> None:
        if FORGOT_MAIL.allows(self.cleaned_data["email"].casefold()):
            super().save(*args, **kwargs)

    def send_mail(self, *args: Any, **kwargs: Any) -> None:
        post_office.submit(self._send, get_language(), *args, **kwargs)

    def _send(self, language: str | None, *args: Any, **kwargs: Any) -> None:
        with override(language):
            super().send_mail(*args, **kwargs)


class Forgotten(PasswordResetView):
    """Asking for a link; the answer is the same whether or not the address is known."""

    def get_form_class(self) -> type[ForgottenForm]:
        return ForgottenForm

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        address = client_address(request)
        if not FORGOT_HERE.allows(address):
            return too_often(request, FORGOT_HERE.seconds_left(address))
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response


class ChooseAnew(PasswordResetConfirmView):
    """The link of that mail: it holds once and for a while; guessing others ends soon."""

    def dispatch(self, *args: Any, **kwargs: Any) -> HttpResponse:
        address = client_address(self.request)
        if seconds := WRONG_LINKS.seconds_left(address):
            return too_often(self.request, seconds)
        response: HttpResponse = super().dispatch(*args, **kwargs)
        if not self.validlink:
            WRONG_LINKS.allows(address)
        return response


def too_often(request: HttpRequest, seconds: int) -> HttpResponse:
    """A page that says how long to wait."""
    response = render(request, "web/desk/too_often.html", {"when": in_words(seconds)}, status=TOO_MANY)
    response["Retry-After"] = str(seconds)
    response["Cache-Control"] = "no-store"
    return response
