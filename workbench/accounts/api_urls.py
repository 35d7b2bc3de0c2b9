"""Routes of the API below `/api/v1/` that belong to accounts."""

from django.urls import path

from . import people_api

urlpatterns = [
    path("people/", people_api.PeopleView.as_view(), name="api-people"),
    path("people/<str:account>/", people_api.PersonView.as_view(), name="api-person"),
    path(
        "people/<str:account>/link/",
        people_api.PersonLinkView.as_view(),
        name="api-person-link",
    ),
    path(
        "people/<str:account>/sign-out/",
        people_api.PersonSignOutView.as_view(),
        name="api-person-sign-out",
    ),
    path(
        "people/<str:account>/tokens/revocation/",
        people_api.PersonTokensView.as_view(),
        name="api-person-tokens",
    ),
    path(
        "people/<str:account>/two-factor/removal/",
        people_api.PersonTwoFactorView.as_view(),
        name="api-person-two-factor",
    ),
]
