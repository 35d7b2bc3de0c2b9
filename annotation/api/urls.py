"""Routes of the API below `/api/v1/` that belong to annotation."""

from django.urls import URLPattern, URLResolver, include, path

from . import reliability, studies

urlpatterns: list[URLPattern | URLResolver] = [
    path("rating/", include("annotation.api.rating.urls")),
    path("studies/", studies.StudyListView.as_view(), name="api-studies"),
    path("studies/<slug:slug>/", studies.StudyDetailView.as_view(), name="api-study"),
    path("studies/<slug:slug>/raters/", studies.RaterListView.as_view(), name="api-raters"),
    path(
        "studies/<slug:slug>/reliability/",
        reliability.ReliabilityListView.as_view(),
        name="api-reliability",
    ),
    path("studies/<slug:slug>/stimuli/", studies.StimulusListView.as_view(), name="api-stimuli"),
    path("studies/<slug:slug>/export/", studies.ExportView.as_view(), name="api-export"),
]
