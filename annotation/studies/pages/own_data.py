"""A person's own data as a file."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from workbench.accounts.signed_in import asks_again, signed_in

from ..own_data import own_data as collected


@never_cache
@login_required
@asks_again
@require_POST
def own_data(request: HttpRequest) -> JsonResponse:
    account = signed_in(request)
    file = f'attachment; filename="{account.pk}-account.json"'
    form = {"indent": 2, "ensure_ascii": False}
    return JsonResponse(
        collected(account), json_dumps_params=form, headers={"Content-Disposition": file}
    )
