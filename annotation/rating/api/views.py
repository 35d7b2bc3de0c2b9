"""The rating API's endpoints; each calls a service."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema, extend_schema_view

from ...protocol.errors import ProtocolError
from ...protocol.sessions import SessionState
from ...protocol.skips import parse_skip
from ...raters import messages
from ...raters.errors import InvalidAnswerError
from ...raters.inbox import unread_of
from .. import claims, sessions, submission
from ..last_answer import last_answer
from . import serializers as shapes
from .base import RatingView, answer, body_of
from .presenting import claim_json, offer_json, session_json, submission_json

_YEAR_MS = 365 * 86_400_000
_LANGUAGES = {code for code, _name in settings.LANGUAGES}


@extend_schema_view(
    get=extend_schema(
        operation_id="rating_session_read",
        summary="The study's texts, the open session and its progress",
        responses={200: shapes.SessionBodySerializer},
    ),
    post=extend_schema(
        operation_id="rating_session_start",
        summary="Consent and start a session, or resume the open one",
        request=shapes.StartSerializer,
        responses={
            200: shapes.SessionBodySerializer,
            201: shapes.SessionBodySerializer,
        },
    ),
)
class SessionView(RatingView):
    def get(self, request: HttpRequest) -> HttpResponse:
        access = self.access
        return answer(session_json(access, access.session))

    def post(self, request: HttpRequest) -> HttpResponse:
        access, data = self.access, body_of(request)
        session, created = sessions.start_session(
            access=access,
            consent=_consent(data),
            client=data.get("client", {}),
        )
        return answer(session_json(access, session), status=201 if created else 200)


class BeginView(RatingView):
    @extend_schema(
        operation_id="rating_session_begin",
        summary="The instructions have been read",
        request=None,
        responses={200: shapes.SessionBodySerializer},
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        access = self.access
        return answer(session_json(access, sessions.begin_rating(access=access)))


class PauseView(RatingView):
    @extend_schema(
        operation_id="rating_session_pause",
        summary="Release the images in hand until rating starts again",
        request=None,
        responses={200: shapes.SessionBodySerializer},
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        access = self.access
        return answer(session_json(access, sessions.pause(access=access)))


class WithdrawView(RatingView):
    @extend_schema(
        operation_id="rating_session_withdraw",
        summary="Leave the study's session; ratings that were sent are kept",
        request=None,
        responses={200: shapes.SessionBodySerializer},
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        access = self.access
        sessions.withdraw(access=access)
        return answer(session_json(access, None))


class ClaimsView(RatingView):
    @extend_schema(
        operation_id="rating_claim",
        summary="The trials in hand, topped up to 1 + ahead",
        request=shapes.AheadSerializer,
        responses={200: shapes.ClaimSerializer},
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        access = self.access
        session = claims.rating_session_of(access)
        offer = claims.claim_trials(access=access, ahead=_ahead(body_of(request)))
        rating = offer.state is SessionState.RATING
        return answer(claim_json(access, offer, last_answer(access, session) if rating else None))


class ReleaseView(RatingView):
    @extend_schema(
        operation_id="rating_release",
        summary="The page closes: the images it holds may soon go to others",
        request=None,
        responses={204: None},
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        claims.release_leases(access=self.access)
        return HttpResponse(status=204)


class UnreadMessagesView(RatingView):
    @extend_schema(
        operation_id="rating_messages_unread",
        summary="Unread messages from the study's owner to the rater",
        request=None,
        responses={200: shapes.UnreadMessagesSerializer},
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        found = unread_of(self.access)
        return answer({"messages": [{"id": item.pk, "text": item.text} for item in found]})


class ReadMessagesView(RatingView):
    @extend_schema(
        operation_id="rating_messages_read",
        summary="The rater has seen the owner's messages",
        request=shapes.ReadMessagesSerializer,
        responses={204: None},
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        messages.mark_read(access=self.access, up_to=body_of(request).get("up_to"))
        return HttpResponse(status=204)


class ReportView(RatingView):
    @extend_schema(
        operation_id="rating_report",
        summary="Report something to the study's owner, about an image or in general",
        request=shapes.ReportSerializer,
        responses={204: None},
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        data = body_of(request)
        messages.report(access=self.access, text=data.get("text"), trial_id=data.get("trial"))
        return HttpResponse(status=204)


class RenewView(RatingView):
    @extend_schema(
        operation_id="rating_renew",
        summary="Renew the lease of the trial",
        request=None,
        responses={200: shapes.RenewedSerializer},
    )
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        expires = claims.renew_lease(access=self.access, trial_id=pk)
        return answer({"lease_expires_at": expires})


class SkipView(RatingView):
    @extend_schema(
        operation_id="rating_skip",
        summary="Skip the image, with a coded reason; it does not return to this rater",
        request=shapes.SkipSerializer,
        responses={200: shapes.OfferSerializer},
    )
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        access, data = self.access, body_of(request)
        try:
            skip = parse_skip(data.get("reason"), data.get("note", ""))
        except ProtocolError as error:
            raise InvalidAnswerError(str(error)) from error
        offer = claims.skip_trial(
            access=access,
            trial_id=pk,
            skip=skip,
            ahead=_ahead(data),
            displayed_ago_ms=_displayed_ago_ms(data),
        )
        return answer(offer_json(access, offer))


class SubmitView(RatingView):
    @extend_schema(
        operation_id="rating_submit",
        summary="Scores and their reasons; the reply says what is next",
        request=shapes.SubmitSerializer,
        responses={200: shapes.SubmissionSerializer},
    )
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        access, data = self.access, body_of(request)
        given = submission.read_answer(
            access=access,
            scores=data.get("scores"),
            explanations=data.get("explanations", {}),
        )
        result = submission.submit_answer(
            access=access,
            trial_id=pk,
            answer=given,
            language=_language(data),
            ahead=_ahead(data),
            behaviour=submission.read_behaviour(access=access, data=data.get("behaviour", {})),
            displayed_ago_ms=_displayed_ago_ms(data),
            revises=data.get("revises") is not False,
        )
        return answer(submission_json(access, result))


def _consent(data: Mapping[str, Any]) -> bool:
    value = data.get("consent", False)
    if not isinstance(value, bool):
        raise InvalidAnswerError(f"consent: {value!r} is neither true nor false")
    return value


def _ahead(data: Mapping[str, Any]) -> int:
    value = data.get("ahead", 0)
    if (
        isinstance(value, bool)
        or not isinstance(value, int)
        or not 0 <= value <= claims.AHEAD_LIMIT
    ):
        raise InvalidAnswerError(f"ahead: {value!r} is not within 0…{claims.AHEAD_LIMIT}")
    return value


def _displayed_ago_ms(data: Mapping[str, Any]) -> int | None:
    value = data.get("displayed_ago_ms")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidAnswerError(f"displayed_ago_ms: {value!r} is not a whole number from 0 on")
    # An answer can wait long for a network; the trial's lease began later than this in any case.
    return min(value, _YEAR_MS)


def _language(data: Mapping[str, Any]) -> str:
    value = data.get("language", settings.LANGUAGE_CODE)
    if not isinstance(value, str) or value not in _LANGUAGES:
        raise InvalidAnswerError(
            f"language: {value!r} is not one of {', '.join(sorted(_LANGUAGES))}"
        )
    return value
