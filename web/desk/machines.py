"""Other systems on the desk: the tokens by which they come in, and the webhooks by which they are told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.log_actions import LogFormatter, log

from dispatch.webhooks import again, deliver_now, make_test_call
from subscribers.keys import make_token, revoke
from subscribers.models import ApiToken, Webhook
from subscribers.syncing_change import LOG_ACTION
from subscribers.webhooks import rotate, secret_of
from web.desk.frame import desk_page
from web.desk.machine_forms import EVENTS, TokenForm, WebhookForm
from web.desk.permissions import may_have_tokens, may_have_webhooks, only

REVOKE, ROTATE, SWITCH = "circular.revoke", "circular.rotate", "circular.switch"
SHOWN = 50  # of the last calls


def may_connect(user: Any) -> bool:
    """Have anything to do with other systems."""
    return may_have_tokens(user) or may_have_webhooks(user)


@require_safe
@only(may_connect)
def systems(request: HttpRequest) -> HttpResponse:
    """The list of tokens and webhooks, as far as the user may have either."""
    waiting = Count("calls", filter=Q(calls__due_at__isnull=False))
    context = {
        "tokens": ApiToken.objects.select_related("made_by").order_by("revoked_at", "name")
        if may_have_tokens(request.user)
        else None,
        "webhooks": Webhook.objects.annotate(waiting=waiting) if may_have_webhooks(request.user) else None,
        "event_names": dict(EVENTS),
        "now": timezone.now(),
    }
    return desk_page(request, "web/desk/machines/systems.html", context, title=_("Other systems"), icon="link")


@require_http_methods(["GET", "HEAD", "POST"])
@only(may_have_tokens)
def new_token(request: HttpRequest) -> HttpResponse:
    """Make a token. The answer to the POST is the one page that ever shows its key."""
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = make_token(
            name=form.cleaned_data["name"],
            scopes=form.cleaned_data["scopes"],
            expires_at=form.cleaned_data["expires_at"],
            user=request.user,
        )
        log(instance=made.token, action="wagtail.create", user=request.user, data={"scopes": made.token.scopes})
        shown = _page(request, "key", {"made": made}, title=_("The key of “%s”") % made.token.name)
        shown["Cache-Control"] = "no-store"
        return shown
    return _page(request, "form", {"form": form, "button": _("Make the token")}, title=_("New token"))


@require_http_methods(["GET", "HEAD", "POST"])
@only(may_have_tokens)
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then end a token at once."""
    token = get_object_or_404(ApiToken, pk=pk, revoked_at=None)
    if request.method == "POST":
        if revoke(token.pk):
            log(instance=token, action=REVOKE, user=request.user)
            messages.success(request, _("“%s” opens nothing any more.") % token.name)
        return redirect("circular_systems")
    return _page(request, "revoke", {"token": token}, title=_("Revoke “%s”") % token.name)


@require_http_methods(["GET", "HEAD", "POST"])
@only(may_have_webhooks)
def edit_webhook(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Make a webhook, or change one."""
    webhook = get_object_or_404(Webhook, pk=pk) if pk is not None else None
    form = WebhookForm(request.POST or None, instance=webhook)
    if request.method == "POST" and form.is_valid():
        saved = form.save(commit=False)
        if webhook is None:
            saved.made_by = request.user
        saved.save()
        action = "wagtail.edit" if webhook else "wagtail.create"
        log(instance=saved, action=action, user=request.user, data={"events": saved.events})
        messages.success(request, _("The webhook is saved. Make a test call to see whether it gets through."))
        return redirect("circular_webhook", saved.pk)
    title = _("Change the webhook") if webhook else _("New webhook")
    return _page(request, "form", {"form": form, "button": _("Save")}, title=title)


@require_safe
@only(may_have_webhooks)
def webhook_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A webhook with its secret and what came of its last calls."""
    webhook = get_object_or_404(Webhook, pk=pk)
    context = {
        "webhook": webhook,
        "secret": secret_of(webhook),
        "rotated_lately": webhook.rotated_at and timezone.now() - webhook.rotated_at < timedelta(days=1),
        "events": [label for event, label in EVENTS if event in webhook.events],
        "calls": [(call, _own_words(call.reply)) for call in webhook.calls.order_by("-pk")[:SHOWN]],
        "waiting": webhook.calls.filter(due_at__isnull=False).count(),
        "problem": _own_words(webhook.problem),
    }
    page = desk_page(
        request,
        "web/desk/machines/webhook.html",
        context,
        title=webhook.note or webhook.url,
        icon="link",
        crumbs=[(_("Other systems"), reverse("circular_systems"))],
        buttons=[(_("Change"), reverse("circular_webhook_edit", args=[pk]), "edit")],
    )
    page["Cache-Control"] = "no-store"
    return page


@require_POST
@only(may_have_webhooks)
def webhook_action(request: HttpRequest, pk: int) -> HttpResponse:
    """What the buttons of a webhook's page do."""
    webhook = get_object_or_404(Webhook, pk=pk)
    match request.POST.get("do"):
        case "test":
            _tell_of_call(request, webhook, make_test_call(webhook).pk)
        case "again":
            call = get_object_or_404(webhook.calls, pk=_number(request.POST.get("call", "")))
            if again(call.pk):
                _tell_of_call(request, webhook, call.pk)
            else:
                messages.error(request, _("This call can’t be made again."))
        case "rotate":
            rotate(pk)
            log(instance=webhook, action=ROTATE, user=request.user)
            messages.success(request, _("There is a new secret. For a day, calls are signed with the old one as well."))
        case "off":
            Webhook.objects.filter(pk=pk).update(active=False, problem="")
            log(instance=webhook, action=SWITCH, user=request.user, data={"active": False})
            messages.success(request, _("The webhook is switched off: it is told of nothing that happens from now on."))
        case "on":
            _switch_on(request, webhook)
        case "delete":
            log(instance=webhook, action="wagtail.delete", user=request.user, deleted=True)
            webhook.delete()
            messages.success(request, _("The webhook is deleted."))
            return redirect("circular_systems")
        case _:
            messages.error(request, _("There is no such button."))
    return HttpResponseRedirect(reverse("circular_webhook", args=[pk]))


def _switch_on(request: HttpRequest, webhook: Webhook) -> None:
    Webhook.objects.filter(pk=webhook.pk).update(
        active=True, problem="", failures=0, failing_since=None, rests_until=None
    )
    waiting = webhook.calls.filter(due_at__isnull=False).update(due_at=Now(), attempts=0, tried_at=None)
    log(instance=webhook, action=SWITCH, user=request.user, data={"active": True})
    messages.success(
        request,
        ngettext(
            "The webhook is switched on. %d call that waited is made now; what happened in between it isn’t told.",
            "The webhook is switched on. %d calls that waited are made now; what happened in between it isn’t told.",
            waiting,
        )
        % waiting,
    )


def _tell_of_call(request: HttpRequest, webhook: Webhook, call_id: int) -> None:
    """Make a call while the person waits, and say what came of it."""
    if not webhook.active:
        messages.error(request, _("The webhook is switched off: switch it on first."))
        return
    deliver_now(call_id)
    call = webhook.calls.get(pk=call_id)
    if call.delivered_at is not None:
        messages.success(request, _("The call got through: it was answered with %d.") % call.code)
    elif call.code:
        words = _("The call was answered with %(code)d: %(reply)s")
        messages.error(request, words % {"code": call.code, "reply": call.reply or "—"})
    else:
        messages.error(request, _own_words(call.reply) or _("Another worker is making this call."))


def _own_words(text: str) -> str:
    """What was noted, in the reader's language where the words are ours; a receiver's own stay as they are."""
    return _(text) if text else ""


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _page(request: HttpRequest, template: str, context: dict[str, Any], *, title: str) -> HttpResponse:
    crumbs = [(_("Other systems"), reverse("circular_systems"))]
    return desk_page(request, f"web/desk/machines/{template}.html", context, title=title, icon="link", crumbs=crumbs)


@hooks.register("register_admin_urls")
def machine_urls() -> list[URLPattern]:
    return [
        path("systems/", systems, name="circular_systems"),
        path("systems/tokens/new/", new_token, name="circular_token_new"),
        path("systems/tokens/<int:pk>/revoke/", revoke_token, name="circular_token_revoke"),
        path("systems/webhooks/new/", edit_webhook, name="circular_webhook_new"),
        path("systems/webhooks/<int:pk>/", webhook_page, name="circular_webhook"),
        path("systems/webhooks/<int:pk>/edit/", edit_webhook, name="circular_webhook_edit"),
        path("systems/webhooks/<int:pk>/do/", webhook_action, name="circular_webhook_action"),
    ]


class SystemsMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return may_connect(request.user)


@hooks.register("register_settings_menu_item")
def systems_menu_item() -> MenuItem:
    return SystemsMenuItem(
        gettext_lazy("Other systems"), reverse("circular_systems"), name="systems", icon_name="link", order=800
    )


@hooks.register("register_log_actions")
def machine_log_actions(actions: Any) -> None:
    actions.register_action(REVOKE, gettext_lazy("Revoke a token"), gettext_lazy("Revoked the token"))
    actions.register_action(ROTATE, gettext_lazy("Make a new secret"), gettext_lazy("Made a new secret"))
    actions.register_action(SWITCH, gettext_lazy("Switch a webhook"), gettext_lazy("Switched the webhook on or off"))

    @actions.register_action(LOG_ACTION)
    class FromOutside(LogFormatter):
        label = gettext_lazy("Change from another system")

        def format_message(self, log_entry: Any) -> str:
            data = log_entry.data
            who = {"token": data.get("token", ""), "what": ", ".join(map(str, data.get("fields", [])))}
            if data.get("new"):
                return _("Added by the system “%(token)s”") % who
            if not who["what"]:
                return _("Changed by the system “%(token)s”") % who
            return _("Changed by the system “%(token)s”: %(what)s") % who
