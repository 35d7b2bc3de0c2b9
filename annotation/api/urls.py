"""Routes; see the views."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("rating/", include("annotation.api.rating.urls")),
]
