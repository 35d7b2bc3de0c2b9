"""Every route of the site; each package keeps its own."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.negotiation import DefaultContentNegotiation

from annotation.studies.pages.activity import site_activity
from annotation.studies.pages.own_data import own_data

from . import problem_pages, views
from .accounts.views import ask_administrator
from .docs_site import docs
from .operation.health import live, ready
from .operation.metrics import metrics
from .operation.system_page import system

# Unlike the API it has two forms, YAML and JSON, between which `Accept` chooses.
schema = SpectacularAPIView.as_view(content_negotiation_class=DefaultContentNegotiation)
api_docs = SpectacularSwaggerSplitView.as_view(url_name="schema", template_name="api_docs.html")

api: list[URLPattern | URLResolver] = [
    path("", include("annotation.urls.api")),
    path("", include("modelops.urls.api")),
    path("", include("workbench.accounts.api_urls")),
    path("schema/", schema, name="schema"),
    path("docs/", api_docs, name="api-docs"),
]

#: allauth's pages that send mail, taken over where none can be sent.
_MAIL = r"^accounts/(?:email|confirm-email|password/reset)/"

urlpatterns = [
    # First, because raters' requests are the most and routes are tried in order.
    path("api/v1/", include(api)),
    path("", views.home, name="home"),
    path("health/live", live, name="health-live"),
    path("health/ready", ready, name="health-ready"),
    path("metrics", metrics, name="metrics"),
    path("i18n/", include("django.conf.urls.i18n")),
    *([] if settings.EMAIL_URL else [re_path(_MAIL, ask_administrator)]),
    path("accounts/", include("allauth.urls")),
    path("accounts/", include("workbench.accounts.urls")),
    path("docs/", docs),
    path("docs/<path:path>", docs, name="docs"),
    path("media/<path:name>", views.media, name="media"),
    path("accounts/own-data/", own_data, name="own-data"),
    path("system/", system, name="system"),
    path("activity/", site_activity, name="site-activity"),
    path("studies/", include("annotation.urls.console")),
    path("studies/<slug:slug>/model/", include("modelops.urls.console")),
    path("rate/", include("annotation.urls.rating")),
]

handler400 = problem_pages.bad_request
handler404 = problem_pages.not_found
handler500 = problem_pages.server_error
