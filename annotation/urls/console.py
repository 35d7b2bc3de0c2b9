"""Routes of the owner's console below `/studies/`."""

from django.urls import URLPattern, path

from ..opinion.dataset import pages as datasets
from ..opinion.export import pages as export
from ..opinion.pages import agreement, explanations, generators, plots, published, scores
from ..opinion.pages import raters as rater_results
from ..opinion.pages import ratings as ratings_page
from ..raters.pages import attention, invitations, raters, recruitment
from ..raters.pages import rater as rater_page
from ..rating.pages import preview
from ..removal.pages import images as removal_images
from ..removal.pages import raters as removal_raters
from ..removal.pages import studies as removal_studies
from ..stimuli import pages as stimuli
from ..stimuli import purposes_page as purposes
from ..stimuli.dataset_import import pages as dataset_import
from ..stimuli.imports import mappings_pages as mappings
from ..stimuli.imports import pages as importing
from ..stimuli.imports.ratings import pages as ratings
from ..studies.pages import activity, members, steps, studies, study_list, translations
from ..webhooks import pages as webhooks

urlpatterns: list[URLPattern] = [
    path("", study_list.study_list, name="studies"),
    path("new/", studies.study_new, name="study-new"),
    path("from-dataset/", dataset_import.dataset_import_new, name="dataset-import-new"),
    path("from-dataset/<int:pk>/", dataset_import.dataset_import, name="dataset-import"),
    path(
        "from-dataset/<int:pk>/cancel/",
        dataset_import.dataset_import_cancel,
        name="dataset-import-cancel",
    ),
    path("<slug:slug>/", studies.study_overview, name="study"),
    path("<slug:slug>/scores/", ratings_page.study_scores, name="study-scores"),
    path("<slug:slug>/now/", attention.study_now, name="study-now"),
    path("<slug:slug>/steps/<slug:step>/", steps.study_step, name="study-step"),
    path("<slug:slug>/status/", studies.study_status, name="study-status"),
    path("<slug:slug>/settings/", studies.study_settings, name="study-settings"),
    path("<slug:slug>/settings/questions/", studies.study_questions, name="study-questions"),
    path(
        "<slug:slug>/settings/translations/",
        translations.study_translations,
        name="study-translations",
    ),
    path("<slug:slug>/settings/webhooks/", webhooks.webhook_list, name="study-webhooks"),
    path("<slug:slug>/settings/webhooks/<int:pk>/", webhooks.webhook_detail, name="study-webhook"),
    path("<slug:slug>/settings/<slug:part>/", studies.study_settings, name="study-settings-part"),
    path("<slug:slug>/members/", members.study_members, name="study-members"),
    path("<slug:slug>/members/<int:pk>/<slug:act>/", members.study_member, name="study-member"),
    path("<slug:slug>/activity/", activity.study_activity, name="study-activity"),
    path("<slug:slug>/archive/", removal_studies.study_archive, name="study-archive"),
    path("<slug:slug>/duplicate/", removal_studies.study_duplicate, name="study-duplicate"),
    path("<slug:slug>/delete/", removal_studies.study_delete, name="study-delete"),
    path("<slug:slug>/preview/", preview.preview, name="study-preview"),
    path("<slug:slug>/images/", stimuli.stimulus_list, name="study-stimuli"),
    path("<slug:slug>/holdout/", stimuli.study_holdout, name="study-holdout"),
    path("<slug:slug>/images/purpose/", purposes.stimuli_purpose, name="study-stimuli-purpose"),
    path("<slug:slug>/images/<int:pk>/", stimuli.stimulus_detail, name="study-stimulus"),
    path(
        "<slug:slug>/images/<int:pk>/state/",
        removal_images.image_state,
        name="study-stimulus-state",
    ),
    path(
        "<slug:slug>/images/<int:pk>/replace/",
        removal_images.image_replace,
        name="study-stimulus-replace",
    ),
    path("<slug:slug>/import/", importing.study_import, name="study-import"),
    path("<slug:slug>/import/ratings/", ratings.study_ratings, name="study-import-ratings"),
    path("<slug:slug>/import/scores/", published.study_published, name="study-published"),
    path("<slug:slug>/import/scores/link/", published.study_scale_link, name="study-scale-link"),
    path("<slug:slug>/import/<int:job>/", importing.study_import_job, name="study-import-job"),
    path(
        "<slug:slug>/import/<int:job>/pictures/<int:row>/",
        importing.study_import_picture,
        name="study-import-picture",
    ),
    path(
        "<slug:slug>/import/<int:job>/cancel/",
        importing.study_import_cancel,
        name="study-import-cancel",
    ),
    path(
        "<slug:slug>/import/<int:job>/retry/",
        importing.study_import_retry,
        name="study-import-retry",
    ),
    path(
        "<slug:slug>/import/<int:job>/mapping/",
        mappings.study_mapping_keep,
        name="study-mapping-keep",
    ),
    path(
        "<slug:slug>/import/mappings/delete/",
        mappings.study_mapping_delete,
        name="study-mapping-delete",
    ),
    path("<slug:slug>/invite/", invitations.invite, name="study-invite"),
    path("<slug:slug>/invite/shared/", invitations.shared_link, name="study-shared-link"),
    path("<slug:slug>/invite/platform/", recruitment.recruitment, name="study-recruitment"),
    path("<slug:slug>/payment.csv", recruitment.payment_csv, name="study-payment-csv"),
    path("<slug:slug>/invitations.csv", invitations.invitation_csv, name="study-invitations-csv"),
    path("<slug:slug>/raters/", raters.rater_list, name="study-raters"),
    path("<slug:slug>/raters.csv", raters.rater_csv, name="study-raters-csv"),
    path("<slug:slug>/raters/live/", raters.rater_live, name="study-raters-live"),
    path("<slug:slug>/raters/coverage/", raters.rater_coverage, name="study-raters-coverage"),
    path("<slug:slug>/raters/message/", raters.rater_message, name="study-raters-message"),
    path("<slug:slug>/raters/reports/", raters.report_list, name="study-reports"),
    path("<slug:slug>/raters/<str:code>/", rater_page.rater_page, name="study-rater"),
    path("<slug:slug>/raters/<str:code>/status/", raters.rater_status, name="study-rater-status"),
    path("<slug:slug>/raters/<str:code>/link/", raters.rater_link_new, name="study-rater-link"),
    path("<slug:slug>/raters/<str:code>/go-on/", raters.rater_go_on, name="study-rater-go-on"),
    path(
        "<slug:slug>/raters/<str:code>/erase/",
        removal_raters.rater_erase,
        name="study-rater-erase",
    ),
    path(
        "<slug:slug>/raters/<str:code>/message/", raters.rater_message, name="study-rater-message"
    ),
    path("<slug:slug>/results/", scores.results_scores, name="study-results"),
    path("<slug:slug>/results/method/", scores.method_choose, name="study-method"),
    path(
        "<slug:slug>/results/generators/",
        generators.results_generators,
        name="study-results-generators",
    ),
    path(
        "<slug:slug>/results/agreement/",
        agreement.results_agreement,
        name="study-results-agreement",
    ),
    path("<slug:slug>/results/raters/", rater_results.results_raters, name="study-results-raters"),
    path(
        "<slug:slug>/results/raters.csv",
        rater_results.results_raters_csv,
        name="study-results-raters-csv",
    ),
    path(
        "<slug:slug>/results/explanations/",
        explanations.results_explanations,
        name="study-results-explanations",
    ),
    path(
        "<slug:slug>/results/<slug:page>/plots/<slug:plot>.<slug:form>",
        plots.plot_file,
        name="study-plot",
    ),
    path("<slug:slug>/export/", export.export_page, name="study-export"),
    path("<slug:slug>/datasets/", datasets.dataset_list, name="study-datasets"),
    path(
        "<slug:slug>/datasets/<int:number>/cancel/",
        datasets.dataset_cancel,
        name="study-dataset-cancel",
    ),
    path("<slug:slug>/releases/", export.release_make, name="study-release-make"),
    path("<slug:slug>/export/<str:form>/", export.export_file, name="study-export-file"),
]
