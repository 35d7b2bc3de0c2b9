"""Routes of the account pages that allauth does not provide."""

from django.urls import path

from . import links_page, people_pages, views

urlpatterns = [
    path("token/", views.tokens, name="api-tokens"),
    path("token/<slug:key>/revoke/", views.revoke, name="api-token-revoke"),
    path("link/<slug:key>/", links_page.choose_password, name="account-link"),
    path("people/", people_pages.people, name="people"),
    path("people/<int:pk>/", people_pages.person, name="person"),
    path("people/<int:pk>/<slug:act>/", people_pages.person_act, name="person-act"),
]
