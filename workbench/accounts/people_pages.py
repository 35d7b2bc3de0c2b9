"""The page People: lab administrators invite, help and close accounts."""

from collections.abc import Callable
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ..core.errors import MintError
from . import people as services
from .links import make_link
from .models import ApiToken, User
from .people_mail import mail_link
from .signed_in import asks_again, signed_in
from .tokens import revoke_all_tokens

_PER_PAGE = 50


class InviteForm(forms.Form):
    username = forms.CharField(
        label=gettext_lazy("Account name"),
        max_length=150,
        help_text=gettext_lazy("What they sign in with: letters, digits and @ . + - _"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    email = forms.EmailField(label=gettext_lazy("E-mail address"), required=False, max_length=254)
    administrator = forms.BooleanField(
        label=gettext_lazy("Lab administrator"),
        required=False,
        help_text=gettext_lazy("Sees every study, and this page."),
    )


@never_cache
@login_required
@asks_again
@require_http_methods(["GET", "POST"])
def people(request: HttpRequest) -> HttpResponse:
    """The list; a POST invites somebody and shows their page with the link."""
    actor = _administrator(request)
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            account = services.invite(actor=actor, **form.cleaned_data)
        except MintError as error:
            form.add_error("username", error.message)
        else:
            return _person(request, account, link=_hand_over(request, account))
    search = request.GET.get("search", "").strip()
    page = Paginator(services.people(search=search), _PER_PAGE).get_page(request.GET.get("page"))
    context = {"section": "people", "page": page, "search": search, "form": form}
    context["query"] = urlencode({"search": search}) if search else ""
    return render(request, "account/people.html", context)


@never_cache
@login_required
@require_safe
def person(request: HttpRequest, pk: int) -> HttpResponse:
    _administrator(request)
    return _person(request, get_object_or_404(User, pk=pk))


@never_cache
@login_required
@asks_again
@require_POST
def person_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """One act; those that make a link show it on the page, this once."""
    _administrator(request)
    account = get_object_or_404(User, pk=pk)
    if act not in _ACTS:
        raise Http404
    try:
        link = _ACTS[act](request, account)
    except MintError as error:
        messages.error(request, error.message)
        link = None
    if link is not None:
        return _person(request, get_object_or_404(User, pk=pk), link=link)
    return redirect("person", pk) if signed_in(request).is_active else redirect("studies")


def _administrator(request: HttpRequest) -> User:
    """Raises Http404 for others, as if there were no such page."""
    account = signed_in(request)
    if not account.is_staff:
        raise Http404
    return account


def _person(request: HttpRequest, account: User, *, link: str | None = None) -> HttpResponse:
    found = services.people().get(pk=account.pk)
    context = {"section": "people", "person": found, "link": link}
    context["tokens"] = ApiToken.objects.filter(user=account).order_by("-created")
    return render(request, "account/person.html", context)


def _hand_over(request: HttpRequest, account: User) -> str:
    """A new link, whole; mailed too where the site can and the account has an address."""
    link = request.build_absolute_uri(make_link(account, actor=signed_in(request)))
    if settings.EMAIL_URL and account.email:
        _mail(request, account, link)
    return link


def _mail(request: HttpRequest, account: User, link: str) -> None:
    if mail_link(account, link):
        messages.success(request, _("The link was sent to %(to)s.") % {"to": account.email})
    else:
        messages.error(request, _("The mail could not be sent. Hand the link over yourself."))


def _link(request: HttpRequest, account: User) -> str:
    return _hand_over(request, account)


def _raise(request: HttpRequest, account: User) -> None:
    services.set_administrator(
        actor=signed_in(request), username=account.username, administrator=True
    )
    messages.success(request, _("%(name)s is a lab administrator.") % {"name": account.username})


def _lower(request: HttpRequest, account: User) -> None:
    services.set_administrator(
        actor=signed_in(request), username=account.username, administrator=False
    )
    messages.success(
        request, _("%(name)s sees only their own studies now.") % {"name": account.username}
    )


def _close(request: HttpRequest, account: User) -> None:
    services.close_account(actor=signed_in(request), username=account.username)
    messages.success(request, _("%(name)s can no longer sign in.") % {"name": account.username})


def _reopen(request: HttpRequest, account: User) -> str:
    services.reopen_account(actor=signed_in(request), username=account.username)
    return _hand_over(request, User.objects.get(pk=account.pk))


def _sign_out(request: HttpRequest, account: User) -> None:
    services.sign_out_everywhere(actor=signed_in(request), username=account.username)
    messages.success(request, _("%(name)s is signed out everywhere.") % {"name": account.username})


def _end_tokens(request: HttpRequest, account: User) -> None:
    revoke_all_tokens(account, actor=signed_in(request))
    messages.success(
        request, _("The API tokens of %(name)s no longer work.") % {"name": account.username}
    )


def _forget_two_factor(request: HttpRequest, account: User) -> None:
    services.forget_two_factor(actor=signed_in(request), username=account.username)
    messages.success(
        request, _("%(name)s signs in by password alone.") % {"name": account.username}
    )


#: What returns a link shows it.
_ACTS: dict[str, Callable[[HttpRequest, User], str | None]] = {
    "link": _link,
    "raise": _raise,
    "lower": _lower,
    "close": _close,
    "reopen": _reopen,
    "sign-out": _sign_out,
    "end-tokens": _end_tokens,
    "forget-two-factor": _forget_two_factor,
}
