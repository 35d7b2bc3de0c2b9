"""Who works on a study, and what each may do there."""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from workbench.accounts.models import User
from workbench.accounts.signed_in import signed_in
from workbench.core.errors import MintError

from ...models import Membership, Study
from ..members import (
    GIVEN_ROLES,
    add_member,
    change_member,
    members_of,
    remove_member,
    transfer_ownership,
)
from ..selectors import find_study


class RoleForm(forms.Form):
    role = forms.ChoiceField(
        label=gettext_lazy("Role in the study"), choices=GIVEN_ROLES, initial="viewer"
    )
    sees_names = forms.BooleanField(label=gettext_lazy("Sees raters’ names"), required=False)


class MemberForm(RoleForm):
    account = forms.CharField(
        label=gettext_lazy("Account name"),
        max_length=150,
        help_text=gettext_lazy("What the person signs in with."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order = ("account",)


@login_required
@require_http_methods(["GET", "POST"])
def study_members(request: HttpRequest, slug: str) -> HttpResponse:
    """The list, and adding to it."""
    adding = request.method == "POST"
    study = find_study(request.user, slug, f"annotation.change_{'members' if adding else 'study'}")
    form = MemberForm(request.POST if adding else None)
    if adding and form.is_valid():
        try:
            add_member(study=study, actor=signed_in(request), **form.cleaned_data)
        except MintError as error:
            form.add_error("account", error.message)
        else:
            messages.success(request, _("The member is added."))
            return redirect("study-members", slug)
    context = {"study": study, "tab": "settings", "part": "members", "form": form}
    return render(request, "annotation/study_members.html", context | _shown(request, study))


def _shown(request: HttpRequest, study: Study) -> dict[str, object]:
    user = signed_in(request)
    return {
        "members": members_of(study),
        "roles": GIVEN_ROLES,
        "chooses": user.has_perm("annotation.change_members", study),
        "shows_names": user.has_perm("annotation.read_identities", study),
    }


@login_required
@require_POST
def study_member(request: HttpRequest, slug: str, pk: int, act: str) -> HttpResponse:
    """One act on one member; a member by another address is none."""
    study = find_study(request.user, slug, "annotation.change_members")
    member = get_object_or_404(Membership.objects.select_related("user"), study=study, pk=pk)
    if act not in _ACTS:
        raise Http404
    try:
        said = _ACTS[act](request, study, member.user.username)
    except MintError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, said)
    user = User.objects.get(pk=signed_in(request).pk)
    stays = user.has_perm("annotation.change_study", study)
    return redirect("study-members", slug) if stays else redirect("studies")


def _change(request: HttpRequest, study: Study, account: str) -> str:
    form = RoleForm(request.POST)
    given = form.cleaned_data if form.is_valid() else {"role": "", "sees_names": False}
    change_member(study=study, actor=signed_in(request), account=account, **given)
    return _("%(name)s is a member with the new role.") % {"name": account}


def _remove(request: HttpRequest, study: Study, account: str) -> str:
    remove_member(study=study, actor=signed_in(request), account=account)
    return _("%(name)s is no longer a member.") % {"name": account}


def _make_owner(request: HttpRequest, study: Study, account: str) -> str:
    transfer_ownership(study=study, actor=signed_in(request), account=account)
    return _("%(name)s owns the study now.") % {"name": account}


_ACTS: dict[str, Callable[[HttpRequest, Study, str], str]] = {
    "change": _change,
    "remove": _remove,
    "owner": _make_owner,
}
