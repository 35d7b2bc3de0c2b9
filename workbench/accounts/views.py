"""API tokens (created, shown once, revoked), and whom to ask."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from knox.settings import knox_settings

from ..core.errors import MintError
from .models import ApiToken, TokenScope, User
from .signed_in import asks_again, signed_in
from .tokens import make_token, open_scopes, own_studies, revoke_token


def _lifetimes() -> list[tuple[int, str]]:
    """Days to choose from, the longest first: that of the site."""
    longest: int = knox_settings.TOKEN_TTL.days
    shorter = [days for days in (90, 30, 7) if days < longest]
    return [(days, _days(days)) for days in (longest, *shorter)]


def _days(number: int) -> str:
    return ngettext("%(number)s day", "%(number)s days", number) % {"number": number}


class TokenForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("What it is for, so that you know which one to revoke."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("It may"),
        initial=[TokenScope.READ, TokenScope.EXPORT],
        widget=forms.CheckboxSelectMultiple,
    )
    studies = forms.MultipleChoiceField(
        label=gettext_lazy("Only these studies (none: all)"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("Expires after"),
        coerce=int,
        choices=_lifetimes,
        required=False,
        empty_value=None,
    )

    def __init__(self, account: User, data: QueryDict | None = None) -> None:
        super().__init__(data)
        self.fields["studies"].choices = own_studies(account)  # type: ignore[attr-defined]
        offered = [(scope, scope.label) for scope in open_scopes(account)]
        self.fields["scopes"].choices = offered  # type: ignore[attr-defined]


@never_cache
@login_required
@asks_again
@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    account, secret = signed_in(request), None
    form = TokenForm(account, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _token, secret = make_token(account, **form.cleaned_data)
        except MintError as error:
            form.add_error("name", error.message)
        else:
            form = TokenForm(account)
    rows = ApiToken.objects.filter(user=account).order_by("-created")
    context = {"section": "tokens", "tokens": rows, "secret": secret, "form": form}
    return render(request, "account/tokens.html", context)


@login_required
@require_POST
def revoke(request: HttpRequest, key: str) -> HttpResponse:
    if not revoke_token(signed_in(request), key):
        raise Http404
    messages.success(request, _("The token no longer works."))
    return redirect("api-tokens")


@never_cache
def ask_administrator(request: HttpRequest) -> HttpResponse:
    """In place of each page that would send mail, on a site that cannot."""
    return render(request, "account/ask_administrator.html")
