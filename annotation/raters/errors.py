"""What can go wrong for a rater; each has a code for the page and a sentence for the person."""

from django.utils.translation import gettext as _

from workbench.core.errors import MintError

from ..models import Study


class RatingError(MintError):
    """The base class: a request that the protocol does not allow now."""

    code = "rating_error"
    status = 409


class LinkError(RatingError):
    """This token belongs to no rater, or no longer does."""

    code = "link_invalid"
    status = 401

    def __init__(self, message: str = "") -> None:
        super().__init__(
            message
            or _("This link does not open a study; ask whoever sent it for the current one.")
        )


class LinkReplacedError(LinkError):
    """A link that was good until the study's owner made a newer one."""

    code = "link_replaced"

    def __init__(self) -> None:
        super().__init__(_("This link has been replaced; ask whoever sent it for the new one."))


class RaterExcludedError(RatingError):
    code = "rater_excluded"
    status = 403

    def __init__(self) -> None:
        super().__init__(_("This link has been closed by the study's owner."))


class ParticipantMissingError(RatingError):
    """The shared link is for a crowd platform's participants, and this visitor has no id."""

    code = "participant_missing"
    status = 403

    def __init__(self) -> None:
        super().__init__(_("Open this study from the platform where you found it."))


class StudyNotOpenError(RatingError):
    """The study's status does not allow rating; the code names the status."""

    def __init__(self, status: str) -> None:
        known = status in (Study.Status.DRAFT, Study.Status.PAUSED)
        self.code = f"study_{status if known else Study.Status.CLOSED}"
        waiting = {
            Study.Status.DRAFT: _("This study has not been opened yet."),
            Study.Status.PAUSED: _("This study is paused; please come back later."),
        }
        # A rater need not know whether it was put away since.
        closed = _("This study is closed; no more ratings are collected.")
        super().__init__(waiting.get(Study.Status(status), closed))


class StudyFullError(RatingError):
    code = "study_full"

    def __init__(self) -> None:
        super().__init__(_("There is no image left for you to rate."))


class DailyLimitError(RatingError):
    """The rater has judged as many images today as the study allows."""

    code = "study_daily_limit"

    def __init__(self) -> None:
        super().__init__(_("That is enough for today; please come back tomorrow."))


class RaterStoppedError(RatingError):
    """The study's rules, or its practice, ended the rater's last session, and its owner has not let
    them continue."""

    code = "rater_stopped"
    status = 403

    def __init__(self) -> None:
        super().__init__(_("This study needs no more ratings from you. Thank you!"))


class ProtocolChangedError(RatingError):
    """The study was changed before its first answer, so the session asks something else than when
    this request began. Repeating the request works."""

    code = "protocol_changed"
    status = 503

    def __init__(self) -> None:
        super().__init__(_("The study has just been changed; please try again."))


class ConsentMissingError(RatingError):
    code = "consent_required"
    status = 400

    def __init__(self) -> None:
        super().__init__(_("A session starts with consent: send “consent”: true."))


class NoSessionError(RatingError):
    code = "no_session"

    def __init__(self) -> None:
        super().__init__(_("There is no open session; start one first."))


class SessionStateError(RatingError):
    """The session is in a state where this cannot be done."""

    code = "session_state"

    def __init__(self, state: str) -> None:
        super().__init__(_("The session is in state “%(state)s”.") % {"state": state})


class TrialNotFoundError(RatingError):
    code = "trial_not_found"
    status = 404

    def __init__(self) -> None:
        super().__init__(_("This rater has no such trial."))


class TrialSkippedError(RatingError):
    code = "trial_skipped"

    def __init__(self) -> None:
        super().__init__(_("This image was skipped and cannot be rated any more."))


class LeaseLostError(RatingError):
    """The lease ran out, and others have taken the image's slots since."""

    code = "lease_lost"

    def __init__(self, message: str = "") -> None:
        super().__init__(
            message
            or _("This image was reserved for you for a while and has since gone to other raters.")
        )


class ImageWithdrawnError(LeaseLostError):
    """The image was taken out of the study while the rater held it; the page goes on as it does
    without a lease."""

    def __init__(self) -> None:
        super().__init__(_("This image has been taken out of the study; it needs no rating."))


class AnsweredError(RatingError):
    """A first answer that arrives after another one, which is kept."""

    code = "trial_answered"

    def __init__(self) -> None:
        super().__init__(
            _(
                "You have already rated this image, in another window or on another device; that "
                "rating counts."
            )
        )


class NotRevisableError(RatingError):
    """A change of an answer that is final: the study allows no changes, the block is over, or it
    was changed so often that no person did it."""

    code = "not_revisable"

    def __init__(self) -> None:
        super().__init__(
            _("Answers can be changed only within their block, and only if the study allows it.")
        )


class InvalidAnswerError(RatingError):
    """The answer does not fit the study's scales or form; the message says where."""

    code = "answer_invalid"
    status = 400


class TooManyReportsError(RatingError):
    """The rater's earlier reports have not been read yet."""

    code = "reports_waiting"
    status = 429

    def __init__(self) -> None:
        super().__init__(
            _("The study's owner has not read your earlier reports yet. Please wait a while.")
        )
