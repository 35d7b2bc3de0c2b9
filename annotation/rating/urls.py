"""The rating page's one address."""

from django.urls import path

from . import views

urlpatterns = [path("<str:token>/", views.rate, name="rate")]
