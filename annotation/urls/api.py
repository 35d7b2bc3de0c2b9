"""Routes of the API below `/api/v1/` that belong to annotation."""

from django.urls import URLPattern, URLResolver, include, path

from ..opinion import api as opinion
from ..opinion import coverage_api as coverage
from ..opinion import generators_api as generators
from ..opinion import links_api as links
from ..opinion import methods_api as methods
from ..opinion.dataset import api as dataset
from ..opinion.export import api as export
from ..opinion.panel import api as panel
from ..raters import api as raters
from ..raters import identities_api as identities
from ..raters import messages_api as messages
from ..raters import overview_api as overview
from ..raters import recruitment_api as recruitment
from ..raters import reliability_api as reliability
from ..raters import sessions_api as sessions
from ..raters import shared_link_api as shared_link
from ..removal import images_api as removal_images
from ..removal import raters_api as removal_raters
from ..removal import studies_api as removal_studies
from ..stimuli import api as stimuli
from ..stimuli import prompts_api as prompts
from ..stimuli.dataset_import import api as dataset_import
from ..stimuli.imports import api as imports
from ..stimuli.imports import mappings_api as mappings
from ..studies import api as studies
from ..studies import audit_api as audit
from ..studies import members_api as members
from ..studies import protocols_api as protocols
from ..studies import steps_api as steps
from ..webhooks import api as webhooks

urlpatterns: list[URLPattern | URLResolver] = [
    path("rating/", include("annotation.rating.api.urls")),
    path(
        "dataset-imports/",
        dataset_import.DatasetImportListView.as_view(),
        name="api-dataset-imports",
    ),
    path(
        "dataset-imports/<int:pk>/",
        dataset_import.DatasetImportDetailView.as_view(),
        name="api-dataset-import",
    ),
    path(
        "dataset-imports/<int:pk>/cancel/",
        dataset_import.DatasetImportCancelView.as_view(),
        name="api-dataset-import-cancel",
    ),
    path("studies/", studies.StudyListView.as_view(), name="api-studies"),
    path("studies/<slug:slug>/", studies.StudyDetailView.as_view(), name="api-study"),
    path(
        "studies/<slug:slug>/overview/", overview.OverviewView.as_view(), name="api-study-overview"
    ),
    path("studies/<slug:slug>/steps/", steps.StepListView.as_view(), name="api-steps"),
    path("studies/<slug:slug>/steps/<slug:name>/", steps.StepWaiveView.as_view(), name="api-step"),
    path(
        "studies/<slug:slug>/archive/",
        removal_studies.ArchiveView.as_view(),
        name="api-study-archive",
    ),
    path(
        "studies/<slug:slug>/duplicate/",
        removal_studies.DuplicateView.as_view(),
        name="api-study-duplicate",
    ),
    path(
        "studies/<slug:slug>/deletion/",
        removal_studies.DeletionView.as_view(),
        name="api-study-deletion",
    ),
    path(
        "studies/<slug:slug>/protocols/",
        protocols.ProtocolListView.as_view(),
        name="api-protocols",
    ),
    path(
        "studies/<slug:slug>/protocols/<int:number>/",
        protocols.ProtocolDetailView.as_view(),
        name="api-protocol",
    ),
    path("studies/<slug:slug>/webhooks/", webhooks.WebhookListView.as_view(), name="api-webhooks"),
    path(
        "studies/<slug:slug>/webhooks/<int:pk>/",
        webhooks.WebhookDetailView.as_view(),
        name="api-webhook",
    ),
    path(
        "studies/<slug:slug>/webhooks/<int:pk>/rotate/",
        webhooks.WebhookRotateView.as_view(),
        name="api-webhook-rotate",
    ),
    path(
        "studies/<slug:slug>/webhooks/<int:pk>/ping/",
        webhooks.WebhookPingView.as_view(),
        name="api-webhook-ping",
    ),
    path(
        "studies/<slug:slug>/webhooks/<int:pk>/deliveries/",
        webhooks.DeliveryListView.as_view(),
        name="api-webhook-deliveries",
    ),
    path(
        "studies/<slug:slug>/webhooks/<int:pk>/replay/",
        webhooks.ReplayFailedView.as_view(),
        name="api-webhook-replay-failed",
    ),
    path(
        "studies/<slug:slug>/webhooks/<int:pk>/deliveries/<uuid:delivery>/replay/",
        webhooks.ReplayView.as_view(),
        name="api-webhook-replay",
    ),
    path("studies/<slug:slug>/audit/", audit.AuditListView.as_view(), name="api-audit"),
    path("studies/<slug:slug>/members/", members.MemberListView.as_view(), name="api-members"),
    path(
        "studies/<slug:slug>/members/<str:account>/",
        members.MemberView.as_view(),
        name="api-member",
    ),
    path(
        "studies/<slug:slug>/members/<str:account>/ownership/",
        members.OwnershipView.as_view(),
        name="api-member-ownership",
    ),
    path("studies/<slug:slug>/raters/", raters.RaterListView.as_view(), name="api-raters"),
    path(
        "studies/<slug:slug>/raters/<str:code>/",
        raters.RaterDetailView.as_view(),
        name="api-rater",
    ),
    path(
        "studies/<slug:slug>/raters/<str:code>/link/",
        raters.RaterLinkView.as_view(),
        name="api-rater-link",
    ),
    path(
        "studies/<slug:slug>/raters/<str:code>/status/",
        raters.RaterStatusView.as_view(),
        name="api-rater-status",
    ),
    path(
        "studies/<slug:slug>/raters/<str:code>/continuation/",
        raters.RaterContinuationView.as_view(),
        name="api-rater-continuation",
    ),
    path("studies/<slug:slug>/messages/", messages.MessageListView.as_view(), name="api-messages"),
    path("studies/<slug:slug>/sessions/", sessions.SessionListView.as_view(), name="api-sessions"),
    path("studies/<slug:slug>/trials/", sessions.TrialListView.as_view(), name="api-trials"),
    path(
        "studies/<slug:slug>/raters/<str:code>/erasure/",
        removal_raters.ErasureView.as_view(),
        name="api-rater-erasure",
    ),
    path(
        "studies/<slug:slug>/identities/",
        identities.IdentityListView.as_view(),
        name="api-identities",
    ),
    path(
        "studies/<slug:slug>/shared-link/",
        shared_link.SharedLinkView.as_view(),
        name="api-shared-link",
    ),
    path(
        "studies/<slug:slug>/shared-link/rotation/",
        shared_link.SharedLinkRotationView.as_view(),
        name="api-shared-link-rotation",
    ),
    path(
        "studies/<slug:slug>/recruitment/",
        recruitment.RecruitmentView.as_view(),
        name="api-recruitment",
    ),
    path("studies/<slug:slug>/payment/", recruitment.PaymentView.as_view(), name="api-payment"),
    path(
        "studies/<slug:slug>/reliability/",
        reliability.ReliabilityListView.as_view(),
        name="api-reliability",
    ),
    path("studies/<slug:slug>/stimuli/", stimuli.StimulusListView.as_view(), name="api-stimuli"),
    path("studies/<slug:slug>/scale-links/", links.ScaleLinkView.as_view(), name="api-scale-links"),
    path(
        "studies/<slug:slug>/scale-links/removal/",
        links.ScaleLinkRemovalView.as_view(),
        name="api-scale-link-removal",
    ),
    path("studies/<slug:slug>/mappings/", mappings.MappingListView.as_view(), name="api-mappings"),
    path(
        "studies/<slug:slug>/mappings/<str:name>/",
        mappings.MappingDetailView.as_view(),
        name="api-mapping",
    ),
    path("studies/<slug:slug>/prompts/", prompts.PromptListView.as_view(), name="api-prompts"),
    path("studies/<slug:slug>/imports/", imports.ImportListView.as_view(), name="api-imports"),
    path(
        "studies/<slug:slug>/imports/<int:pk>/",
        imports.ImportDetailView.as_view(),
        name="api-import",
    ),
    path(
        "studies/<slug:slug>/imports/<int:pk>/cancel/",
        imports.ImportCancelView.as_view(),
        name="api-import-cancel",
    ),
    path(
        "studies/<slug:slug>/imports/<int:pk>/retry/",
        imports.ImportRetryView.as_view(),
        name="api-import-retry",
    ),
    path(
        "studies/<slug:slug>/stimuli/purpose/",
        stimuli.StimulusPurposeView.as_view(),
        name="api-stimuli-purpose",
    ),
    path(
        "studies/<slug:slug>/stimuli/<int:pk>/state/",
        removal_images.ImageStateView.as_view(),
        name="api-stimulus-state",
    ),
    path(
        "studies/<slug:slug>/stimuli/<int:pk>/replacement/",
        removal_images.ReplacementView.as_view(),
        name="api-stimulus-replacement",
    ),
    path(
        "studies/<slug:slug>/stimuli/<int:pk>/",
        stimuli.StimulusDetailView.as_view(),
        name="api-stimulus",
    ),
    path("studies/<slug:slug>/coverage/", coverage.CoverageView.as_view(), name="api-coverage"),
    path("studies/<slug:slug>/export/", export.ExportView.as_view(), name="api-export"),
    path(
        "studies/<slug:slug>/export/study.json",
        export.StudyDocumentView.as_view(),
        name="api-export-study",
    ),
    path("studies/<slug:slug>/agreement/", panel.AgreementView.as_view(), name="api-agreement"),
    path("studies/<slug:slug>/plan/", panel.PlanView.as_view(), name="api-plan"),
    path(
        "studies/<slug:slug>/opinion-methods/",
        methods.OpinionMethodListView.as_view(),
        name="api-opinion-methods",
    ),
    path(
        "studies/<slug:slug>/opinion-methods/<slug:name>/preview/",
        methods.OpinionMethodPreviewView.as_view(),
        name="api-opinion-method-preview",
    ),
    path(
        "studies/<slug:slug>/generators/",
        generators.GeneratorsView.as_view(),
        name="api-generators",
    ),
    path("studies/<slug:slug>/releases/", opinion.ReleaseListView.as_view(), name="api-releases"),
    path(
        "studies/<slug:slug>/releases/<str:which>/",
        opinion.ReleaseDetailView.as_view(),
        name="api-release",
    ),
    path(
        "studies/<slug:slug>/releases/<str:which>/scores/",
        opinion.ReleaseScoresView.as_view(),
        name="api-release-scores",
    ),
    path(
        "studies/<slug:slug>/releases/<str:which>/raters/",
        opinion.ReleaseRatersView.as_view(),
        name="api-release-raters",
    ),
    path("studies/<slug:slug>/datasets/", dataset.DatasetListView.as_view(), name="api-datasets"),
    path(
        "studies/<slug:slug>/datasets/<int:number>/",
        dataset.DatasetDetailView.as_view(),
        name="api-dataset",
    ),
    path(
        "studies/<slug:slug>/datasets/<int:number>/cancel/",
        dataset.DatasetCancelView.as_view(),
        name="api-dataset-cancel",
    ),
    path(
        "studies/<slug:slug>/datasets/<int:number>/archive/",
        dataset.DatasetArchiveView.as_view(),
        name="api-dataset-archive",
    ),
]
