"""The rating API's endpoints. Each finds its rater by the link's token and calls a service."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ...protocol.errors import ProtocolError
from ...protocol.sessions import SessionState
from ...protocol.skips import parse_skip
from ...raters import messages
from ...raters.access import Access
from ...raters.errors import InvalidAnswerError
from ...raters.inbox import unread_of
from .. import claims, sessions, submission
from ..last_answer import last_answer
from . import serializers as shapes
from .authentication import IsRater, RaterAuthentication
from .presenting import claim_json, offer_json, session_json, submission_json

_PROBLEMS = {
    400: shapes.ProblemSerializer,
    401: shapes.ProblemSerializer,
    403: shapes.ProblemSerializer,
    404: shapes.ProblemSerializer,
    409: shapes.ProblemSerializer,
}
_LANGUAGES = {code for code, _name in settings.LANGUAGES}


class RatingView(APIView):
    authentication_classes = [RaterAuthentication]
    permission_classes = [IsRater]

    @staticmethod
    def access(request: Request) -> Access:
        access = request.auth
        assert isinstance(access, Access)  # noqa: S101 -- IsRater let the request in
        return access


@extend_schema_view(
    get=extend_schema(
        operation_id="rating_session_read",
        summary="The study's texts, the open session and its progress",
        responses={200: shapes.SessionBodySerializer, **_PROBLEMS},
    ),
    post=extend_schema(
        operation_id="rating_session_start",
        summary="Consent and start a session, or resume the open one",
        request=shapes.StartSerializer,
        responses={
            200: shapes.SessionBodySerializer,
            201: shapes.SessionBodySerializer,
            **_PROBLEMS,
        },
    ),
)
class SessionView(RatingView):
    def get(self, request: Request) -> Response:
        access = self.access(request)
        return Response(session_json(access, access.session))

    def post(self, request: Request) -> Response:
        access, data = self.access(request), _body(request)
        session, created = sessions.start_session(
            access=access,
            consent=data.get("consent") is True,
            client=data.get("client", {}),
        )
        return Response(session_json(access, session), status=201 if created else 200)


class BeginView(RatingView):
    @extend_schema(
        operation_id="rating_session_begin",
        summary="The instructions have been read",
        request=None,
        responses={200: shapes.SessionBodySerializer, **_PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        access = self.access(request)
        return Response(session_json(access, sessions.begin_rating(access=access)))


class PauseView(RatingView):
    @extend_schema(
        operation_id="rating_session_pause",
        summary="Let go of the images in hand until rating begins again",
        request=None,
        responses={200: shapes.SessionBodySerializer, **_PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        access = self.access(request)
        return Response(session_json(access, sessions.pause(access=access)))


class WithdrawView(RatingView):
    @extend_schema(
        operation_id="rating_session_withdraw",
        summary="Leave the study's session; ratings that were sent stay",
        request=None,
        responses={200: shapes.SessionBodySerializer, **_PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        access = self.access(request)
        sessions.withdraw(access=access)
        return Response(session_json(access, None))


class ClaimsView(RatingView):
    @extend_schema(
        operation_id="rating_claim",
        summary="The trials in hand, and new ones up to 1 + ahead",
        request=shapes.AheadSerializer,
        responses={200: shapes.ClaimSerializer, **_PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        access = self.access(request)
        session = claims.rating_session_of(access)
        offer = claims.claim_trials(access=access, ahead=_ahead(_body(request)))
        goes_on = offer.state is SessionState.RATING
        return Response(
            claim_json(access, offer, last_answer(access, session) if goes_on else None)
        )


class ReleaseView(RatingView):
    @extend_schema(
        operation_id="rating_release",
        summary="The page closes: what it holds may go to others soon",
        request=None,
        responses={204: None, **_PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        claims.release_leases(access=self.access(request))
        return Response(status=204)


class UnreadMessagesView(RatingView):
    @extend_schema(
        operation_id="rating_messages_unread",
        summary="What the study's owner wrote to the rater, unread",
        request=None,
        responses={200: shapes.UnreadMessagesSerializer, **_PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        found = unread_of(self.access(request))
        return Response({"messages": [{"id": item.pk, "text": item.text} for item in found]})


class ReadMessagesView(RatingView):
    @extend_schema(
        operation_id="rating_messages_read",
        summary="The rater has had the owner's messages before them",
        request=shapes.ReadMessagesSerializer,
        responses={204: None, **_PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        messages.mark_read(access=self.access(request), up_to=_body(request).get("up_to"))
        return Response(status=204)


class ReportView(RatingView):
    @extend_schema(
        operation_id="rating_report",
        summary="Tell the study's owner something, of an image or in general",
        request=shapes.ReportSerializer,
        responses={204: None, **_PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        data = _body(request)
        messages.report(
            access=self.access(request), text=data.get("text"), trial_id=data.get("trial")
        )
        return Response(status=204)


class DisplayView(RatingView):
    @extend_schema(
        operation_id="rating_display",
        summary="The decoded image is on the screen",
        request=None,
        responses={204: None, **_PROBLEMS},
    )
    def post(self, request: Request, pk: int) -> Response:
        claims.mark_displayed(access=self.access(request), trial_id=pk)
        return Response(status=204)


class RenewView(RatingView):
    @extend_schema(
        operation_id="rating_renew",
        summary="Keep the trial for another lease",
        request=None,
        responses={200: shapes.RenewedSerializer, **_PROBLEMS},
    )
    def post(self, request: Request, pk: int) -> Response:
        expires = claims.renew_lease(access=self.access(request), trial_id=pk)
        return Response({"lease_expires_at": expires})


class SkipView(RatingView):
    @extend_schema(
        operation_id="rating_skip",
        summary="Give the image back, with a coded reason; it does not return to this rater",
        request=shapes.SkipSerializer,
        responses={200: shapes.OfferSerializer, **_PROBLEMS},
    )
    def post(self, request: Request, pk: int) -> Response:
        access, data = self.access(request), _body(request)
        try:
            skip = parse_skip(data.get("reason"), data.get("note", ""))
        except ProtocolError as error:
            raise InvalidAnswerError(str(error)) from error
        offer = claims.skip_trial(access=access, trial_id=pk, skip=skip, ahead=_ahead(data))
        return Response(offer_json(access, offer))


class SubmitView(RatingView):
    @extend_schema(
        operation_id="rating_submit",
        summary="Scores and their reasons; answers with what is next",
        request=shapes.SubmitSerializer,
        responses={200: shapes.SubmissionSerializer, **_PROBLEMS},
    )
    def post(self, request: Request, pk: int) -> Response:
        access, data = self.access(request), _body(request)
        answer = submission.read_answer(
            access=access,
            scores=data.get("scores"),
            explanations=data.get("explanations", {}),
        )
        result = submission.submit_answer(
            access=access,
            trial_id=pk,
            answer=answer,
            language=_language(data),
            ahead=_ahead(data),
            behaviour=submission.read_behaviour(access=access, data=data.get("behaviour", {})),
            revises=data.get("revises") is not False,
        )
        return Response(submission_json(access, result))


def _body(request: Request) -> Mapping[str, Any]:
    data = request.data
    if not isinstance(data, Mapping):
        raise InvalidAnswerError("the body is not a JSON object")
    return data


def _ahead(data: Mapping[str, Any]) -> int:
    value = data.get("ahead", 0)
    if (
        isinstance(value, bool)
        or not isinstance(value, int)
        or not 0 <= value <= claims.AHEAD_LIMIT
    ):
        raise InvalidAnswerError(f"ahead: {value!r} is not within 0…{claims.AHEAD_LIMIT}")
    return value


def _language(data: Mapping[str, Any]) -> str:
    value = data.get("language", settings.LANGUAGE_CODE)
    if not isinstance(value, str) or value not in _LANGUAGES:
        raise InvalidAnswerError(
            f"language: {value!r} is not one of {', '.join(sorted(_LANGUAGES))}"
        )
    return value
