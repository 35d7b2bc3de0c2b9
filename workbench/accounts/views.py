"""API tokens (created, shown once, revoked; knox stores only their hash), and whom to ask."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from knox.models import AuthToken

from .signed_in import signed_in


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    account, secret = signed_in(request), None
    if request.method == "POST":
        _token, secret = AuthToken.objects.create(account)
    rows = AuthToken.objects.filter(user=account).order_by("-created")
    return render(request, "account/tokens.html", {"tokens": rows, "secret": secret})


@login_required
@require_POST
def revoke(request: HttpRequest, key: str) -> HttpResponse:
    token = get_object_or_404(AuthToken, user=signed_in(request), token_key=key)
    token.delete()
    messages.success(request, _("The token no longer works."))
    return redirect("api-tokens")


@never_cache
def ask_administrator(request: HttpRequest) -> HttpResponse:
    """In place of each page that would send mail, on a site that cannot."""
    return render(request, "account/ask_administrator.html")
