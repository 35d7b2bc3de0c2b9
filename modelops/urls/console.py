"""Routes of the model page, below /studies/<slug>/model/."""

from django.urls import URLPattern, path, re_path

from ..runs.pages import agreement, queue, rounds, run, side_by_side, views

urlpatterns: list[URLPattern] = [
    path("", views.model_page, name="study-model"),
    path("queue/", queue.queue_page, name="study-queue"),
    path("rounds/<int:pk>/", rounds.round_page, name="study-model-round"),
    path("retrain/", views.retrain, name="study-model-retrain"),
    path("schedule/", views.schedule, name="study-model-schedule"),
    path("rest/", views.rate_rest, name="study-model-rest"),
    path("predictors/", views.add, name="study-model-add"),
    path("predictors/<slug:name>/lead/", views.lead_predictor, name="study-model-lead"),
    re_path(
        r"^jobs/(?P<kind>training|scoring|explaining)/(?P<pk>[0-9]{1,15})/cancel/$",
        views.cancel,
        name="study-model-cancel",
    ),
    re_path(
        r"^runs/(?P<kind>training|scoring|explaining)/(?P<pk>[0-9]{1,15})/$",
        run.run_page,
        name="study-model-run",
    ),
    path("jobs/", views.jobs, name="study-model-jobs"),
    path("summary/", views.summary, name="study-model-summary"),
    path("versions/<int:number>/card/", side_by_side.version_card, name="study-model-card"),
    path("compare/", side_by_side.compare_versions, name="study-model-compare"),
    path("versions/<int:number>/promote/", views.promote_version, name="study-model-promote"),
    path("versions/<int:number>/predict/", views.predict_version, name="study-model-predict"),
    path("versions/<int:number>/reject/", views.reject_version, name="study-model-reject"),
    path(
        "versions/<int:number>/agreement/",
        agreement.version_agreement,
        name="study-model-agreement",
    ),
    path(
        "versions/<int:number>/agreement.csv",
        agreement.version_agreement_csv,
        name="study-model-agreement-csv",
    ),
    path("stimuli/<int:pk>/", views.stimulus_predictions, name="stimulus-predictions"),
]
