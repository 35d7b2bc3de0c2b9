"""The owner's pages about webhooks: all of a study, and one with what was sent to it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from workbench.accounts.models import User
from workbench.accounts.signed_in import signed_in
from workbench.core.errors import MintError

from ..models import Study, Webhook, WebhookDelivery
from ..models.webhook import SUBSCRIBABLE
from ..studies.selectors import find_study
from . import services
from .attempts import Failure

#: Deliveries on a webhook's page; the API has all.
_SHOWN = 30
_FAILURES: dict[str, str | Promise] = {
    Failure.STATUS: gettext_lazy("Refused"),
    Failure.REDIRECT: gettext_lazy("Leads elsewhere, which is not followed"),
    Failure.TIMEOUT: gettext_lazy("No answer in time"),
    Failure.CONNECTION: gettext_lazy("No connection"),
    Failure.ADDRESS: gettext_lazy("Its address is in a private network"),
    Failure.SECRET: gettext_lazy("The site’s key has changed: rotate the secret"),
}


class WebhookForm(forms.Form):
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=2000,
        widget=forms.URLInput(attrs={"placeholder": "https://", "dir": "ltr"}),
        help_text=gettext_lazy("It begins with https:// and leads to the public internet."),
    )
    description = forms.CharField(
        label=gettext_lazy("What it is for"), max_length=200, required=False
    )
    events = forms.MultipleChoiceField(
        label=gettext_lazy("Events"),
        choices=[(str(item), item.label) for item in SUBSCRIBABLE],
        widget=forms.CheckboxSelectMultiple,
    )


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def webhook_list(request: HttpRequest, slug: str) -> HttpResponse:
    """All webhooks of the study; adding one shows its secret, once."""
    study = find_study(request.user, slug, "annotation.change_study")
    form = WebhookForm(request.POST or None)
    added, secret = None, None
    if request.method == "POST" and form.is_valid():
        try:
            added, secret = services.add_webhook(
                study=study, actor=signed_in(request), **form.cleaned_data
            )
        except MintError as error:
            form.add_error(None, error.message)
        else:
            form = WebhookForm()
    context = {"webhooks": study.webhooks.all(), "form": form, "added": added, "secret": secret}
    return render(request, "annotation/webhooks.html", {**_frame(study), **context})


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def webhook_detail(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One webhook and its latest deliveries; `act` names what is done with it."""
    study = find_study(request.user, slug, "annotation.change_study")
    webhook = get_object_or_404(study.webhooks, pk=pk)
    webhook.study = study
    if request.method == "POST" and request.POST.get("act") == "rotate":
        secret = services.rotate_secret(webhook=webhook, actor=signed_in(request))
        return _page(request, webhook, _form_of(webhook), secret=secret)
    if request.method == "POST" and request.POST.get("act") in _ACTS:
        return _act(request, webhook)
    if request.method == "POST":
        return _change(request, webhook)
    return _page(request, webhook, _form_of(webhook))


def _change(request: HttpRequest, webhook: Webhook) -> HttpResponse:
    form = WebhookForm(request.POST)
    if form.is_valid():
        try:
            services.change_webhook(webhook=webhook, actor=signed_in(request), **form.cleaned_data)
        except MintError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Saved."))
            return redirect(webhook)
    return _page(request, webhook, form)


def _act(request: HttpRequest, webhook: Webhook) -> HttpResponse:
    try:
        done = _ACTS[request.POST["act"]](request, webhook, signed_in(request))
    except MintError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, done)
    if webhook.pk is None:
        return redirect("study-webhooks", webhook.study.slug)
    return redirect(webhook)


def _ping(request: HttpRequest, webhook: Webhook, actor: User) -> str:
    services.ping(webhook=webhook)
    return _("A test event is on its way. Reload the page to see how it went.")


def _pause(request: HttpRequest, webhook: Webhook, actor: User) -> str:
    services.pause_webhook(webhook=webhook, actor=actor)
    return _("Paused: no event is sent until you resume it.")


def _resume(request: HttpRequest, webhook: Webhook, actor: User) -> str:
    services.resume_webhook(webhook=webhook, actor=actor)
    return _("Resumed.")


def _remove(request: HttpRequest, webhook: Webhook, actor: User) -> str:
    services.remove_webhook(webhook=webhook, actor=actor)
    return _("The webhook and its deliveries are removed.")


def _replay_failed(request: HttpRequest, webhook: Webhook, actor: User) -> str:
    number = services.replay_failed(webhook=webhook)
    return ngettext("%(n)d delivery is sent again.", "%(n)d deliveries are sent again.", number) % {
        "n": number
    }


def _replay(request: HttpRequest, webhook: Webhook, actor: User) -> str:
    chosen = forms.UUIDField(required=False)
    try:
        key = chosen.clean(request.POST.get("delivery", ""))
    except forms.ValidationError:
        key = None
    delivery = get_object_or_404(webhook.deliveries, pk=key)
    delivery.webhook = webhook
    services.replay(delivery=delivery)
    return _("The delivery is sent again.")


_ACTS: dict[str, Callable[[HttpRequest, Webhook, User], str]] = {
    "ping": _ping,
    "pause": _pause,
    "resume": _resume,
    "remove": _remove,
    "replay-failed": _replay_failed,
    "replay": _replay,
}


def _form_of(webhook: Webhook) -> WebhookForm:
    fields = {name: getattr(webhook, name) for name in WebhookForm.base_fields}
    return WebhookForm(initial=fields)


def _page(
    request: HttpRequest, webhook: Webhook, form: WebhookForm, *, secret: str | None = None
) -> HttpResponse:
    deliveries = list(webhook.deliveries.all()[:_SHOWN])
    context = {
        "webhook": webhook,
        "host": services.host_of(webhook),
        "form": form,
        "secret": secret,
        "deliveries": [(item, _outcome(item)) for item in deliveries],
        "any_failed": webhook.deliveries.filter(state=WebhookDelivery.State.GIVEN_UP).exists(),
    }
    return render(request, "annotation/webhook.html", {**_frame(webhook.study), **context})


def _outcome(delivery: WebhookDelivery) -> str:
    """What came of the latest attempt, in words; nothing before the first one."""
    if not delivery.log:
        return ""
    last = delivery.log[-1]
    failure = _FAILURES.get(last["failure"], "")
    words = [str(last["status"] or ""), str(failure), f"{last['milliseconds']} ms"]
    return " · ".join(filter(None, words))


def _frame(study: Study) -> dict[str, Any]:
    return {"study": study, "tab": "settings", "part": "webhooks"}
