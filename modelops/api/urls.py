"""Routes; see the views."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
