"""What the API sends and takes. Written by `make client-models`; do not edit."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias

from typing_extensions import TypedDict


class AcquisitionRound(TypedDict):
    """
    One writing of a study's priorities. `model`: the version that made it. `candidates`: the
    images that it ranked, of which `selected` come first. `parameters`: as a rule `count`, how many
    images it was to put first, `seed`, `ratings`, how many the study's opinion scores rested on,
    and `odd`, images that looked like nothing else.
    """

    id: int
    model: int
    predictor: str
    strategy: str
    strategy_version: str
    parameters: dict[str, Any]
    candidates: int
    selected: int
    created_at: str


class Ahead(TypedDict):
    ahead: NotRequired[int]


class AnsweredTrial(TypedDict):
    id: int
    state: str
    revision: int


class AssessmentRequest(TypedDict, closed=True):
    """
    One image (JPEG, PNG or WebP), the prompt it was made from, the version to assess it with
    (the active one by default), and the questions to answer: keys of perspectives, and `overall`
    for all of them together (every question by default).
    """

    image: bytes
    prompt: str
    model: NotRequired[int]
    questions: NotRequired[list[str]]


class AssistedScore(TypedDict):
    """
    A model-assisted score, which is not a MOS: the opinion score of the live release, on its
    scale, joined with the prediction, each by its variance. `worth`: as how many ratings it is
    precise.
    """

    value: float
    standard_error: float
    low: float
    high: float
    ratings: int
    worth: float


class Attempt(TypedDict):
    """
    One attempt. `status`: null without an answer. `failure`: null, `status`, `redirect`,
    `timeout`, `connection`, `address` (in a private network) or `secret` (the site's key has
    changed: rotate it).
    """

    at: str
    milliseconds: int
    status: int | None
    failure: str | None


class AuditEntry(TypedDict):
    """
    One act: who did what, when.
    """

    created_at: str
    actor: NotRequired[str | None]
    action: str
    words: str
    detail: NotRequired[Any]


BasedOnEnum: TypeAlias = Literal["defaults", "study"]


BlankEnum: TypeAlias = Literal[""]


class Block(TypedDict):
    number: int
    done: int
    size: int


ByEnum: TypeAlias = Literal["model", "raters"]


class Counts(TypedDict):
    """
    Images are those in use, of purpose main. `ratings` are one rater's answers to one image that
    count, `given` those of images in use, out of the `wanted` ones; `answers` are images answered
    in any role, also by excluded raters; `raters` have a link, `raters_started` have answered
    anything.
    """

    images: int
    holdout: int
    without_image: int
    practice: int
    gold: int
    ratings: int
    given: int
    wanted: int
    under_way: int
    answers: int
    last_answer: str | None
    raters: int
    raters_started: int


class Coverage(TypedDict):
    """
    Which share of labels intervals hold: `level` is what they should, `observed` what they do,
    with the ends of its 95 % interval.
    """

    level: float
    observed: float
    low: float
    high: float


class DatasetImportRequest(TypedDict, closed=True):
    """
    The archive of a dataset release; a ZIP of pictures, if the archive has none; the study's
    slug, if it is not to be the archive's.
    """

    archive: bytes
    images: NotRequired[bytes]
    slug: NotRequired[str]


class DatasetRequest(TypedDict, closed=True):
    """
    What is to be made. `release`: number of a named release of opinion scores; `licence`: an
    identifier of SPDX's list or an address; `creators`: each `Family, Given` or the name of a
    group; `setting`: where people rated, in a laboratory, by a crowd…; `answers`: to the questions
    about responsible use, by Croissant's names for them; `pictures`: whether they are included, not
    their hashes alone.
    """

    release: int
    title: str
    licence: str
    creators: list[str]
    description: NotRequired[str]
    setting: NotRequired[str]
    answers: NotRequired[dict[str, str]]
    pictures: NotRequired[bool]


class Deletion(TypedDict, closed=True):
    """
    The study's slug once more, so that no study is deleted by mistake.
    """

    confirm: str


class DeletionOutlook(TypedDict):
    """
    What goes with a study; `others`: models and what belongs to them.
    """

    images: int
    files: int
    raters: int
    ratings: int
    releases: list[str]
    others: dict[str, int]


DeliveryState: TypeAlias = Literal["waiting", "delivered", "given_up"]


DirectionEnum: TypeAlias = Literal["higher", "lower"]


DrawEnum: TypeAlias = Literal["priority", "audit", "holdout", "plan"]


class Duplicate(TypedDict, closed=True):
    """
    The new study's title, its slug (made from the title if it is left out), and whether the
    images in use come with it.
    """

    title: str
    slug: NotRequired[str]
    images: NotRequired[bool]


class Erased(TypedDict):
    """
    The new code under which something of the rater is kept; null if nothing is.
    """

    code: str | None


ErasedRatings: TypeAlias = Literal["detach", "drop"]


class Erasure(TypedDict, closed=True):
    """
    What becomes of the ratings; left out: what the study promises.
    """

    ratings: NotRequired[ErasedRatings]


EventType: TypeAlias = Literal[
    "ratings.milestone",
    "rater.flagged",
    "import.finished",
    "release.made",
    "dataset.finished",
    "run.finished",
    "model.promoted",
    "ping",
]


EventsEnum: TypeAlias = Literal[
    "ratings.milestone",
    "rater.flagged",
    "import.finished",
    "release.made",
    "dataset.finished",
    "run.finished",
    "model.promoted",
]


class Expectation(TypedDict):
    """
    On the perspective's scale, of `minimum` to `maximum`: the expected score and standard
    deviations. `posterior_sd` is that of the expected score, which labels lessen; `misfit_sd` that
    of the true score around what the model could expect at best, which they do not; `epistemic_sd`
    is both together, how far the true score may be from the expected one; `rater_sd` is that of one
    rater around the true score, and `label_sd` that of the mean of the image's own n ratings:
    rater/√n, null without any.
    """

    mean: float
    posterior_sd: float
    misfit_sd: float
    epistemic_sd: float
    rater_sd: float
    label_sd: float | None
    minimum: float
    maximum: float


class ExpectedScore(TypedDict):
    perspective: str
    expected: float
    low: float
    high: float


class GivenExplanation(TypedDict):
    """
    Why: chosen phrases with their levels, words of the rater's own, and what they are about.
    """

    perspective: str
    phrases: NotRequired[Any]
    text: NotRequired[str]
    regions: NotRequired[Any]
    words: NotRequired[Any]
    language: str
    revision: NotRequired[int]
    created_at: str


class GivenRatings(TypedDict):
    """
    Ratings that count, by why they were asked for, and of how many images they are.
    """

    draw: DrawEnum
    ratings: int
    images: int


GivenRole: TypeAlias = Literal["manager", "viewer"]


class GivenScore(TypedDict):
    """
    A score on the perspective's scale; `revision` counts from 1.
    """

    perspective: str
    value: float
    revision: NotRequired[int]
    created_at: str


GoalEnum: TypeAlias = Literal["half_width", "difference", "srcc_difference"]


class HeldByRelease(TypedDict):
    """
    A kept release and how many of the rater's ratings it was made of, at most.
    """

    number: int
    name: str
    state: str
    ratings: int


HistoryEntryEventEnum: TypeAlias = Literal[
    "taken", "stage", "put_back", "handed_on", "succeeded", "failed", "cancelled"
]


class Identity(TypedDict):
    """
    Who a rater is.
    """

    rater: str
    name: NotRequired[str]
    email: NotRequired[str]


class Image(TypedDict):
    url: str
    width: int
    height: int


ImageSizeEnum: TypeAlias = Literal["fit", "pixels"]


class Invite(TypedDict, closed=True):
    """
    A new account.
    """

    account: str
    email: NotRequired[str]
    administrator: NotRequired[bool]


class InvitedPerson(TypedDict, closed=True):
    """
    A name, an e-mail address, or both.
    """

    name: NotRequired[str]
    email: NotRequired[str]


class Job(TypedDict):
    """
    A job of the study, of the kind `import`, `dataset`, `training`, `scoring` or
    `explaining`.
    """

    kind: str
    id: int
    state: str
    stage: str
    progress_done: int
    progress_total: int
    error: str
    created_at: str
    finished_at: str | None


JobState: TypeAlias = Literal["queued", "running", "succeeded", "failed", "cancelled"]


KindEnum: TypeAlias = Literal["own", "imported"]


class Knowledge(TypedDict):
    """
    Which labels a prediction has learnt from: `ratings`, those that the study's opinion scores
    rested on `at` that time. `stale`: 30 or more ratings have come since, and the prediction is
    about to be made again.
    """

    version: int
    ratings: int
    at: str
    stale: bool


LackingEnum: TypeAlias = Literal["model", "predictions", "ratings"]


LacksEnum: TypeAlias = Literal["few_raters", "not_close", "no_better_than_mean"]


class LeaderboardRow(TypedDict):
    """
    One generator, on the perspective's scale; null is not known.
    """

    generator: str
    mean: float | None
    standard_error: float | None
    low: float | None
    high: float | None
    rank: int | None
    rank_low: int | None
    rank_high: int | None
    ratings: int
    images: int
    prompts: int
    raters: int
    predicted: int
    left_out: int


class LinkRequest(TypedDict, closed=True):
    """
    `target`: another source; empty: the study's raters.
    """

    source: str
    perspective: str
    target: NotRequired[str]


class LinkedScores(TypedDict, closed=True):
    """
    Which scores: a source's, from one perspective (its key).
    """

    source: str
    perspective: str


class Mapping(TypedDict):
    """
    A mapping of predictions onto the labels' scale: β₁…β₄ of the logistic, or a…d of the cubic
    of predictions brought onto −1…1.
    """

    name: str
    parameters: list[float]


class Measure(TypedDict):
    """
    A value and the ends of its 95 % interval, over draws of whole prompts; null with fewer than
    four prompts, or without one.
    """

    value: float
    low: float | None
    high: float | None


class Meeting(TypedDict):
    """
    A source (empty: the study's raters) with scores of the same images of the pool.
    """

    target: str
    images: int


class MemberAdd(TypedDict, closed=True):
    """
    A manager or a viewer; only managers can see the raters' names.
    """

    role: GivenRole
    sees_names: NotRequired[bool]
    account: str


class MemberChange(TypedDict, closed=True):
    """
    A manager or a viewer; only managers can see the raters' names.
    """

    role: GivenRole
    sees_names: NotRequired[bool]


MemberRole: TypeAlias = Literal["owner", "manager", "viewer"]


class Message(TypedDict):
    id: int
    text: str


MethodEnum: TypeAlias = Literal[
    "mos",
    "zscore",
    "aigciqa2023",
    "bias_removed",
    "bt500",
    "bt500_sureal",
    "ordinal",
    "p910",
    "p913",
    "subject_map",
]


ModelVersionState: TypeAlias = Literal["candidate", "active", "retired", "rejected"]


class MovedImage(TypedDict):
    """
    A stimulus and its score on 0…1 by both methods.
    """

    stimulus: int
    old: float
    new: float


class NamedMeasure(TypedDict):
    """
    One measure. `measure` is null if it is not defined on these images; `ceiling` is what a
    perfect predictor would reach against these labels, null if not known.
    """

    name: str
    measure: Measure | None
    ceiling: Measure | None


class NewRaterMessage(TypedDict, closed=True):
    """
    What to write, and to whom: codes of raters.
    """

    raters: list[str]
    text: str


class NewRelease(TypedDict, closed=True):
    """
    The name to keep the current opinion scores under, and how to make them.
    """

    name: str
    method: NotRequired[MethodEnum]
    parameters: NotRequired[dict[str, Any]]


NullEnum: TypeAlias = None


class OpinionMethod(TypedDict):
    """
    A method of opinion scores; `parameters` are its names with their defaults.
    """

    name: str
    label: str
    version: str
    citation: str
    words: str
    parameters: dict[str, Any]
    in_use: bool


class OpinionScore(TypedDict):
    """
    A release's opinion score of one stimulus from one perspective.
    """

    stimulus: int
    filename: str
    state: str
    perspective: str
    value: float
    standard_error: NotRequired[float | None]
    low: NotRequired[float | None]
    high: NotRequired[float | None]
    sd: NotRequired[float | None]
    mean: NotRequired[float | None]
    n: NotRequired[int | None]
    histogram: NotRequired[Any]


OutcomeEnum: TypeAlias = Literal["promote", "keep", "ask"]


class PaginatedAcquisitionRoundList(TypedDict):
    count: NotRequired[int]
    next: str | None
    previous: str | None
    results: list[AcquisitionRound]


class PaginatedAuditEntryList(TypedDict):
    count: NotRequired[int]
    next: str | None
    previous: str | None
    results: list[AuditEntry]


class PaginatedIdentityList(TypedDict):
    count: NotRequired[int]
    next: str | None
    previous: str | None
    results: list[Identity]


class PaginatedOpinionScoreList(TypedDict):
    count: NotRequired[int]
    next: str | None
    previous: str | None
    results: list[OpinionScore]


class PairwiseDifference(TypedDict):
    """
    The mean of `first` minus that of `second`, on the perspective's scale.
    """

    first: str
    second: str
    difference: float
    standard_error: float
    low: float
    high: float
    p_value: float
    p_holm: float
    significant: bool
    effect_size: float | None


class PatchedPersonChange(TypedDict, closed=True):
    """
    What an account may do.
    """

    administrator: NotRequired[bool]
    active: NotRequired[bool]


class Scale(TypedDict, closed=True):
    kind: str
    minimum: float
    maximum: float
    step: float
    labels: NotRequired[list[str]]


class Perspective(TypedDict, closed=True):
    key: str
    label: str
    question: str
    scale: Scale
    help: NotRequired[str]


class ExplanationAsked(TypedDict, closed=True):
    when: NotRequired[Literal["every", "share", "low"]]
    share: NotRequired[float]
    level: NotRequired[int]


class SessionPlan(TypedDict, closed=True):
    practice_trials: NotRequired[int]
    practice_pass_share: NotRequired[float]
    practice_tries: NotRequired[int]
    stabilisation_trials: NotRequired[int]
    block_trials: NotRequired[int]
    repeat_share: NotRequired[float]
    gold_share: NotRequired[float]
    rest_after_minutes: NotRequired[int]
    rest_seconds: NotRequired[int]
    session_minutes: NotRequired[int]
    daily_trials: NotRequired[int]
    one_per_pass: NotRequired[bool]
    revisable: NotRequired[bool]
    whole_prompt: NotRequired[bool]
    enlarging: NotRequired[bool]


class ViewingChecks(TypedDict, closed=True):
    minimum_width: NotRequired[int]
    minimum_height: NotRequired[int]
    phones: NotRequired[bool]
    card: NotRequired[bool]
    greys: NotRequired[bool]
    plates: NotRequired[bool]
    acuity: NotRequired[bool]


class Gold(TypedDict, closed=True):
    threshold: NotRequired[float]
    minimum: NotRequired[int]
    effect: NotRequired[Literal["off", "note", "weigh", "stop"]]


class Attention(TypedDict, closed=True):
    threshold: NotRequired[float]
    minimum: NotRequired[int]
    effect: NotRequired[Literal["off", "note", "weigh", "stop"]]


class TooFast(TypedDict, closed=True):
    threshold: NotRequired[float]
    minimum: NotRequired[int]
    effect: NotRequired[Literal["off", "note", "weigh", "stop"]]


class Away(TypedDict, closed=True):
    threshold: NotRequired[float]
    minimum: NotRequired[int]
    effect: NotRequired[Literal["off", "note", "weigh", "stop"]]


class Variance(TypedDict, closed=True):
    threshold: NotRequired[float]
    minimum: NotRequired[int]
    effect: NotRequired[Literal["off", "note", "weigh", "stop"]]


class Identical(TypedDict, closed=True):
    threshold: NotRequired[float]
    minimum: NotRequired[int]
    effect: NotRequired[Literal["off", "note", "weigh", "stop"]]


class RetestDifference(TypedDict, closed=True):
    threshold: NotRequired[float]
    minimum: NotRequired[int]
    effect: NotRequired[Literal["off", "note", "weigh", "stop"]]


class RetestCorrelation(TypedDict, closed=True):
    threshold: NotRequired[float]
    minimum: NotRequired[int]
    effect: NotRequired[Literal["off", "note", "weigh", "stop"]]


class InterRater(TypedDict, closed=True):
    threshold: NotRequired[float]
    minimum: NotRequired[int]
    effect: NotRequired[Literal["off", "note", "weigh", "stop"]]


class ReliabilityRules(TypedDict, closed=True):
    gold: NotRequired[Gold]
    attention: NotRequired[Attention]
    too_fast: NotRequired[TooFast]
    away: NotRequired[Away]
    variance: NotRequired[Variance]
    identical: NotRequired[Identical]
    retest_difference: NotRequired[RetestDifference]
    retest_correlation: NotRequired[RetestCorrelation]
    inter_rater: NotRequired[InterRater]
    gold_tolerance: NotRequired[float]
    minimum_seconds: NotRequired[float]
    away_seconds: NotRequired[float]
    least_others: NotRequired[int]
    weight: NotRequired[float]


class PatchedWebhookChange(TypedDict, closed=True):
    """
    What is left out stays. `paused`: whether events are noted and sent; false also resumes one
    that failed or is gone.
    """

    url: NotRequired[str]
    events: NotRequired[list[EventsEnum]]
    description: NotRequired[str]
    paused: NotRequired[bool]


class Payable(TypedDict):
    """
    One participant of a crowd platform: how their part ended, how long it took, and the code
    that is theirs (empty if there is nothing to pay for yet).
    """

    participant: str
    values: dict[str, str]
    rater: str
    state: str
    minutes: float
    ratings: int
    code: str


class Person(TypedDict):
    """
    An account.
    """

    account: str
    email: NotRequired[str]
    administrator: bool
    active: bool
    two_factor: bool
    created_at: str
    last_sign_in: str | None


class PersonLink(TypedDict):
    """
    With the link by which the person chooses a password, told this once.
    """

    account: str
    email: NotRequired[str]
    administrator: bool
    active: bool
    two_factor: bool
    created_at: str
    last_sign_in: str | None
    link: str
    mailed: bool


class PerspectiveCalibration(TypedDict):
    """
    One perspective.
    """

    perspective: str
    images: int
    coverages: list[Coverage]
    ence: float | None


class PerspectiveChange(TypedDict):
    """
    One perspective. `change`: of the SRCC against the version in use, null if it is not defined.
    `covered`, `champion_covered`: the share of labels within each one's 90 % intervals.
    """

    perspective: str
    images: int
    change: Measure | None
    covered: Measure | None
    champion_covered: float | None


class PerspectivePreview(TypedDict):
    """
    What would change from one perspective, on the study's 0…1; numbers that are not defined are
    null. `far`: images whose rank changes by more than a tenth of all.
    """

    perspective: str
    images: int
    srcc: float | None
    median_shift: float | None
    largest_shift: float | None
    moved: int
    far: int
    old_rejected: int
    new_rejected: int
    old_limits: list[float]
    new_limits: list[float]
    notes: list[str]
    movers: list[MovedImage]


class Predictor(TypedDict):
    """
    A predictor of the study. `active`: number of its version in use.
    """

    name: str
    backbone: str
    strategy: str
    recipe: NotRequired[Any]
    recipe_name: NotRequired[str]
    leading: NotRequired[bool]
    active: int | None
    created_at: str


class PredictorRequest(TypedDict, closed=True):
    """
    One more predictor: a `backbone` that the site offers, a `name` (default: the backbone's),
    the acquisition `strategy` by which it says what people rate next, and the name of the `recipe`
    of its trainings, one of its backbone's (default: `default`).
    """

    backbone: str
    name: NotRequired[str]
    strategy: NotRequired[str]
    recipe: NotRequired[str]


PresetEnum: TypeAlias = Literal["active-learning", "lab-acr", "crowd-acr", "aigciqa2023"]


class Preview(TypedDict):
    """
    What another method would change.
    """

    old: str
    new: str
    parameters: dict[str, Any]
    ratings: int
    computed_at: str
    perspectives: list[PerspectivePreview]


class Progress(TypedDict):
    done: int
    total: int


class PromotionRequest(TypedDict, closed=True):
    """
    `reason`: why the version is promoted although the hold-out does not show that it is as good
    as the one in use; the audit trail keeps it.
    """

    reason: NotRequired[str]


class Prompt(TypedDict):
    """
    A prompt as it was written. Those with the same `group_sha256` are spellings of one, which is
    held out, trained on and shown as one.
    """

    id: int
    text: str
    group_sha256: str
    images: int


class PromptReading(TypedDict):
    """
    What a version reads of a prompt. `pieces`: its word pieces, of which the first `limit` are
    read; `read` and `unread`: the text of these and of the others; `unknown`: words that it does
    not know; `unreadable`: whether it knows none.
    """

    pieces: int
    limit: int
    read: str
    unread: str
    unknown: list[str]
    unreadable: bool


class Protocol(TypedDict):
    """
    One protocol: a trial of the export names it by its number.
    """

    number: int
    content_sha256: str
    created_at: str
    answered: bool


class ProtocolDocument(TypedDict):
    """
    With all that it asks.
    """

    number: int
    content_sha256: str
    created_at: str
    answered: bool
    content: Any


class PurposeChanged(TypedDict):
    """
    How many images were changed.
    """

    changed: int


PurposePurposeEnum: TypeAlias = Literal["main", "practice", "gold"]


class Queue(TypedDict):
    """
    `waiting`: tasks that no worker has taken; null while Redis does not answer.
    """

    name: str
    workers: int
    seen_at: str | None
    waiting: int | None


class QueuedExpectation(TypedDict):
    """
    What the model in use expects, on the perspective’s scale, and how far it may be off.
    """

    mean: float
    sd: float
    model: int


QueuedImageReasonEnum: TypeAlias = Literal["new", "begun", "wide", "audit", "holdout"]


class RaterCreate(TypedDict, closed=True):
    """
    How many raters to create.
    """

    count: int


RaterSessionStateEnum: TypeAlias = Literal[
    "instructions", "rating", "paused", "done", "withdrawn", "stopped", "screened_out", "expired"
]


RaterStatus: TypeAlias = Literal["active", "excluded"]


RaterTrialRoleEnum: TypeAlias = Literal["practice", "stabilisation", "main", "repeat", "gold"]


class Ratings(TypedDict):
    """
    A number of ratings; null where there is no such number.
    """

    value: float | None
    low: float | None
    high: float | None


class RatingsErased(TypedDict):
    """
    Ratings that a kept release was made of, at most, and that are gone with their rater.
    """

    ratings: int
    created_at: str


class ReadMessages(TypedDict):
    up_to: int


ReasonsEnum: TypeAlias = Literal[
    "few_images",
    "few_prompts",
    "no_spread",
    "mean_worse",
    "mean_unsure",
    "perspective_worse",
    "calibration_worse",
]


Point: TypeAlias = list[float]


class Region(TypedDict):
    """
    A box (x, y, width, height) or a stroke (points, radius); both in shares of the image.
    """

    x: NotRequired[float]
    y: NotRequired[float]
    width: NotRequired[float]
    height: NotRequired[float]
    points: NotRequired[list[Point]]
    radius: NotRequired[float]


class ReleasePerspective(TypedDict):
    """
    The scale of a release's scores from one perspective, and what its method says of them.
    """

    perspective: str
    minimum: float
    maximum: float
    notes: NotRequired[Any]


ReleaseState: TypeAlias = Literal["live", "named", "frozen"]


class Renewed(TypedDict):
    lease_expires_at: str


class Replacement(TypedDict, closed=True):
    """
    The right image (JPEG, PNG or WebP), and why the other was wrong.
    """

    image: bytes
    reason: str


class Replayed(TypedDict):
    """
    How many deliveries are sent again.
    """

    replayed: int


class Report(TypedDict):
    text: str
    trial: NotRequired[int | None]


class Rest(TypedDict, closed=True):
    """
    Who rates what is left of the pool: the `model` in use, or `raters`.
    """

    by: ByEnum


class Retry(TypedDict, closed=True):
    """
    How to try it again. `mapping`: what the manifest's columns are, instead of the import's
    `mapping`, which may be changed for it; `constants`: the `prompt` or `generator` of images
    without a manifest that nothing says it of; `fills`: those of single images by name, which
    are added to the import's `fills`; `dry_run`: only say what it would do.
    """

    partial: NotRequired[bool]
    dry_run: NotRequired[bool]
    mapping: NotRequired[dict[str, Any] | None]
    constants: NotRequired[dict[str, str]]
    fills: NotRequired[dict[str, dict[str, str]]]


class Revoked(TypedDict):
    revoked: int


class RoundOutcome(TypedDict):
    """
    What raters gave from the round on and before the next one. `images` counts each once;
    `not_counting`: answers in practice and warm-up, repeats, gold images, and those of raters or
    images that are excluded.
    """

    ratings: int
    images: int
    by_draw: list[GivenRatings]
    not_counting: int


class RowNote(TypedDict):
    """
    What is to be said of one row of the manifest, and how to fix it.
    """

    row: int
    line: int
    filename: str
    problem: str
    fix: str


class SaveMapping(TypedDict, closed=True):
    """
    `document`: a mapping, as the guide on importing describes it.
    """

    name: str
    document: dict[str, Any]


class SavedMapping(TypedDict):
    """
    What the columns of a table are, under the name that an import's `mapping` takes.
    """

    name: str
    document: Any
    saved_at: str


class ScaleModel(TypedDict):
    kind: str
    minimum: float
    maximum: float
    step: float
    labels: list[str]


class ScaleLink(TypedDict):
    """
    `offset + slope · score`, both on 0…1, brings the scores to the scale of `target`: another
    source, or the study's raters (empty). Fitted on `images` common images; `rmse` is the root mean
    square of what it leaves. `is_outdated`: scores have been imported since.
    """

    target: NotRequired[str]
    offset: float
    slope: float
    images: int
    rmse: float
    fitted_at: str


ScoreKindEnum: TypeAlias = Literal["acr_mean", "z_score", "dmos", "elo", "other"]


class ScoringRequest(TypedDict, closed=True):
    """
    Which version predicts the remaining images; the active one if omitted.
    """

    model: NotRequired[int]


SenderEnum: TypeAlias = Literal["owner", "rater"]


SessionState: TypeAlias = Literal[
    "instructions", "rating", "paused", "done", "withdrawn", "stopped", "screened_out", "expired"
]


class SharedLink(TypedDict):
    """
    The shared link: `used` of `quota` raters have joined by it.
    """

    address: str
    is_open: NotRequired[bool]
    quota: int
    used: NotRequired[int]
    created_at: str


class SharedLinkSetting(TypedDict, closed=True):
    """
    For how many raters in all the link is, and whether anybody else can join.
    """

    quota: int
    is_open: NotRequired[bool]


SkipReasonEnum: TypeAlias = Literal["does_not_load", "offensive", "cannot_judge", "other"]


SplitEnum: TypeAlias = Literal["pool", "holdout"]


class Start(TypedDict):
    consent: NotRequired[bool]
    client: NotRequired[dict[str, Any]]


class Step(TypedDict):
    """
    A step takes `wanted` things, of which there are `found`; it is settled if it is done or
    waived.
    """

    name: str
    found: int
    wanted: int
    done: bool
    waived: bool
    settled: bool


StimulusPurpose: TypeAlias = Literal["main", "practice", "gold"]


StimulusState: TypeAlias = Literal["in_use", "withdrawn", "excluded", "purged"]


class Scale1(TypedDict, closed=True):
    kind: str
    minimum: float
    maximum: float
    step: float
    labels: NotRequired[list[str]]


class Perspective2(TypedDict, closed=True):
    key: str
    label: str
    question: str
    scale: Scale1
    help: NotRequired[str]


class ReliabilityRules1(TypedDict, closed=True):
    gold: NotRequired[Gold]
    attention: NotRequired[Attention]
    too_fast: NotRequired[TooFast]
    away: NotRequired[Away]
    variance: NotRequired[Variance]
    identical: NotRequired[Identical]
    retest_difference: NotRequired[RetestDifference]
    retest_correlation: NotRequired[RetestCorrelation]
    inter_rater: NotRequired[InterRater]
    gold_tolerance: NotRequired[float]
    minimum_seconds: NotRequired[float]
    away_seconds: NotRequired[float]
    least_others: NotRequired[int]
    weight: NotRequired[float]


class Perspective3(TypedDict, closed=True):
    key: str
    label: str
    question: str
    scale: Scale1
    help: NotRequired[str]


class ReliabilityRules2(TypedDict, closed=True):
    gold: NotRequired[Gold]
    attention: NotRequired[Attention]
    too_fast: NotRequired[TooFast]
    away: NotRequired[Away]
    variance: NotRequired[Variance]
    identical: NotRequired[Identical]
    retest_difference: NotRequired[RetestDifference]
    retest_correlation: NotRequired[RetestCorrelation]
    inter_rater: NotRequired[InterRater]
    gold_tolerance: NotRequired[float]
    minimum_seconds: NotRequired[float]
    away_seconds: NotRequired[float]
    least_others: NotRequired[int]
    weight: NotRequired[float]


StudyStatus: TypeAlias = Literal["draft", "open", "paused", "closed", "archived", "deleting"]


class TrainingRequest(TypedDict, closed=True):
    """
    What to train, and how. `predictor` is a name; the leading one if omitted. `recipe` is the
    name of one of its backbone's recipes; the predictor's own if omitted. `settings` override those
    of the recipe, each as `NAME=VALUE`, e.g. `epochs=5`.
    """

    predictor: NotRequired[str]
    recipe: NotRequired[str]
    promote_when_done: NotRequired[bool]
    settings: NotRequired[list[str]]
    explanations: NotRequired[bool]


class Trial(TypedDict):
    id: int
    position: int
    block: int
    practice: bool
    prompt: str
    image: Image
    lease_expires_at: str
    asked_up_to: float | None
    perspectives: list[str]
    scores: dict[str, Any] | None


TrialState: TypeAlias = Literal["leased", "submitted", "skipped", "expired"]


TriggerEnum: TypeAlias = Literal["console", "api", "command", "schedule"]


class UnreadMessages(TypedDict):
    messages: list[Message]


class Verdict(TypedDict):
    """
    Whether a version may take the place of the `champion`, its predictor's version in use; the
    rest is null or empty if there is none. `promote`: it may; `keep`: it has not shown that it is
    as good; `ask`: the hold-out cannot tell. `change`: of the mean SRCC, with its 95 % interval
    over draws of whole prompts; below `fewest_images` nothing is decided without a person.
    """

    model: int
    champion: int | None
    outcome: OutcomeEnum | NullEnum
    reasons: list[ReasonsEnum]
    words: list[str]
    images: int
    fewest_images: int
    prompts: int
    change: Measure | None
    perspectives: list[PerspectiveChange]


VerdictEnum: TypeAlias = Literal["kept", "rejected"]


class Waive(TypedDict, closed=True):
    """
    Whether the study does without the step.
    """

    waived: NotRequired[bool]


class WantedRatings(TypedDict):
    """
    Images of the pool and of the hold-out that want a rating, and the ratings that they want.
    """

    pool: int
    holdout: int
    ratings: int


class WebhookAdd(TypedDict, closed=True):
    """
    Where to send which events. `url` begins with https:// and leads to the public internet.
    """

    url: str
    events: list[EventsEnum]
    description: NotRequired[str]


WebhookState: TypeAlias = Literal["active", "failing", "paused", "gone"]


class Written(TypedDict):
    """
    How many raters get it.
    """

    written: int


class FieldAttention(TypedDict):
    """
    Trials whose prompt says which scores to give.
    """

    passed: int
    failed: int


class FieldComputed(TypedDict):
    """
    A precision, and why embeddings were computed in it.
    """

    precision: str
    why: str


class FieldFigure(TypedDict):
    """
    One figure with its 95 % interval; null if it cannot be made, and then why.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    meaning: str
    citation: str
    missing: str


class FieldFlag(TypedDict):
    """
    A rule of the study that the rater fails.
    """

    rule: str
    perspective: str | None
    value: float
    threshold: float
    n: int
    stops: bool
    weighs: bool


class FieldGold(TypedDict):
    """
    Scores of images whose scores are known.
    """

    right: int
    wrong: int


class FieldHalo(TypedDict):
    """
    Whether judgements of two perspectives colour each other.
    """

    one: str
    two: str
    raters: FieldFigure
    images: FieldFigure


class FieldLink(TypedDict):
    """
    `offset + slope · score`, on 0…1, to the scale of the release `target`, or of the study's
    raters (null), fitted on so many common images with a residual of `rmse`.
    """

    perspective: str
    target: int | None
    offset: float
    slope: float
    images: int
    rmse: float


class FieldOwnRelease(TypedDict):
    """
    A release of the study's own opinion scores; the API of releases says more of it.
    """

    number: int
    name: NotRequired[str]
    method: NotRequired[str]
    method_version: NotRequired[str]


class FieldVariances(TypedDict):
    """
    Variance components, squared points of the scale.
    """

    stimulus: float
    subject: float
    residual: float


class FieldWork(TypedDict):
    """
    What ratings take, all raters together.
    """

    ratings: int
    raters: int
    minutes: float
    cost: float | None


class Problem(TypedDict):
    """
    RFC 9457. `code` tells problems of one status apart; `errors`, of what is `invalid`, says what is wrong with which field.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: NotRequired[dict[str, Any]]


class Assessment(TypedDict):
    """
    Scores with their standard deviations, each on its perspective's scale of `minimum` to
    `maximum`, and explanations if the version gives them; both empty until `state` is `succeeded`.
    `reading`: what the version read of the prompt; null until then, or if it cannot say.
    `problems`: sentences about what it did not read.
    """

    id: int
    url: str
    model: int
    state: NotRequired[JobState]
    error: NotRequired[str]
    prompt: str
    scores: dict[str, dict[str, float]]
    explanations: dict[str, dict[str, Any]]
    reading: PromptReading | None
    problems: list[str]
    created_at: str


class Background(TypedDict):
    """
    Whether the scheduler lives, and each queue with its live workers.
    """

    beat_alive: bool
    beat_seen_at: str | None
    queues: list[Queue]


class Dataset(TypedDict):
    """
    A dataset release. `release`: number of the release of opinion scores that it is of;
    `progress_done` of `progress_total` pictures; `content_sha256`: the SHA-256 of the list of its
    files' hashes, which is what a paper names; `error`: why it could not be made.
    """

    number: int
    version: str
    release: int
    described: Any
    pictures: NotRequired[bool]
    state: NotRequired[JobState]
    stage: NotRequired[str]
    progress_done: NotRequired[int]
    progress_total: NotRequired[int]
    error: NotRequired[str]
    size: NotRequired[int]
    archive_sha256: NotRequired[str]
    content_sha256: NotRequired[str]
    created_at: str
    finished_at: NotRequired[str | None]


class DatasetImport(TypedDict):
    """
    A study that is made of a dataset release. `study`: its slug, once it is there; `stage`:
    `checking` the archive against its hashes, `reading` given pictures, `writing` images with their
    ratings, `comparing` the study with the archive; `progress_done` of `progress_total` images;
    `without_file`: images whose scores do not count, without their files; `data_sha256`: of what
    was collected, the same in archive and study; `error`: why nothing was imported.
    """

    id: int
    state: NotRequired[JobState]
    stage: NotRequired[str]
    progress_done: NotRequired[int]
    progress_total: NotRequired[int]
    error: NotRequired[str]
    archive_name: str
    images_name: NotRequired[str]
    study: str | None
    number_of_images: NotRequired[int]
    without_file: NotRequired[int]
    raters: NotRequired[int]
    ratings: NotRequired[int]
    data_sha256: NotRequired[str]
    created_at: str
    finished_at: NotRequired[str | None]


class Delivery(TypedDict):
    """
    An event for one webhook. `message_id`: its header `webhook-id`. `next_at`: of the next
    attempt, null if there is none. `log`: the latest attempts.
    """

    id: str
    message_id: str
    event: EventType
    body: str
    state: NotRequired[DeliveryState]
    attempts: NotRequired[int]
    next_at: NotRequired[str | None]
    created_at: str
    log: list[Attempt]


class ErasureOutlook(TypedDict):
    """
    What erasing a rater would do: what they have given, and which kept releases have it.
    """

    ratings: int
    scores: int
    messages: int
    known: bool
    drops: bool
    releases: list[HeldByRelease]


class GeneratorAgreement(TypedDict):
    """
    One generator's images; `srcc` is null with fewer than three, or if all are alike.
    """

    generator: str
    images: int
    srcc: Measure | None


class Head(TypedDict):
    """
    A perspective that a version predicts, and its agreement with the `n` labelled images of the
    hold-out when the version was trained; null if it is not defined. `srcc_interval` is the 95 %
    interval of the SRCC over draws of whole prompts; null with fewer than four of them. `ceiling`
    is the SRCC that a perfect model would reach against the labels of now; null if the ratings do
    not tell. `rmse` is on the perspective's scale, of `minimum` to `maximum`.
    """

    perspective: str
    srcc: NotRequired[float | None]
    srcc_interval: list[float] | None
    ceiling: Measure | None
    plcc: NotRequired[float | None]
    krcc: NotRequired[float | None]
    rmse: float | None
    minimum: float
    maximum: float
    n: int


class HistoryEntry(TypedDict):
    """
    What happened to a job, and when. `stage`: the step that began, if the event is `stage`.
    """

    at: str
    event: HistoryEntryEventEnum
    stage: NotRequired[str]


class ImageState(TypedDict, closed=True):
    """
    Whether an image is shown to raters and its scores count.

    `in_use`: both; `withdrawn`: shown to nobody, its scores count; `excluded`: neither; `purged`:
    neither, and its files are deleted, which cannot be undone.
    """

    state: StimulusState
    reason: NotRequired[str]


class ImpliedError(TypedDict):
    """
    What a score is off by that rests on the model alone, on the perspective’s scale, and the
    number of ratings whose mean is as precise; null if no error is left.
    """

    rmse: Measure
    worth: float | None


class Import(TypedDict):
    """
    An import and its outcome. `files_kept`: whether it can be tried again without sending its
    files; `refusal`: why it was refused as a whole. `remarks`: sentences about all rows together:
    what was held out and how, which spellings are one prompt, what the model does not read.
    `ratings`: whether the table is of ratings of single people, those of `source`.
    `rejected_rows` and `notes` are the first ones, and so are `gaps`: images without a manifest
    whose `prompt` or `generator` (empty) was found nowhere. A dry run succeeds if it could be
    made: it has counted the good rows, and lists the others.
    """

    id: int
    state: NotRequired[JobState]
    stage: NotRequired[str]
    manifest_name: str
    images_name: NotRequired[str]
    purpose: NotRequired[StimulusPurpose]
    partial: NotRequired[bool]
    dry_run: NotRequired[bool]
    ratings: NotRequired[bool]
    source: NotRequired[str]
    mapping: NotRequired[Any]
    constants: NotRequired[Any]
    fills: NotRequired[Any]
    gaps: NotRequired[Any]
    preview: NotRequired[Any]
    progress_done: NotRequired[int]
    progress_total: NotRequired[int]
    imported: NotRequired[int]
    updated: NotRequired[int]
    unchanged: NotRequired[int]
    duplicates: NotRequired[int]
    rejected: NotRequired[int]
    refusal: str
    files_kept: bool
    remarks: list[str]
    rejected_rows: list[RowNote]
    notes: list[RowNote]
    created_at: str
    finished_at: NotRequired[str | None]


class ImportRequest(TypedDict, closed=True):
    """
    A manifest, a ZIP of images, or both. Images alone say their prompts and generators
    themselves, or the files next to them in the ZIP do.
    """

    manifest: NotRequired[bytes]
    images: NotRequired[bytes]
    mapping: NotRequired[str]
    constants: NotRequired[str]
    address: NotRequired[str]
    ratings_of: NotRequired[str]
    purpose: NotRequired[StimulusPurpose]
    partial: NotRequired[bool]
    dry_run: NotRequired[bool]
    labels_only: NotRequired[bool]


class Invitation(TypedDict, closed=True):
    """
    Whom to invite.
    """

    people: list[InvitedPerson]


class Leaderboard(TypedDict):
    """
    Generators from one perspective, the best first; empty with a problem that says why.
    """

    perspective: str
    problem: str
    basis: str
    published: list[str]
    citation: str
    slope: float | None
    draws: int
    seed: int
    generators: list[LeaderboardRow]
    prediction_powered: list[LeaderboardRow]
    lacking: LackingEnum | BlankEnum
    pairs: list[PairwiseDifference]


class LearningStep(TypedDict):
    """
    A last layer that knows the first `images` that were rated, with `ratings` in all: its SRCC
    on the hold-out, averaged over the perspectives.
    """

    images: int
    ratings: int
    srcc: Measure


class Member(TypedDict):
    """
    An account's part in the study.
    """

    account: str
    role: MemberRole
    sees_names: NotRequired[bool]
    created_at: str


class ModelCalibration(TypedDict):
    model: int
    perspectives: list[PerspectiveCalibration]


class ModelLearning(TypedDict):
    """
    `current`: whether it is of the ratings as they are, or a newer one is being computed.
    """

    model: int
    current: bool
    rated: list[LearningStep]
    random: list[LearningStep]
    ceiling: float | None
    more: int
    expected: Measure | None
    random_ratings: Ratings | None


class NewWebhook(TypedDict):
    """
    A webhook with its secret, which is shown only now.
    """

    id: int
    url: str
    description: NotRequired[str]
    events: list[EventsEnum]
    state: NotRequired[WebhookState]
    previous_until: NotRequired[str | None]
    created_at: str
    secret: str


class Offer(TypedDict):
    trials: list[Trial]
    progress: Progress
    block: Block | None
    state: SessionState
    rest_seconds: int
    messages: bool


class Overview(TypedDict):
    """
    `failed_jobs`: the newest job of each kind, if it failed. `in_session`: raters whose session
    is not over; `rating_now`: those of them who answered in the last minutes, or hold an image.
    """

    counts: Counts
    flagged_raters: int
    new_reports: int
    in_session: int
    rating_now: int
    failed_jobs: list[Job]
    active_jobs: list[Job]
    background: Background


class PaginatedDatasetImportList(TypedDict):
    count: NotRequired[int]
    next: str | None
    previous: str | None
    results: list[DatasetImport]


class PaginatedDatasetList(TypedDict):
    count: NotRequired[int]
    next: str | None
    previous: str | None
    results: list[Dataset]


class PaginatedDeliveryList(TypedDict):
    count: NotRequired[int]
    next: str | None
    previous: str | None
    results: list[Delivery]


class PaginatedImportList(TypedDict):
    count: NotRequired[int]
    next: str | None
    previous: str | None
    results: list[Import]


class PaginatedPersonList(TypedDict):
    count: NotRequired[int]
    next: str | None
    previous: str | None
    results: list[Person]


class PaginatedPredictorList(TypedDict):
    count: NotRequired[int]
    next: str | None
    previous: str | None
    results: list[Predictor]


class PaginatedPromptList(TypedDict):
    count: NotRequired[int]
    next: str | None
    previous: str | None
    results: list[Prompt]


class PaginatedProtocolList(TypedDict):
    count: NotRequired[int]
    next: str | None
    previous: str | None
    results: list[Protocol]


class PaginatedSavedMappingList(TypedDict):
    count: NotRequired[int]
    next: str | None
    previous: str | None
    results: list[SavedMapping]


class PatchedStudyChange(TypedDict, closed=True):
    """
    Settings to change; `status` opens, pauses or closes the study.
    """

    slug: NotRequired[str]
    status: NotRequired[StudyStatus]
    title: NotRequired[str]
    consent: NotRequired[str]
    erased_ratings: NotRequired[ErasedRatings]
    identity_days: NotRequired[int]
    instructions: NotRequired[str]
    target_ratings: NotRequired[int]
    maximum_ratings: NotRequired[int]
    wanted_half_width: NotRequired[float]
    holdout_ratings: NotRequired[int]
    holdout_share: NotRequired[float]
    audit_share: NotRequired[float]
    teaching_share: NotRequired[float]
    session_trials: NotRequired[int]
    lease_seconds: NotRequired[int]
    retrain_every: NotRequired[int]
    retrain_nightly: NotRequired[bool]
    image_size: NotRequired[ImageSizeEnum]
    opinion_method: NotRequired[str]
    perspectives: NotRequired[list[Perspective]]
    explanation_form: NotRequired[dict[str, Any]]
    explanation_asked: NotRequired[ExplanationAsked]
    session_plan: NotRequired[SessionPlan]
    viewing_checks: NotRequired[ViewingChecks]
    translations: NotRequired[dict[str, Any]]
    reliability_rules: NotRequired[ReliabilityRules]
    created_at: NotRequired[str]


class Perspective1(TypedDict):
    key: str
    label: str
    question: str
    scale: ScaleModel
    help: str


class PerspectiveAgreement(TypedDict):
    """
    One perspective, on its scale of `minimum` to `maximum`; without measures on fewer than three
    images. `between_halves`: mean PLCC of the means of two halves of the people.
    """

    perspective: str
    minimum: float
    maximum: float
    images: int
    prompts: int
    measures: list[NamedMeasure]
    mappings: list[Mapping]
    generators: list[GeneratorAgreement]
    between_halves: Measure | None


class PredictedExplanation(TypedDict):
    """
    What one version answers about one stimulus, by perspective and `overall`.
    """

    stimulus: int
    filename: str
    split: NotRequired[SplitEnum]
    explanations: dict[str, dict[str, Any]]


class Prediction(TypedDict):
    """
    The predictions of one stimulus by one version, by perspective, and what they have
    `learnt_from`; the context has the version's `state`, the study's `scales`, by the perspective's
    key, how many `ratings` count and model-assisted scores as `assisted`, both by the stimulus.
    `model_assisted`, empty unless `assisted` asks for it, has those perspectives from which the
    stimulus is rated, unless the version has learnt from it.
    """

    stimulus: int
    filename: str
    split: NotRequired[SplitEnum]
    priority: NotRequired[float]
    scores: dict[str, Expectation]
    learnt_from: Knowledge
    model_assisted: dict[str, AssistedScore]


class PublishedScores(TypedDict):
    """
    What a source has published from one perspective, on which scale, and its link if an owner
    had one fitted. `meetings`: what it can be linked to.
    """

    source: str
    perspective: str
    minimum: float
    maximum: float
    direction: DirectionEnum
    score_kind: ScoreKindEnum
    images: int
    link: ScaleLink | None
    is_outdated: bool
    meetings: list[Meeting]


class Purpose(TypedDict, closed=True):
    """
    What to use which images for; `scores` are expected of each of them, by perspective, on the
    study's scale. Without any, those known already are, or else what raters say so far.
    """

    stimuli: list[int]
    purpose: PurposePurposeEnum
    scores: NotRequired[dict[str, float]]


class QueuedImage(TypedDict):
    """
    An image, its place, and why it stands there. `half_width`: half of the widest of its 95 %
    intervals, as a share of the scale; null without one. `expected`: by perspective.
    """

    place: int
    stimulus: int
    filename: str
    reason: QueuedImageReasonEnum
    words: str
    ratings: int
    wanted: int
    priority: float
    half_width: float | None
    expected: dict[str, QueuedExpectation]


class RatedStudy(TypedDict):
    title: str
    status: str
    consent: str
    instructions: str
    perspectives: list[Perspective1]
    explanation_form: Any


class Rater(TypedDict):
    """
    A rater and the link that opens their session.
    """

    code: NotRequired[str]
    status: NotRequired[RaterStatus]
    source: NotRequired[str]
    link: str | None
    ratings: int
    created_at: str
    erased_at: NotRequired[str | None]


class RaterMessage(TypedDict):
    """
    A message to a rater (`sender` is `owner`) or a rater's report, mostly of the image of a
    `trial`. `read_at`: when the other side saw it.
    """

    id: int
    rater: str
    sender: SenderEnum
    trial: NotRequired[int | None]
    text: str
    created_at: str
    read_at: NotRequired[str | None]


class RaterSession(TypedDict):
    """
    One sitting of a rater. `client`: the viewing conditions as their browser reported them;
    `stopped_by`: the failed rules that ended it.
    """

    id: int
    rater: str
    protocol: int
    state: NotRequired[RaterSessionStateEnum]
    seed: NotRequired[int]
    client: NotRequired[Any]
    consented_at: str
    begun_at: NotRequired[str | None]
    ended_at: NotRequired[str | None]
    stopped_by: NotRequired[Any]


class RaterStanding(TypedDict, closed=True):
    """
    Whether a rater takes part; to exclude one takes a reason, which is kept.
    """

    status: RaterStatus
    reason: NotRequired[str]


class RaterTrial(TypedDict):
    """
    One image shown to one rater, with the scores and explanations that hold now.
    """

    id: int
    session: int
    rater: str
    stimulus: int
    filename: str
    position: int
    block: NotRequired[int]
    role: NotRequired[RaterTrialRoleEnum]
    draw: DrawEnum
    state: NotRequired[TrialState]
    leased_at: str
    displayed_at: NotRequired[str | None]
    submitted_at: NotRequired[str | None]
    skip_reason: NotRequired[str]
    skip_note: NotRequired[str]
    scores: list[GivenScore]
    explanations: list[GivenExplanation]


class RatingSession(TypedDict):
    id: int
    state: SessionState


class Reason(TypedDict):
    phrases: NotRequired[dict[str, int]]
    text: NotRequired[str]
    regions: NotRequired[list[Region]]
    words: NotRequired[list[int]]


class Release(TypedDict):
    """
    How opinion scores were made, and from what; `minimum` to `maximum` is the scale of imported
    ones, own ones are on those that `perspectives` names.
    """

    number: int
    name: NotRequired[str]
    kind: NotRequired[KindEnum]
    state: NotRequired[ReleaseState]
    method: NotRequired[str]
    method_version: NotRequired[str]
    citation: str
    parameters: NotRequired[Any]
    protocols: list[int]
    counts_rule: NotRequired[str]
    ratings: NotRequired[int]
    source: NotRequired[str]
    minimum: NotRequired[float | None]
    maximum: NotRequired[float | None]
    direction: NotRequired[DirectionEnum]
    score_kind: NotRequired[ScoreKindEnum]
    perspectives: list[ReleasePerspective]
    content_sha256: NotRequired[str]
    computed_at: str
    erasures: list[RatingsErased]


class Reliability(TypedDict):
    """
    One rater's counts, measures and flags; null if a measure is not defined yet.
    """

    code: str
    status: RaterStatus
    session: str | None
    active: bool
    stopped: bool
    ratings: int
    repeats: int
    weight: float
    gold: FieldGold
    attention: FieldAttention
    median_seconds: float | None
    too_fast: float | None
    away: float | None
    agreement: float | None
    agreement_by_perspective: dict[str, float | None]
    corrected_agreement: float | None
    corrected_agreement_by_perspective: dict[str, float | None]
    retest: float | None
    last_answer: str | None
    flags: list[FieldFlag]


class RoundDetail(TypedDict):
    """
    A round and what came of it `until` the next one was made; null until then. `before` and
    `after`: the rounds next to it, by their `id`.
    """

    id: int
    model: int
    predictor: str
    strategy: str
    strategy_version: str
    parameters: dict[str, Any]
    candidates: int
    selected: int
    created_at: str
    until: str | None
    before: int | None
    after: int | None
    outcome: RoundOutcome


class ScoringRun(TypedDict):
    """
    A scoring run; `problems` are the images that could not be read and, without an image, what
    the version does not read of prompts: in how many, of which `kind`. `computed_in`: `float32`,
    `bfloat16` or `fp8`, and why; usually one, none before the first images are scored.
    """

    id: int
    model: int
    problems: list[dict[str, Any]]
    computed_in: list[FieldComputed]
    state: NotRequired[JobState]
    stage: NotRequired[str]
    progress_done: NotRequired[int]
    progress_total: NotRequired[int]
    progress_percent: int
    error: NotRequired[str]
    history: list[HistoryEntry]
    created_at: str
    started_at: NotRequired[str | None]
    finished_at: NotRequired[str | None]


class SessionBody(TypedDict):
    session: RatingSession | None
    study: RatedStudy
    progress: Progress


class Skip(TypedDict):
    ahead: NotRequired[int]
    displayed_ago_ms: NotRequired[int | None]
    reason: SkipReasonEnum
    note: NotRequired[str]


class SplitCoverage(TypedDict):
    """
    How many main images of a split have how many ratings that count. `images`: how many have
    none, one, two …; `complete`: how many have all that are `wanted`; `useful`: `ratings` without
    those beyond what an image wants.
    """

    split: SplitEnum
    images: list[int]
    complete: int
    ratings: int
    useful: int
    wanted: int


class Stimulus(TypedDict):
    """
    A stimulus; `thumbnail` and `image` are addresses that expire.
    """

    id: int
    filename: str
    prompt: str
    generator: str
    split: NotRequired[SplitEnum]
    purpose: NotRequired[StimulusPurpose]
    attention_check: NotRequired[bool]
    state: NotRequired[StimulusState]
    replaced_by: NotRequired[int | None]
    sha256: NotRequired[str]
    width: NotRequired[int | None]
    height: NotRequired[int | None]
    priority: NotRequired[float]
    wanted_ratings: int
    claimed_ratings: NotRequired[int]
    metadata: NotRequired[Any]
    image: str | None
    thumbnail: str | None


class Study(TypedDict):
    """
    A study with its current settings.
    """

    slug: str
    status: NotRequired[StudyStatus]
    title: str
    consent: NotRequired[str]
    erased_ratings: NotRequired[ErasedRatings]
    identity_days: NotRequired[int]
    instructions: NotRequired[str]
    target_ratings: NotRequired[int]
    maximum_ratings: NotRequired[int]
    wanted_half_width: NotRequired[float]
    holdout_ratings: NotRequired[int]
    holdout_share: NotRequired[float]
    audit_share: NotRequired[float]
    teaching_share: NotRequired[float]
    session_trials: NotRequired[int]
    lease_seconds: NotRequired[int]
    retrain_every: NotRequired[int]
    retrain_nightly: NotRequired[bool]
    image_size: NotRequired[ImageSizeEnum]
    opinion_method: NotRequired[str]
    perspectives: NotRequired[list[Perspective2]]
    explanation_form: NotRequired[dict[str, Any]]
    explanation_asked: NotRequired[ExplanationAsked]
    session_plan: NotRequired[SessionPlan]
    viewing_checks: NotRequired[ViewingChecks]
    translations: NotRequired[dict[str, Any]]
    reliability_rules: NotRequired[ReliabilityRules1]
    created_at: str


class StudyCreate(TypedDict, closed=True):
    """
    A new draft; everything but the title has a default. `preset`: the protocol that decides what
    is not given here.
    """

    slug: NotRequired[str]
    status: StudyStatus
    title: str
    consent: NotRequired[str]
    erased_ratings: NotRequired[ErasedRatings]
    identity_days: NotRequired[int]
    instructions: NotRequired[str]
    target_ratings: NotRequired[int]
    maximum_ratings: NotRequired[int]
    wanted_half_width: NotRequired[float]
    holdout_ratings: NotRequired[int]
    holdout_share: NotRequired[float]
    audit_share: NotRequired[float]
    teaching_share: NotRequired[float]
    session_trials: NotRequired[int]
    lease_seconds: NotRequired[int]
    retrain_every: NotRequired[int]
    retrain_nightly: NotRequired[bool]
    image_size: NotRequired[ImageSizeEnum]
    opinion_method: NotRequired[str]
    perspectives: NotRequired[list[Perspective3]]
    explanation_form: NotRequired[dict[str, Any]]
    explanation_asked: NotRequired[ExplanationAsked]
    session_plan: NotRequired[SessionPlan]
    viewing_checks: NotRequired[ViewingChecks]
    translations: NotRequired[dict[str, Any]]
    reliability_rules: NotRequired[ReliabilityRules2]
    created_at: str
    preset: NotRequired[PresetEnum]


class SubjectEstimate(TypedDict):
    """
    A release's estimate of one rater from one perspective.
    """

    rater: str
    perspective: str
    bias: NotRequired[float | None]
    inconsistency: NotRequired[float | None]
    verdict: NotRequired[VerdictEnum | BlankEnum]
    reason: NotRequired[str]


class Submission(TypedDict):
    trials: list[Trial]
    progress: Progress
    block: Block | None
    state: SessionState
    rest_seconds: int
    messages: bool
    trial: AnsweredTrial
    feedback: list[ExpectedScore]


class Submit(TypedDict):
    ahead: NotRequired[int]
    displayed_ago_ms: NotRequired[int | None]
    scores: dict[str, float]
    explanations: NotRequired[dict[str, Reason]]
    language: NotRequired[str]
    revises: NotRequired[bool]
    behaviour: NotRequired[Any]


class Webhook(TypedDict):
    """
    A webhook; `failing`: a delivery was given up, `gone`: its receiver answered 410.
    `previous_until`: how long deliveries are signed with the secret before, too.
    """

    id: int
    url: str
    description: NotRequired[str]
    events: list[EventsEnum]
    state: NotRequired[WebhookState]
    previous_until: NotRequired[str | None]
    created_at: str


class FieldImportedRelease(TypedDict):
    """
    A release of published scores, the hash of what it said then, and the links by which its
    scores became labels.
    """

    number: int
    source: str
    content_sha256: str
    links: list[FieldLink]


class FieldPerspective(TypedDict):
    """
    How far raters agree on one perspective.
    """

    perspective: str
    ratings: int
    images: int
    raters: int
    variances: FieldVariances | None
    figures: list[FieldFigure]


class FieldPlanned(TypedDict):
    """
    What reaches a goal; all null if nothing does, and then why.
    """

    goal: GoalEnum
    wanted: float
    images: int | None
    ratings_per_image: int | None
    reached: float | None
    work: FieldWork | None
    meaning: str
    citation: str
    impossible: str


class Agreement(TypedDict):
    """
    Agreement of a study's raters; `computed_at` is null while the first is computed.
    """

    computed_at: str | None
    draws: dict[str, int]
    median_seconds: float | None
    perspectives: list[FieldPerspective]
    halos: list[FieldHalo]


class Answer(TypedDict):
    scores: dict[str, float]
    explanations: dict[str, Reason]


class Certificate(TypedDict):
    """
    One perspective. `granted`: the model is as close to the panel as a left-out rater.
    `matched`: of the `tested` raters; `advantage`: how much more often a rater is closer to the
    others than the model, on average over those.
    """

    perspective: str
    granted: bool
    lacks: list[LacksEnum]
    words: str
    images: int
    matched: int
    tested: int
    advantage: float | None
    error: ImpliedError | None


class Certificates(TypedDict):
    """
    `margin` and `false_discoveries`: of the alternative annotator test.
    """

    model: int
    margin: float
    false_discoveries: float
    certificates: list[Certificate]


class ExplainingRun(TypedDict):
    """
    An explaining run; `problems` are the images that could not be read.
    """

    id: int
    model: int
    problems: NotRequired[Any]
    state: NotRequired[JobState]
    stage: NotRequired[str]
    progress_done: NotRequired[int]
    progress_total: NotRequired[int]
    progress_percent: int
    error: NotRequired[str]
    history: list[HistoryEntry]
    created_at: str
    started_at: NotRequired[str | None]
    finished_at: NotRequired[str | None]


class ModelAgreement(TypedDict):
    """
    How well a version predicts people. `current`: whether it is of the data as they are, or
    newer measures are being computed.
    """

    model: int
    current: bool
    citation: str
    perspectives: list[PerspectiveAgreement]


class NextRatings(TypedDict):
    """
    `open`: whether raters are given images now. `pool_closed`: whether a model rates the rest
    of the pool.
    """

    open: bool
    pool_closed: bool
    wanted: WantedRatings
    images: list[QueuedImage]


class PaginatedExplainingRunList(TypedDict):
    count: NotRequired[int]
    next: str | None
    previous: str | None
    results: list[ExplainingRun]


class PaginatedPredictedExplanationList(TypedDict):
    count: NotRequired[int]
    next: str | None
    previous: str | None
    results: list[PredictedExplanation]


class PaginatedPredictionList(TypedDict):
    count: NotRequired[int]
    next: str | None
    previous: str | None
    results: list[Prediction]


class PaginatedRaterList(TypedDict):
    count: NotRequired[int]
    next: str | None
    previous: str | None
    results: list[Rater]


class PaginatedRaterMessageList(TypedDict):
    count: NotRequired[int]
    next: str | None
    previous: str | None
    results: list[RaterMessage]


class PaginatedRaterSessionList(TypedDict):
    count: NotRequired[int]
    next: str | None
    previous: str | None
    results: list[RaterSession]


class PaginatedRaterTrialList(TypedDict):
    count: NotRequired[int]
    next: str | None
    previous: str | None
    results: list[RaterTrial]


class PaginatedReleaseList(TypedDict):
    count: NotRequired[int]
    next: str | None
    previous: str | None
    results: list[Release]


class PaginatedReliabilityList(TypedDict):
    count: NotRequired[int]
    next: str | None
    previous: str | None
    results: list[Reliability]


class PaginatedScoringRunList(TypedDict):
    count: NotRequired[int]
    next: str | None
    previous: str | None
    results: list[ScoringRun]


class PaginatedStimulusList(TypedDict):
    count: NotRequired[int]
    next: str | None
    previous: str | None
    results: list[Stimulus]


class PaginatedStudyList(TypedDict):
    count: NotRequired[int]
    next: str | None
    previous: str | None
    results: list[Study]


class PaginatedSubjectEstimateList(TypedDict):
    count: NotRequired[int]
    next: str | None
    previous: str | None
    results: list[SubjectEstimate]


class PaginatedWebhookList(TypedDict):
    count: NotRequired[int]
    next: str | None
    previous: str | None
    results: list[Webhook]


class Plan(TypedDict):
    """
    Plans for one perspective, and the variances that they rest on.
    """

    perspective: str
    based_on: BasedOnEnum
    variances: FieldVariances
    images: int
    plans: list[FieldPlanned]
    left: FieldWork | None


class Previous(TypedDict):
    trial: Trial
    answer: Answer


class Snapshot(TypedDict):
    """
    The labels of a training: `release` holds the study's own opinion scores that they come from
    (null if it has only published ones), `published` the imported ones; `split_sha256` stands for
    the split.
    """

    content_sha256: str
    release: FieldOwnRelease
    published: list[FieldImportedRelease]
    split_sha256: str
    stimuli: int
    ratings: int
    holdout_stimuli: int
    created_at: str


class TrainingRun(TypedDict):
    """
    A training run; `model` is the number of the version that it produced, `problems` are the
    labelled images that could not be read and, without an image, what the backbone does not read
    of prompts: in how many, of which `kind`.
    """

    id: int
    predictor: str
    trigger: TriggerEnum
    promote_when_done: NotRequired[bool]
    recipe: NotRequired[Any]
    recipe_name: NotRequired[str]
    snapshot: Snapshot | None
    model: int | None
    attempts: NotRequired[int]
    problems: list[dict[str, Any]]
    state: NotRequired[JobState]
    stage: NotRequired[str]
    progress_done: NotRequired[int]
    progress_total: NotRequired[int]
    progress_percent: int
    error: NotRequired[str]
    history: list[HistoryEntry]
    created_at: str
    started_at: NotRequired[str | None]
    finished_at: NotRequired[str | None]


class Claim(TypedDict):
    trials: list[Trial]
    progress: Progress
    block: Block | None
    state: SessionState
    rest_seconds: int
    messages: bool
    previous: Previous | None


class ModelVersion(TypedDict):
    """
    A version of one of the study's predictors. `kind`: that of its backbone.
    `backbone_source`: where its weights are on a model hub, as `OWNER/NAME@COMMIT`, if they are.
    `heads`: the perspectives that it predicts. `curve`: how its fine-tuning went, by epoch; null if
    there was none. `explanation_metrics`: null if it does not explain; `bleu4` of its texts is
    null, with `n` above 0, if all of them are shorter than four words or Chinese characters.
    """

    number: int
    predictor: str
    state: NotRequired[ModelVersionState]
    kind: str
    heads: list[Head]
    curve: NotRequired[Any]
    explanation_metrics: NotRequired[Any]
    snapshot: Snapshot | None
    training_run: int
    artifact_sha256: str
    backbone_sha256: str
    backbone_source: NotRequired[str]
    scored: bool
    created_at: str
    promoted_at: NotRequired[str | None]


class PaginatedModelVersionList(TypedDict):
    count: NotRequired[int]
    next: str | None
    previous: str | None
    results: list[ModelVersion]


class PaginatedTrainingRunList(TypedDict):
    count: NotRequired[int]
    next: str | None
    previous: str | None
    results: list[TrainingRun]
