"""Where a link leads that an administrator handed over: choosing a password."""

from django.contrib import messages
from django.contrib.auth.forms import SetPasswordForm
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from .acts import tell
from .links import account_of


@never_cache
@require_http_methods(["GET", "POST"])
def choose_password(request: HttpRequest, key: str) -> HttpResponse:
    """Signing in is left to the sign-in page, which asks for a second factor too."""
    account = account_of(key)
    if account is None:
        return render(request, "account/link_gone.html", status=404)
    form = SetPasswordForm(account, request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            form.save()
            tell(account, "account.new_password")
        messages.success(request, _("The password is set. Sign in with it."))
        return redirect("account_login")
    return render(request, "account/choose_password.html", {"account": account, "form": form})
