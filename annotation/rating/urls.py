"""The addresses that raters are given: their own, and a study's shared one."""

from django.urls import path

from . import joining, views

urlpatterns = [
    path("join/<str:token>/", joining.join_study, name="join"),
    path("<str:token>/", views.rate, name="rate"),
]
