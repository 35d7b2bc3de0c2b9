"""The owner API: taking images out of use, and replacing them."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from workbench.accounts.api_views import ApiView
from workbench.accounts.signed_in import signed_in
from workbench.core.api import ExactSerializer
from workbench.core.api_shapes import UploadField
from workbench.core.room import takes

from ..models import Stimulus
from ..stimuli.api import StimulusSerializer
from ..stimuli.importing.sources import MAX_FILE_BYTES
from ..studies.selectors import find_study
from .images import set_image_state
from .replacing import replace_image


class ImageStateSerializer(ExactSerializer):
    """Whether an image is shown to raters and its scores count.

    `in_use`: both; `withdrawn`: shown to nobody, its scores count; `excluded`: neither; `purged`:
    neither, and its files are deleted, which cannot be undone.
    """

    state = serializers.ChoiceField(choices=Stimulus.State.choices)
    reason = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text="Kept in the audit trail; it may be left out only for `in_use`.",
    )


class ReplacementSerializer(ExactSerializer):
    """The right image (JPEG, PNG or WebP), and why the other was wrong."""

    image = UploadField()
    reason = serializers.CharField()


class ImageStateView(ApiView):
    @extend_schema(request=ImageStateSerializer, responses=StimulusSerializer)
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Take an image out of use, or put it back; what raters said about it is kept."""
        stimulus = _find(request, slug, pk)
        data = ImageStateSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        stimulus = set_image_state(
            stimulus=stimulus, actor=signed_in(request), **data.validated_data
        )
        return _answer(stimulus, request, 200)


@takes(MAX_FILE_BYTES)
class ReplacementView(ApiView):
    parser_classes = [MultiPartParser]

    @extend_schema(request=ReplacementSerializer, responses={201: StimulusSerializer})
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Put another image in the place of a wrong one, which is excluded: a new stimulus with its
        filename, prompt, split, wanted ratings and published scores."""
        stimulus = _find(request, slug, pk)
        data = ReplacementSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        new = replace_image(
            stimulus=stimulus,
            data=data.validated_data["image"].read(),
            actor=signed_in(request),
            reason=data.validated_data["reason"],
        )
        return _answer(new, request, 201)


def _find(request: Request, slug: str, pk: int) -> Stimulus:
    study = find_study(request.user, slug, "annotation.change_study")
    return get_object_or_404(Stimulus, study=study, pk=pk)


def _answer(stimulus: Stimulus, request: Request, status: int) -> Response:
    data = StimulusSerializer(stimulus, context={"request": request}).data
    return Response(data, status=status)
