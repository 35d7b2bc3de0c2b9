"""Routes; see the views."""

from django.urls import URLPattern, path

from . import importing

urlpatterns: list[URLPattern] = [
    path("<slug:slug>/import/", importing.study_import, name="study-import"),
    path("<slug:slug>/import/<int:job>/", importing.study_import_job, name="study-import-job"),
]
