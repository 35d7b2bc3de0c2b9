"""Routes of the account pages that allauth does not provide."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.tokens, name="api-tokens"),
    path("<slug:key>/revoke/", views.revoke, name="api-token-revoke"),
]
