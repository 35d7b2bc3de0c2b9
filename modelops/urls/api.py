"""Routes of the model API, below /api/v1/."""

from django.urls import URLPattern, path

from ..explaining import api as explanations
from ..runs import (
    agreement_api,
    calibration_api,
    certificate_api,
    learning_api,
    queue_api,
    rounds_api,
    verdict_api,
)
from ..runs import api as views

_STUDY = "studies/<slug:slug>"

urlpatterns: list[URLPattern] = [
    path(f"{_STUDY}/training-runs/", views.TrainingRunListView.as_view(), name="api-training-runs"),
    path(
        f"{_STUDY}/training-runs/<int:pk>/",
        views.TrainingRunDetailView.as_view(),
        name="api-training-run",
    ),
    path(
        f"{_STUDY}/training-runs/<int:pk>/cancel/",
        views.TrainingRunCancelView.as_view(),
        name="api-training-run-cancel",
    ),
    path(f"{_STUDY}/predictors/", views.PredictorListView.as_view(), name="api-predictors"),
    path(
        f"{_STUDY}/predictors/<slug:name>/lead/",
        views.LeadView.as_view(),
        name="api-predictor-lead",
    ),
    path(f"{_STUDY}/models/", views.ModelListView.as_view(), name="api-models"),
    path(
        f"{_STUDY}/models/<int:number>/",
        views.ModelDetailView.as_view(),
        name="api-model",
    ),
    path(
        f"{_STUDY}/models/<int:number>/promote/",
        views.PromoteView.as_view(),
        name="api-model-promote",
    ),
    path(
        f"{_STUDY}/models/<int:number>/reject/", views.RejectView.as_view(), name="api-model-reject"
    ),
    path(
        f"{_STUDY}/models/<int:number>/agreement/",
        agreement_api.AgreementView.as_view(),
        name="api-model-agreement",
    ),
    path(
        f"{_STUDY}/models/<int:number>/calibration/",
        calibration_api.CalibrationView.as_view(),
        name="api-model-calibration",
    ),
    path(
        f"{_STUDY}/models/<int:number>/learning-curve/",
        learning_api.LearningView.as_view(),
        name="api-model-learning",
    ),
    path(
        f"{_STUDY}/models/<int:number>/certificates/",
        certificate_api.CertificatesView.as_view(),
        name="api-model-certificates",
    ),
    path(
        f"{_STUDY}/models/<int:number>/verdict/",
        verdict_api.VerdictView.as_view(),
        name="api-model-verdict",
    ),
    path(f"{_STUDY}/queue/", queue_api.QueueView.as_view(), name="api-queue"),
    path(f"{_STUDY}/rounds/", rounds_api.RoundListView.as_view(), name="api-rounds"),
    path(f"{_STUDY}/rounds/<int:pk>/", rounds_api.RoundDetailView.as_view(), name="api-round"),
    path(f"{_STUDY}/rest/", certificate_api.RestView.as_view(), name="api-rest"),
    path(f"{_STUDY}/scoring-runs/", views.ScoringRunListView.as_view(), name="api-scoring-runs"),
    path(
        f"{_STUDY}/scoring-runs/<int:pk>/",
        views.ScoringRunDetailView.as_view(),
        name="api-scoring-run",
    ),
    path(
        f"{_STUDY}/scoring-runs/<int:pk>/cancel/",
        views.ScoringRunCancelView.as_view(),
        name="api-scoring-run-cancel",
    ),
    path(
        f"{_STUDY}/explaining-runs/",
        explanations.ExplainingRunListView.as_view(),
        name="api-explaining-runs",
    ),
    path(
        f"{_STUDY}/explaining-runs/<int:pk>/",
        explanations.ExplainingRunDetailView.as_view(),
        name="api-explaining-run",
    ),
    path(
        f"{_STUDY}/explaining-runs/<int:pk>/cancel/",
        explanations.ExplainingRunCancelView.as_view(),
        name="api-explaining-run-cancel",
    ),
    path(
        f"{_STUDY}/explanations/",
        explanations.ExplanationListView.as_view(),
        name="api-explanations",
    ),
    path(f"{_STUDY}/assessments/", explanations.AssessView.as_view(), name="api-assessments"),
    path(
        f"{_STUDY}/assessments/<int:pk>/",
        explanations.AssessmentView.as_view(),
        name="api-assessment",
    ),
    path(f"{_STUDY}/predictions/", views.PredictionListView.as_view(), name="api-predictions"),
]
