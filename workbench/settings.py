"""Settings, all from the environment (see .env.example); wrong ones are found by workbench.checks.

Any NAME can be given as NAME_FILE instead: the path of a file that holds the value.
Long because it is one list of settings, each with its reason.
"""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from botocore.config import Config
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from whitenoise.compress import Compressor

from modelops.registry.queue import MODEL_QUEUE, MODEL_TASKS

from .core import logs
from .core.api_groups import GROUPS
from .core.environment import Environment
from .core.keys import refuse_weak_key

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()


def _switch(name: str, *, default: bool) -> bool:
    """1 or 0. Not `env.bool`, which takes a typo (`HTTPS=ture`) for a 0."""
    value = env.str(name, default="") or str(int(default))
    if value.lower() in ("1", "true", "yes", "on"):
        return True
    if value.lower() in ("0", "false", "no", "off"):
        return False
    raise ImproperlyConfigured(f"{name}={value} is neither on nor off: give 1 or 0.")


DEBUG = _switch("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
if SECRET_KEY and not DEBUG:
    refuse_weak_key(SECRET_KEY)
#: Earlier keys: links, sessions and sealed secrets that they made stay good.
SECRET_KEY_FALLBACKS = [key for key in env.list("SECRET_KEY_FALLBACKS", default=[]) if key]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
#: Everything the workbench writes on this machine is below this folder.
DATA_DIR = Path(env.str("MINT_DATA_DIR", default=str(BASE_DIR / "var")))
#: Whether the site is served over HTTPS: secure cookies, HSTS and redirects follow from it.
HTTPS = _switch("HTTPS", default=False)
#: Whether one proxy in front says how a request came and from where. It must be the only way in:
#: what it says is believed.
BEHIND_PROXY = _switch("BEHIND_PROXY", default=False)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "workbench.apps.StaticFilesConfig",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "rules",
    "workbench.accounts.apps.AccountsConfig",
    "workbench.apps.WorkbenchConfig",
    "annotation.apps.AnnotationConfig",
    "modelops.apps.ModelopsConfig",
]

MIDDLEWARE = [
    "workbench.core.request_numbers.NumberRequests",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "workbench.core.requests.RefuseNul",
    # What follows is for pages and their owners; a rater's answer bypasses it.
    "annotation.rating.api.base.RatingShortcut",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    # Above the search for CSRF tokens, which receives the form.
    "workbench.core.room.KeepRoom",
    "workbench.core.requests.RedirectToSlash",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "workbench.core.signing_in_again.BackToThePage",
]

ROOT_URLCONF = "workbench.urls"
WSGI_APPLICATION = "workbench.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "workbench" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "workbench.accounts.contact.contact",
            ],
            "builtins": ["workbench.templatetags.numbers"],
        },
    },
]

# One engine everywhere. A pool per process, because gthread's threads come and go with the load.
DATABASES = {"default": env.db("DATABASE_URL", default="postgres://127.0.0.1:5432/mint")}
# After five runs on a connection PostgreSQL keeps the plan of those few statements that are sent
# for preparation (workbench.core.statements). A PgBouncer older than 1.21 cannot pass them on.
if _switch("DATABASE_PREPARED_STATEMENTS", default=True):
    DATABASES["default"].setdefault("OPTIONS", {})["prepare_threshold"] = 5
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", default=0)
if DATABASE_POOL_SIZE:
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {
        "min_size": 1,
        "max_size": DATABASE_POOL_SIZE,
        # There is one for each thread, so this is for a database that is away.
        "timeout": 2,
        # Tried again at once by who asks next. Left to itself the pool would wait twice as long
        # each time, and not notice for a minute that a database is back.
        "reconnect_timeout": 2,
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "workbench.core.caching.RedisOrMemory",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "mint",
    }
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    )
]
LOGIN_REDIRECT_URL = "studies"
LOGIN_URL = "account_login"
ACCOUNT_ADAPTER = "workbench.accounts.adapter.ClosedSignupAdapter"
MFA_ADAPTER = "workbench.accounts.adapter.SecondFactorAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "MINT Workbench"
# Browsers know passkeys over HTTPS, and on localhost, where there is none.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
#: Whether only accounts with two-factor sign-in make API tokens.
TOKENS_NEED_TWO_FACTOR = _switch("TOKENS_NEED_TWO_FACTOR", default=False)
#: The account that the first start makes, for an administrator to choose its password.
FIRST_ADMINISTRATOR = env.str("FIRST_ADMINISTRATOR", default="administrator")
# Limits count the last address in X-Forwarded-For, which the proxy itself wrote; whatever a client
# sent stands before it.
ALLAUTH_TRUSTED_PROXY_COUNT = int(BEHIND_PROXY)

#: A project of Sentry's, or of another collector that speaks its protocol, for unexpected errors;
#: empty: they stay in the log.
SENTRY_DSN = env.str("SENTRY_DSN", default="")
#: The address of an MLflow tracking server that is told of versions, and what opens it, if it
#: asks; empty: none is.
MLFLOW_TRACKING_URI = env.str("MLFLOW_TRACKING_URI", default="")
MLFLOW_TRACKING_TOKEN = env.str("MLFLOW_TRACKING_TOKEN", default="")
#: Sent as `Authorization: Bearer …` it opens /metrics, which else only administrators see.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

#: The documentation: a folder that `make docs` built, served below `/docs/`, or an address where it
#: is already. The console's *Help* leads there; with neither there is none.
DOCS_ROOT = Path(env.str("DOCS_ROOT", default=str(BASE_DIR / "build" / "docs")))
DOCS_URL = env.str("DOCS_URL", default="")

#: Whom people ask for an account: a name, an address, shown on the sign-in page.
CONTACT = env.str("CONTACT", default="")
#: The mail server, for passwords that were forgotten. Without one nothing offers to send mail.
EMAIL_URL = env.str("EMAIL_URL", default="")
if EMAIL_URL:
    globals().update(env.email_url("EMAIL_URL"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="mint-workbench@localhost")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "workbench.accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "workbench.accounts.scopes.TokenScopes",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["workbench.core.api_defaults.StrictJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "workbench.core.api_defaults.OneRepresentation",
    "DEFAULT_SCHEMA_CLASS": "workbench.accounts.api_schema.ApiSchema",
    "DEFAULT_PAGINATION_CLASS": "workbench.core.api_pages.Pages",
    # `?format=` is the export's own parameter, not content negotiation.
    "URL_FORMAT_OVERRIDE": None,
    "EXCEPTION_HANDLER": "workbench.core.api.exception_handler",
    "NUM_PROXIES": int(BEHIND_PROXY),
}
# Its own table would be made although ours replaces it, and hold a foreign key to accounts.
MIGRATION_MODULES = {"knox": None}
KNOX_TOKEN_MODEL = "accounts.ApiToken"  # noqa: S105 -- the name of a table
REST_KNOX = {
    "TOKEN_TTL": timedelta(days=env.int("API_TOKEN_DAYS", default=365)),
    "TOKEN_PREFIX": "mint_",
    "AUTH_HEADER_PREFIX": "Token",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "MINT Workbench",
    "DESCRIPTION": "Collect human judgements of AI-generated images; train and query MINT-IQA.\n\n"
    "Create a token on the console’s page “API tokens” and send it with every request: "
    '`curl -H "Authorization: Token $MINT_TOKEN" https://…/api/v1/studies/`. Lists come in pages: '
    "`next` is the address of the next one.",
    "TAGS": GROUPS,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "workbench.core.api_shapes.sharpen",
        "workbench.core.api_examples.add_examples",
        "workbench.core.api_problems.add_problems",
    ],
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    # Deep links are links inside buttons, which the keyboard reaches twice.
    # Its groups are closed at first: with some 140 operations drawn at once, Swagger UI 5 stops
    # after the first few, without a word. A group is found by the field above them.
    "SWAGGER_UI_SETTINGS": {"deepLinking": False, "docExpansion": "none", "filter": True},
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "StudyStatus": "annotation.models.study.Study.Status",
        "RaterStatus": "annotation.models.rater.Rater.Status",
        "SessionState": "annotation.rating.api.serializers.SESSION_STATES",
        "TrialState": "annotation.models.trial.Trial.State",
        "JobState": "workbench.core.jobs.models.JobState",
        "ModelVersionState": "modelops.models.version.ModelVersion.State",
        "ReleaseState": "annotation.models.release.ReleaseState",
        "StimulusPurpose": "annotation.models.stimulus.Stimulus.Purpose",
        "StimulusState": "annotation.models.stimulus.StimulusState",
        "WebhookState": "annotation.models.webhook.WebhookState",
        "DeliveryState": "annotation.models.webhook.DeliveryState",
        "EventType": "annotation.models.webhook.EventType",
        "MemberRole": "annotation.models.membership.MemberRole",
        "GivenRole": "annotation.studies.members.GIVEN_ROLES",
        "ErasedRatings": "annotation.models.study.ErasedRatings",
    },
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "workbench" / "locale"]
USE_I18N = True
FORMAT_MODULE_PATH = ["workbench.formats"]
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(DATA_DIR / "static")))
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
S3_BUCKET = env.str("S3_BUCKET", default="")
S3_OPTIONS = {
    "bucket_name": S3_BUCKET,
    "endpoint_url": env.str("S3_ENDPOINT_URL", default="") or None,
    "region_name": env.str("S3_REGION", default="") or None,
    "access_key": env.str("AWS_ACCESS_KEY_ID", default="") or None,
    "secret_key": env.str("AWS_SECRET_ACCESS_KEY", default="") or None,
    "querystring_auth": True,
    "file_overwrite": False,
    # Addresses that expire are signed by version 4, which newer regions alone accept. Checksums
    # that boto3 added in 2025 are unknown to many servers that are not Amazon's.
    "client_config": Config(
        signature_version="s3v4",
        connect_timeout=5,
        read_timeout=30,
        retries={"total_max_attempts": 3, "mode": "standard"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    ),
}
STORAGES = {
    "default": {"BACKEND": "workbench.core.buckets.BucketStorage", "OPTIONS": S3_OPTIONS}
    if S3_BUCKET
    else {"BACKEND": "workbench.storage.SignedFileSystemStorage"},
    # Weights and label snapshots: shared by every worker, never served to a browser.
    "artifacts": {
        "BACKEND": "workbench.core.buckets.BucketStorage",
        "OPTIONS": {**S3_OPTIONS, "location": "artifacts"},
    }
    if S3_BUCKET
    else {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "artifacts"},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "workbench.storage.StaticStorage"
    },
}
# Only hashed names are served; source maps are for a developer's tools.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [*Compressor.SKIP_COMPRESS_EXTENSIONS, "map"]
FILE_UPLOAD_TEMP_DIR = None
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "workbench.core.uploads.TemporaryUpload",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
#: Manifest and archive of one console import together.
IMPORT_UPLOAD_BYTES = env.int("IMPORT_UPLOAD_MIB", default=2048) * 1024 * 1024
#: Remote sources that imports may read (`annotation.stimuli.remote.addresses.Allowed`), and where
#: datasets of `hf:` are.
IMPORT_REMOTE = env.list("IMPORT_REMOTE", default=[])
IMPORT_HUB = env.str("IMPORT_HUB", default="https://huggingface.co")

#: Hosts in the server's own networks that webhooks may be sent to, also without TLS: HOST or
#: HOST:PORT.
OUTBOUND_ALLOWED_HOSTS = env.list("OUTBOUND_ALLOWED_HOSTS", default=[])

# Scoring chunks are short and late-acknowledged; with these options a chunk that a killed worker
# held is back soon after the visibility timeout (kombu scans every 100 s by default).
# Training is acknowledged early: its row, not the broker, owns it.
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": env.int("QUEUE_VISIBILITY_SECONDS", default=120),
    "unacked_restore_interval": 2,
    "unacked_restore_throttle": 1,
}
# A request waits while its message is sent. The retry is for a connection that Redis has closed; a
# message that is lost is sent again by a sweep.
CELERY_TASK_PUBLISH_RETRY_POLICY = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {task: {"queue": MODEL_QUEUE} for task in MODEL_TASKS}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULER = "workbench.core.jobs.beat:Scheduler"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "expire-leases": {"task": "annotation.rating.tasks.expire_leases", "schedule": 30.0},
    "expire-sessions": {"task": "annotation.rating.tasks.expire_sessions", "schedule": 600.0},
    "top-up": {"task": "annotation.rating.tasks.top_up", "schedule": 20.0},
    "sweep-imports": {"task": "annotation.stimuli.tasks.sweep_imports", "schedule": 10.0},
    "renew-live-releases": {
        "task": "annotation.opinion.tasks.renew_live_releases",
        "schedule": 15.0,
    },
    "sweep-datasets": {"task": "annotation.opinion.tasks.sweep_datasets", "schedule": 10.0},
    "sweep-deletions": {"task": "annotation.removal.tasks.sweep_deletions", "schedule": 60.0},
    "send-webhooks": {"task": "annotation.webhooks.tasks.send_webhooks", "schedule": 5.0},
    "look-for-milestones": {
        "task": "annotation.webhooks.tasks.look_for_milestones",
        "schedule": 60.0,
    },
    "look-for-flagged-raters": {
        "task": "annotation.webhooks.tasks.look_for_flagged_raters",
        "schedule": 300.0,
    },
    "forget-old-deliveries": {
        "task": "annotation.webhooks.tasks.forget_old_deliveries",
        "schedule": 3600.0,
    },
    "forget-names": {"task": "annotation.removal.tasks.forget_names", "schedule": 3600.0},
    "forget-expired": {"task": "workbench.accounts.tasks.forget_expired", "schedule": 3600.0},
    "sweep-runs": {"task": "modelops.tasks.sweep_runs", "schedule": 10.0},
    "look-after-queue": {"task": "workbench.core.jobs.tasks.look_after_queue", "schedule": 5.0},
    "retrain-where-due": {
        "task": "modelops.tasks.retrain_where_due",
        "schedule": 60.0,
    },
    "refresh-rankings": {
        "task": "modelops.tasks.refresh_rankings_where_due",
        "schedule": 20.0,
    },
    "score-new-stimuli": {
        "task": "modelops.tasks.score_new_stimuli",
        "schedule": 60.0,
    },
}

SECURE_SSL_REDIRECT = HTTPS
# Requested from the server's own network, without the proxy.
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
_self = ["'self'"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": _self,
        "style-src": _self,
        "img-src": ["'self'", "data:", "blob:", *env.list("MEDIA_ORIGINS", default=[])],
        "font-src": _self,
        "connect-src": ["'self'", *env.list("MEDIA_ORIGINS", default=[])],
        "form-action": _self,
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "manifest-src": _self,
    }
}

#: Hidden wherever a log or a report of an error would say them.
SECRETS = [
    SECRET_KEY,
    *SECRET_KEY_FALLBACKS,
    DATABASES["default"].get("PASSWORD", ""),
    urlsplit(REDIS_URL).password or "",
    S3_OPTIONS["secret_key"] or "",
    urlsplit(EMAIL_URL).password or "",
    METRICS_TOKEN,
    SENTRY_DSN,
    MLFLOW_TRACKING_TOKEN,
]
LOGGING = logs.configuration(
    level=env.str("LOG_LEVEL", default="INFO"),
    json=_switch("LOG_JSON", default=False),
    known=SECRETS,
)

# The backbones that studies choose from in addition to the bundled `tiny`, the first one for those
# that do not choose: NAME=KIND:FOLDER, NAME=KIND, or KIND alone (docs/models.md). `vit-g` needs its
# weights on the worker.
MODEL_BACKBONES = env.list("MODEL_BACKBONES", default=["tiny"])
#: Folder of a causal language model with its tokenizer, for a model that explains.
MODEL_LANGUAGE = env.str("MODEL_LANGUAGE", default="")
MODEL_DEVICE = env.str("MODEL_DEVICE", default="auto")
# How images are embedded: `float32`, `bfloat16`, `auto`, which is bfloat16 if the device multiplies
# it natively, or `fp8`: on GPUs that have it, for backbones that pass a check, else bfloat16.
MODEL_PRECISION = env.str("MODEL_PRECISION", default="auto")
# Stimuli that a worker scores in one go; 0 is the preset's own number, made for processors.
SCORING_CHUNK = env.int("SCORING_CHUNK", default=0)
#: Touched by workers and the scheduler while they live, for whoever starts them again.
ALIVE_FILE = env.str("ALIVE_FILE", default="")
# A job whose worker is silent for so long is handed to another one.
JOB_LEASE_SECONDS = env.int("JOB_LEASE_SECONDS", default=30)
