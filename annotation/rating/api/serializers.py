"""The shapes of the rating API, for the schema; answers are built without them (hot path)."""

from rest_framework import serializers

from ...protocol.behaviour import KEYS as BEHAVIOUR_KEYS
from ...protocol.marks import POINT_LIMIT, REGION_LIMIT
from ...protocol.sessions import SessionState
from ...protocol.skips import NOTE_LIMIT, SkipReason
from ...raters.messages import TEXT_LIMIT
from ..claims import AHEAD_LIMIT

#: Named in settings for the schema.
SESSION_STATES = [str(state) for state in SessionState]


class ScaleSerializer(serializers.Serializer[object]):
    kind = serializers.CharField()
    minimum = serializers.FloatField()
    maximum = serializers.FloatField()
    step = serializers.FloatField()
    labels = serializers.ListField(child=serializers.CharField())


class PerspectiveSerializer(serializers.Serializer[object]):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment] # DRF's own attribute has the name
    question = serializers.CharField()
    scale = ScaleSerializer()
    help = serializers.CharField()


class RatedStudySerializer(serializers.Serializer[object]):
    title = serializers.CharField()
    status = serializers.CharField()
    consent = serializers.CharField()
    instructions = serializers.CharField()
    perspectives = PerspectiveSerializer(many=True)
    explanation_form = serializers.JSONField()


class RatingSessionSerializer(serializers.Serializer[object]):
    id = serializers.IntegerField()
    state = serializers.ChoiceField(SESSION_STATES)


class ProgressSerializer(serializers.Serializer[object]):
    done = serializers.IntegerField(help_text="Trials answered or skipped in this session.")
    total = serializers.IntegerField(
        help_text="Trials that this session will have; it does not grow. In practice, its own."
    )


class SessionBodySerializer(serializers.Serializer[object]):
    session = RatingSessionSerializer(allow_null=True)
    study = RatedStudySerializer()
    progress = ProgressSerializer()


class StartSerializer(serializers.Serializer[object]):
    consent = serializers.BooleanField(
        required=False, help_text="Needed for a new session; one that is open is resumed."
    )
    client = serializers.DictField(
        required=False, help_text="Viewing conditions: an object of up to 4 KiB."
    )


class ImageSerializer(serializers.Serializer[object]):
    url = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()


class TrialSerializer(serializers.Serializer[object]):
    id = serializers.IntegerField()
    position = serializers.IntegerField()
    block = serializers.IntegerField(help_text="In the order of showing, from 0 on.")
    practice = serializers.BooleanField()
    prompt = serializers.CharField()
    image = ImageSerializer()
    lease_expires_at = serializers.DateTimeField()
    asked_up_to = serializers.FloatField(
        allow_null=True,
        help_text="Reasons are asked of a score up to this one, as a share of its scale's range; "
        "null if none is asked for. One that is not asked for is refused.",
    )
    perspectives = serializers.ListField(
        child=serializers.CharField(),
        help_text="What is asked now: all, or one if the study goes through a block once per "
        "perspective. The answer has their scores and no others.",
    )
    scores = serializers.DictField(child=serializers.FloatField(), allow_null=True)


class AheadSerializer(serializers.Serializer[object]):
    ahead = serializers.IntegerField(
        default=0,
        min_value=0,
        max_value=AHEAD_LIMIT,
        help_text="How many trials to hold beyond the first.",
    )


class AnsweredSerializer(AheadSerializer):
    displayed_ago_ms = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=0,
        help_text="How long ago the decoded image was first on the screen, in milliseconds when "
        "this is sent; null if it never was.",
    )


class BlockSerializer(serializers.Serializer[object]):
    number = serializers.IntegerField(help_text="In the order of showing, from 0 on.")
    done = serializers.IntegerField(help_text="Trials of the block answered or skipped.")
    size = serializers.IntegerField(help_text="Trials that the block has.")


class OfferSerializer(serializers.Serializer[object]):
    trials = TrialSerializer(many=True)
    progress = ProgressSerializer()
    block = BlockSerializer(allow_null=True, help_text="Null if no trial is in hand.")
    state = serializers.ChoiceField(SESSION_STATES)
    rest_seconds = serializers.IntegerField(
        help_text="How long the rater rests before the next block; 0 if no rest is due."
    )
    messages = serializers.BooleanField(help_text="Whether the study's owner has written.")


class SkipSerializer(AnsweredSerializer):
    reason = serializers.ChoiceField([str(reason) for reason in SkipReason])
    note = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=NOTE_LIMIT,
        help_text="In the rater's own words; required if the reason is 'other'.",
    )


class MessageSerializer(serializers.Serializer[object]):
    id = serializers.IntegerField()
    text = serializers.CharField()


class UnreadMessagesSerializer(serializers.Serializer[object]):
    messages = MessageSerializer(many=True)


class ReadMessagesSerializer(serializers.Serializer[object]):
    up_to = serializers.IntegerField(help_text="The last message that the rater has seen.")


class ReportSerializer(serializers.Serializer[object]):
    text = serializers.CharField(max_length=TEXT_LIMIT)
    trial = serializers.IntegerField(
        required=False, allow_null=True, help_text="What it is about; null: the study."
    )


class RenewedSerializer(serializers.Serializer[object]):
    lease_expires_at = serializers.DateTimeField()


class RegionSerializer(serializers.Serializer[object]):
    """A box (x, y, width, height) or a stroke (points, radius); both in shares of the image."""

    x = serializers.FloatField(required=False, min_value=0, max_value=1)
    y = serializers.FloatField(required=False, min_value=0, max_value=1)
    width = serializers.FloatField(required=False, min_value=0, max_value=1)
    height = serializers.FloatField(required=False, min_value=0, max_value=1)
    points = serializers.ListField(
        child=serializers.ListField(
            child=serializers.FloatField(min_value=0, max_value=1), min_length=2, max_length=2
        ),
        required=False,
        min_length=1,
        max_length=POINT_LIMIT,
    )
    radius = serializers.FloatField(
        required=False, min_value=0, max_value=1, help_text="A share of the width."
    )


class ReasonSerializer(serializers.Serializer[object]):
    phrases = serializers.DictField(child=serializers.IntegerField(), required=False)
    text = serializers.CharField(required=False, allow_blank=True)
    regions = serializers.ListField(
        child=RegionSerializer(),
        required=False,
        max_length=REGION_LIMIT,
        help_text="What the text is about, if the form asks for regions.",
    )
    words = serializers.ListField(
        child=serializers.IntegerField(min_value=0),
        required=False,
        help_text="Words of the prompt that the image does not match, counted from 0 among what "
        "stands between white space; a Chinese character is a word by itself.",
    )


class AnswerSerializer(serializers.Serializer[object]):
    scores = serializers.DictField(child=serializers.FloatField())
    explanations = serializers.DictField(child=ReasonSerializer())


class PreviousSerializer(serializers.Serializer[object]):
    trial = TrialSerializer()
    answer = AnswerSerializer()


class ClaimSerializer(OfferSerializer):
    previous = PreviousSerializer(
        allow_null=True,
        help_text="The last answer, which can be changed while its block lasts; null if it cannot.",
    )


class SubmitSerializer(AnsweredSerializer):
    scores = serializers.DictField(
        child=serializers.FloatField(), help_text="A score for each perspective."
    )
    explanations = serializers.DictField(child=ReasonSerializer(), required=False)
    language = serializers.CharField(required=False, help_text="Of the free texts.")
    revises = serializers.BooleanField(
        default=True,
        help_text="False for a first answer: a different answer that is already stored then stays.",
    )
    behaviour = serializers.JSONField(
        required=False,
        help_text="Times, touches, attention and window, as the page measured them: "
        f"{', '.join(BEHAVIOUR_KEYS)}.",
    )


class AnsweredTrialSerializer(serializers.Serializer[object]):
    id = serializers.IntegerField()
    state = serializers.CharField()
    revision = serializers.IntegerField()


class ExpectedScoreSerializer(serializers.Serializer[object]):
    perspective = serializers.CharField()
    expected = serializers.FloatField(
        help_text="The published score, on the study’s scale; of named levels, the nearest."
    )
    low = serializers.FloatField(help_text="The lowest score within the expected range.")
    high = serializers.FloatField()


class SubmissionSerializer(OfferSerializer):
    trial = AnsweredTrialSerializer()
    feedback = ExpectedScoreSerializer(many=True, help_text="Only after a practice trial.")
