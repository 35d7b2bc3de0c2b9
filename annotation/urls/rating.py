"""The addresses that raters are given: their own, and a study's shared one."""

from django.urls import path

from ..rating.pages import checks, joining, views

urlpatterns = [
    path("join/<str:token>/", joining.join_study, name="join"),
    path("plates/<int:place>.svg", checks.plate, name="rating-plate"),
    path("<str:token>/", views.rate, name="rate"),
]
