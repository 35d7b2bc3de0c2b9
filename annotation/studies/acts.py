"""Acts of the audit trail in words: one sentence per `noun.verb`, filled from the entry's detail.

Floors above register theirs in ACTS; `tests/annotation/studies/test_acts.py` finds an act that has
no sentence.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from workbench.accounts.models import TokenScope

from ..models import AuditEntry
from ..models.membership import MemberRole

Words = str | Promise

ACTS: dict[str, Words] = {
    "study.created": gettext_lazy("Created the study “%(title)s”"),
    "study.changed": gettext_lazy("Changed the settings: %(settings)s"),
    "study.open": gettext_lazy("Opened the study for raters"),
    "study.paused": gettext_lazy("Paused the study"),
    "study.closed": gettext_lazy("Closed the study"),
    "study.archived": gettext_lazy("Archived the study"),
    "study.brought_back": gettext_lazy("Brought the study back from the archive"),
    "study.duplicated": gettext_lazy("Made the study as a copy of “%(of)s”, images: %(images)s"),
    "study.imported": gettext_lazy("Made the study of the dataset release %(dataset)s"),
    "study.deleted": gettext_lazy(
        "Deleted the study “%(title)s” with %(images)s images, %(ratings)s ratings and %(raters)s "
        "raters"
    ),
    "member.added": gettext_lazy("Added %(account)s as a member: %(role)s, %(names)s"),
    "member.changed": gettext_lazy("Changed what %(account)s may do: %(role)s, %(names)s"),
    "member.removed": gettext_lazy("Removed the member %(account)s"),
    "member.made_owner": gettext_lazy("Made %(account)s the owner, in place of %(previous)s"),
    "step.waived": gettext_lazy("Did without a step of the setting-up: %(step)s"),
    "step.taken_up": gettext_lazy("Took up a step of the setting-up again: %(step)s"),
    "study.exported": gettext_lazy("Exported the collected database (%(format)s)"),
    "stimuli.imported": gettext_lazy("Imported %(imported)s images and updated %(updated)s"),
    "ratings.imported": gettext_lazy(
        "Imported %(trials)s ratings of “%(source)s” by %(raters)s raters"
    ),
    "stimuli.purpose_changed": gettext_lazy("Chose %(images)s as %(purpose)s"),
    "scale.linked": gettext_lazy(
        "Linked the scale of %(source)s (%(perspective)s) on %(images)s common images"
    ),
    "scale.unlinked": gettext_lazy("Removed the link of the scale of %(source)s (%(perspective)s)"),
    "mapping.saved": gettext_lazy("Kept the mapping “%(name)s”"),
    "mapping.deleted": gettext_lazy("Deleted the mapping “%(name)s”"),
    "import.succeeded": gettext_lazy("Import %(job)s succeeded"),
    "import.failed": gettext_lazy("Import %(job)s failed"),
    "import.cancelled": gettext_lazy("Cancelled import %(job)s"),
    "image.in_use": gettext_lazy("Put the image %(filename)s back into use: %(reason)s"),
    "image.withdrawn": gettext_lazy("Withdrew the image %(filename)s: %(reason)s"),
    "image.excluded": gettext_lazy("Excluded the image %(filename)s from scores: %(reason)s"),
    "image.purged": gettext_lazy("Deleted the files of the image %(filename)s: %(reason)s"),
    "image.replaced": gettext_lazy("Replaced the image %(filename)s: %(reason)s"),
    "dataset.downloaded": gettext_lazy("Downloaded dataset release %(version)s"),
    "dataset.succeeded": gettext_lazy("Dataset release %(version)s is made"),
    "dataset.failed": gettext_lazy("Dataset release %(version)s could not be made"),
    "dataset.cancelled": gettext_lazy("Cancelled dataset release %(version)s"),
    "dataset.asked": gettext_lazy(
        "Asked for dataset release %(version)s of the opinion scores “%(name)s”"
    ),
    "release.made": gettext_lazy("Kept the opinion scores as “%(name)s” (method: %(method)s)"),
    "ratings.reached": gettext_lazy("%(ratings)s ratings have been given"),
    "ratings.complete": gettext_lazy("Every image has its ratings, %(ratings)s together"),
    "raters.created": gettext_lazy("Made personal links: %(count)s"),
    "raters.written_to": gettext_lazy("Wrote to raters: %(raters)s"),
    "raters.downloaded": gettext_lazy("Downloaded %(what)s, %(names)s"),
    "rater.excluded": gettext_lazy("Excluded rater %(rater)s: %(reason)s"),
    "rater.active": gettext_lazy("Included rater %(rater)s again: %(reason)s"),
    "rater.erased": gettext_lazy("Erased a rater; their ratings (%(number)s) were %(ratings)s"),
    "raters.names_deleted": gettext_lazy(
        "Deleted who raters are, %(days)s days after their last session: %(raters)s"
    ),
    "rater.screened_out": gettext_lazy(
        "Ended the session of rater %(rater)s, who did not pass practice"
    ),
    "rater.flagged": gettext_lazy("Rater %(rater)s fails rules: %(rules)s"),
    "rater.stopped": gettext_lazy("Ended the session of rater %(rater)s by the rules: %(rules)s"),
    "rater.let_continue": gettext_lazy("Allowed rater %(rater)s to continue"),
    "rater.link_replaced": gettext_lazy("Replaced the link of rater %(rater)s"),
    "shared_link.opened": gettext_lazy("Opened the shared link for %(quota)s raters"),
    "shared_link.closed": gettext_lazy("Closed the shared link"),
    "shared_link.rotated": gettext_lazy("Gave the shared link a new address"),
    "shared_link.recruitment": gettext_lazy(
        "Changed what the shared link knows of a crowd platform: %(parameters)s"
    ),
    "webhook.added": gettext_lazy("Added a webhook to %(host)s: %(events)s"),
    "webhook.changed": gettext_lazy("Changed the webhook to %(host)s: %(events)s"),
    "webhook.removed": gettext_lazy("Removed the webhook to %(host)s"),
    "webhook.rotated": gettext_lazy("Gave the webhook to %(host)s a new secret"),
    "webhook.active": gettext_lazy("Resumed the webhook to %(host)s"),
    "webhook.paused": gettext_lazy("Paused the webhook to %(host)s"),
    "webhook.failing": gettext_lazy("The webhook to %(host)s fails: a delivery was given up"),
    "webhook.gone": gettext_lazy("Stopped the webhook to %(host)s, whose receiver is gone"),
    "account.signed_in": gettext_lazy("Signed in"),
    "account.signed_out": gettext_lazy("Signed out"),
    "account.refused": gettext_lazy("A sign-in as %(account)s was refused"),
    "account.new_password": gettext_lazy("Changed the account’s password"),
    "account.created": gettext_lazy("Made the account %(account)s (%(administrator)s)"),
    "account.role_changed": gettext_lazy("Made %(account)s %(administrator)s"),
    "account.deactivated": gettext_lazy("Deactivated the account %(account)s"),
    "account.reactivated": gettext_lazy("Opened the account %(account)s again"),
    "account.link_made": gettext_lazy("Made a link by which %(account)s chooses a password"),
    "account.signed_out_everywhere": gettext_lazy("Signed %(account)s out everywhere"),
    "account.factor_added": gettext_lazy("Added a second factor to the account"),
    "account.factor_removed": gettext_lazy("Removed a second factor from the account"),
    "account.factors_forgotten": gettext_lazy("Removed the two-factor sign-in of %(account)s"),
    "account.data_taken": gettext_lazy("Downloaded what the site knows about them"),
    "account.codes_renewed": gettext_lazy("Made new recovery codes"),
    "token.created": gettext_lazy(
        "Created the API token “%(name)s”: %(scopes)s; studies (–: all): %(studies)s"
    ),
    "token.revoked": gettext_lazy("Revoked the API token “%(name)s”"),
    "token.all_revoked": gettext_lazy("Revoked all API tokens of %(account)s: %(count)s"),
    "activity.exported": gettext_lazy("Downloaded the record of what people did"),
    "raters.names_read": gettext_lazy("Looked at who raters are"),
    "site.backed_up": gettext_lazy("Made the backup %(name)s: %(rows)s rows, %(files)s files"),
    "site.restored": gettext_lazy("Restored the site from the backup %(name)s"),
    "token.used": gettext_lazy("Used the API token “%(name)s”"),
}
#: Names in details, in words.
_NAMES: dict[str, dict[Any, Words]] = {
    "what": {
        "links": gettext_lazy("personal links"),
        "raters": gettext_lazy("the table of raters"),
        "payment": gettext_lazy("the list for payment"),
    },
    "ratings": {"detach": gettext_lazy("kept without them"), "drop": gettext_lazy("dropped")},
    "purpose": {
        "main": gettext_lazy("main images"),
        "practice": gettext_lazy("practice images"),
        "gold": gettext_lazy("gold images"),
    },
    "step": {
        "practice": gettext_lazy("practice images"),
        "gold": gettext_lazy("gold images"),
        "holdout": gettext_lazy("hold-out"),
    },
    "administrator": {
        True: gettext_lazy("a lab administrator"),
        False: gettext_lazy("an ordinary account"),
    },
    "names": {True: gettext_lazy("with names"), False: gettext_lazy("without names")},
    "role": dict(MemberRole.choices),
    "scopes": dict(TokenScope.choices),
    "settings": {
        "title": gettext_lazy("title"),
        "consent": gettext_lazy("consent"),
        "erased_ratings": gettext_lazy("what becomes of an erased rater’s ratings"),
        "identity_days": gettext_lazy("days until raters’ names are deleted"),
        "instructions": gettext_lazy("instructions"),
        "target_ratings": gettext_lazy("ratings per image in the first pass"),
        "maximum_ratings": gettext_lazy("ratings per image at most"),
        "wanted_half_width": gettext_lazy("half-width at which an image has enough ratings"),
        "holdout_ratings": gettext_lazy("ratings per hold-out image"),
        "holdout_share": gettext_lazy("share held out"),
        "audit_share": gettext_lazy("random audit draws"),
        "teaching_share": gettext_lazy("draws for new images"),
        "session_trials": gettext_lazy("images per session"),
        "lease_seconds": gettext_lazy("duration of a lease"),
        "retrain_every": gettext_lazy("automatic training"),
        "retrain_nightly": gettext_lazy("automatic training at night"),
        "image_size": gettext_lazy("size of images"),
        "opinion_method": gettext_lazy("method of opinion scores"),
        "perspectives": gettext_lazy("perspectives"),
        "explanation_form": gettext_lazy("explanations"),
        "explanation_asked": gettext_lazy("when explanations are asked"),
        "session_plan": gettext_lazy("session plan"),
        "viewing_checks": gettext_lazy("viewing conditions"),
        "translations": gettext_lazy("translations"),
        "reliability_rules": gettext_lazy("rules for raters"),
    },
    "rules": {
        "gold": gettext_lazy("gold images"),
        "attention": gettext_lazy("attention checks"),
        "too_fast": gettext_lazy("too fast"),
        "away": gettext_lazy("away for long"),
        "variance": gettext_lazy("straight-lining"),
        "identical": gettext_lazy("same score for everything"),
        "retest_difference": gettext_lazy("repeats differ"),
        "retest_correlation": gettext_lazy("retest"),
        "inter_rater": gettext_lazy("agreement"),
    },
}
#: Characters shown of a SHA-256, which nobody reads in full.
_DIGEST_LENGTH, _DIGEST_SHOWN = 64, 12


class _Details(dict[str, str]):
    """What an entry of long ago does not say is a dash."""

    def __missing__(self, name: str) -> str:
        return "–"


def rules_said(names: Iterable[str]) -> str:
    """Names of rules for raters in the reader's language."""
    return _value(list(names), _NAMES["rules"])


def said(entry: AuditEntry) -> str:
    """What happened, in the reader's language; the action itself if nobody has words for it."""
    words = ACTS.get(entry.action)
    if words is None:
        return entry.action
    return str(words) % _Details(_readable(entry.detail))


def _readable(detail: Mapping[str, Any]) -> dict[str, str]:
    return {name: _value(value, _NAMES.get(name, {})) for name, value in detail.items()}


def _value(value: Any, names: Mapping[Any, Words]) -> str:
    if isinstance(value, list):
        return ", ".join(_value(item, names) for item in value) or "–"
    if isinstance(value, str | bool) and value in names:
        return str(names[value])
    if isinstance(value, float):
        return f"{value:.3f}"
    text = "–" if value is None or value == "" else str(value)
    return f"{text[:_DIGEST_SHOWN]}…" if len(text) == _DIGEST_LENGTH else text
