"""API tokens (created, shown once, revoked), and whom to ask."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from ..core.errors import MintError
from .models import ApiToken, TokenScope
from .signed_in import asks_again, signed_in
from .tokens import make_token, revoke_token


class TokenForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("What it is for, so that you know which one to revoke."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("It may"),
        choices=TokenScope.choices,
        initial=[TokenScope.READ, TokenScope.EXPORT],
        widget=forms.CheckboxSelectMultiple,
    )


@never_cache
@login_required
@asks_again
@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    account, secret = signed_in(request), None
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _token, secret = make_token(account, **form.cleaned_data)
        except MintError as error:
            form.add_error("name", error.message)
        else:
            form = TokenForm()
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
