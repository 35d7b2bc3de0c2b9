"""For every constraint of the database a write that only that constraint refuses.

Long because it is one table.
"""

import math

from django.utils import timezone

from annotation.models import Study
from annotation.models.membership import MemberRole
from tests.constraints.world import Violation, World, again, change, delete, of_other, of_row
from tests.factories import make_member, make_user

NO_NUMBERS = (math.nan, math.inf, -math.inf)

#: A field that holds one of a few words: constraint, row.
_WORDS = {
    "study_status_valid": "study",
    "study_image_size_valid": "study",
    "membership_role_valid": "membership",
    "study_erased_ratings_valid": "study",
    "stimulus_state_valid": "stimulus",
    "stimulus_split_valid": "stimulus",
    "stimulus_purpose_valid": "stimulus",
    "rater_status_valid": "rater",
    "session_state_valid": "session",
    "trial_draw_valid": "trial",
    "trial_state_valid": "trial",
    "trial_role_valid": "trial",
    "message_sender_valid": "message",
    "release_kind_valid": "live",
    "release_state_valid": "live",
    "release_direction_valid": "live",
    "release_score_kind_valid": "live",
    "dataset_state_valid": "dataset",
    "dataset_import_state_valid": "dataset_import",
    "import_job_state_valid": "import",
    "import_job_purpose_valid": "import",
    "webhook_state_valid": "webhook",
    "delivery_event_valid": "delivery",
    "training_run_state_valid": "run",
    "training_run_trigger_valid": "run",
    "model_version_state_valid": "version",
    "scoring_run_state_valid": "scoring",
    "scoring_chunk_state_valid": "chunk",
    "explaining_run_state_valid": "explaining",
    "assessment_state_valid": "assessment",
}
_PREFIXES = {
    "session": "session",
    "live": "release",
    "published": "release",
    "import": "import_job",
    "run": "training_run",
    "version": "model_version",
    "scoring": "scoring_run",
    "chunk": "scoring_chunk",
    "explaining": "explaining_run",
}


def _outside_the_list(constraint: str, row: str) -> Violation:
    field = constraint.removeprefix(f"{_PREFIXES.get(row, row)}_").removesuffix("_valid")
    return Violation(constraint, change(row, **{field: "ajar"}))


WORDS = [_outside_the_list(constraint, row) for constraint, row in _WORDS.items()]

NUMBERS = [
    Violation("study_ratings_ordered", change("study", target_ratings=6)),
    Violation("study_ratings_ordered", change("study", target_ratings=0)),
    Violation("study_ratings_ordered", change("study", holdout_ratings=0)),
    Violation("protocol_number_valid", again("protocol", number=0, content_sha256="d")),
    Violation("study_session_valid", change("study", session_trials=0)),
    Violation("study_session_valid", change("study", lease_seconds=9)),
    *(Violation("study_shares_valid", change("study", holdout_share=x)) for x in (0.91, -0.01)),
    *(Violation("study_shares_valid", change("study", audit_share=x)) for x in (1.01, math.nan)),
    Violation("study_shares_valid", change("study", teaching_share=1.01)),
    Violation("study_half_width_valid", change("study", wanted_half_width=1.01)),
    Violation("shared_link_quota_valid", change("link", quota=0)),
    Violation("shared_link_within_quota", change("link", used=3)),
    Violation("stimulus_ratings_capped", change("stimulus", claimed_ratings=6)),
    Violation("stimulus_ratings_capped", change("stimulus", wanted_ratings=6)),
    *(Violation("stimulus_order_valid", change("stimulus", shuffle=x)) for x in (-0.1, 1.0)),
    *(Violation("stimulus_order_valid", change("stimulus", priority=x)) for x in NO_NUMBERS),
    *(Violation("trial_asked_up_to_valid", change("trial", asked_up_to=x)) for x in (2, math.nan)),
    *(Violation("score_value_valid", change("score", value=x)) for x in (-0.5, 100.5, *NO_NUMBERS)),
    Violation("score_revision_valid", change("score", revision=0)),
    Violation("explanation_revision_valid", change("explanation", revision=0)),
    *(
        Violation("release_scale_finite", change("published", minimum=x))
        for x in (math.nan, -math.inf)
    ),
    Violation("release_scale_finite", change("published", maximum=math.inf)),
    *(
        Violation("release_perspective_scale_valid", again("whole", **ends))
        for ends in ({"minimum": 9}, {"maximum": math.inf}, {"minimum": math.nan})
    ),
    Violation("release_scale_ordered", change("published", minimum=1)),
    *(Violation("opinion_value_valid", again("opinion", value=x)) for x in NO_NUMBERS),
    *(Violation("opinion_value_valid", again("opinion", mean=x)) for x in NO_NUMBERS),
    *(
        Violation("opinion_spread_valid", again("opinion", **{field: x}))
        for x in (-1, *NO_NUMBERS)
        for field in ("sd", "standard_error")
    ),
    Violation("opinion_interval_valid", again("opinion", low=0)),
    Violation("opinion_interval_valid", again("opinion", low=1, high=0)),
    Violation("opinion_interval_valid", again("opinion", low=-math.inf, high=0)),
    Violation("opinion_number_valid", again("opinion", n=0)),
    *(Violation("subject_numbers_valid", again("subject", bias=x)) for x in NO_NUMBERS),
    *(
        Violation("subject_numbers_valid", again("subject", inconsistency=x))
        for x in (-1, *NO_NUMBERS)
    ),
    Violation("subject_verdict_valid", again("subject", verdict="ajar")),
    *(Violation("scale_link_numbers_valid", change("scale_link", offset=x)) for x in NO_NUMBERS),
    *(
        Violation("scale_link_numbers_valid", change("scale_link", slope=x))
        for x in (0, -1, *NO_NUMBERS)
    ),
    *(
        Violation("scale_link_numbers_valid", change("scale_link", rmse=x))
        for x in (-1, *NO_NUMBERS)
    ),
    Violation("scale_link_numbers_valid", change("scale_link", images=0)),
    Violation("snapshot_holdout_valid", again("snapshot", content_sha256="d", holdout_stimuli=4)),
    *(Violation("prediction_mean_valid", change("prediction", mean=x)) for x in NO_NUMBERS),
    *(
        Violation("prediction_sd_valid", change("prediction", **{field: x}))
        for x in (-0.1, *NO_NUMBERS)
        for field in ("posterior_sd", "misfit_sd", "rater_sd")
    ),
    *(
        Violation("head_agreement_valid", change("head", **{field: x}))
        for x in NO_NUMBERS
        for field in ("srcc", "plcc", "krcc", "rmse")
    ),
    Violation("head_agreement_valid", change("head", rmse=-0.1)),
    Violation("head_interval_valid", change("head", srcc_low=0.1)),
    Violation("head_interval_valid", change("head", srcc_low=0.2, srcc_high=0.1)),
    Violation("head_interval_valid", change("head", srcc_low=-math.inf, srcc_high=0.1)),
    Violation("model_version_refreshed_whole", change("version", refreshed_sha256="0" * 64)),
    Violation("acquisition_selected_valid", change("round", selected=6)),
    *(
        Violation("predictor_named", change("predictor", **{field: ""}))
        for field in ("name", "backbone", "strategy")
    ),
]

FACTS = [
    Violation("dataset_whole", change("dataset", state="succeeded")),
    Violation("rater_subject_unique", change("rater", source="old", subject_sha256="a")),
    Violation("rater_subject_of_source", change("rater", subject_sha256="a")),
    Violation("dataset_import_whole", change("dataset_import", state="succeeded")),
    *(Violation("webhook_events_valid", change("webhook", events=it)) for it in ([], ["ping"])),
    Violation("webhook_previous_secret_dated", change("webhook", previous_secret=b"sealed")),
    Violation("delivery_state_valid", change("delivery", state="ajar", next_at=None)),
    Violation("delivery_waits_for_a_time", change("delivery", next_at=None)),
    Violation("delivery_waits_for_a_time", change("delivery", state="delivered")),
    Violation("release_whole", change("live", source="a paper")),
    Violation("release_whole", change("published", minimum=None)),
    Violation("release_titled", change("live", name="second")),
    Violation("release_titled", again("frozen", number=9, name="second", content_sha256="a")),
    Violation("release_titled", again("named", number=9, name="")),
    Violation("release_whole", again("published", number=9, source="b", state="frozen")),
    Violation("snapshot_release_where_rated", again("snapshot", content_sha256="d", release=None)),
    Violation("snapshot_release_where_rated", again("snapshot", content_sha256="d", ratings=0)),
    *(
        Violation("perspective_key_valid", change("perspective", key=key))
        for key in ("", "Quality", "2nd", "two-fold", "müde")
    ),
    Violation("scale_link_apart", change("scale_link", target=of_row("published"))),
    Violation("saved_mapping_named", change("mapping", name="")),
    Violation("stimulus_file_complete", change("stimulus", width=None)),
    Violation("stimulus_file_complete", change("stimulus", height=0)),
    Violation("stimulus_file_complete", change("stimulus", sha256="")),
    Violation("stimulus_purged_without_file", change("stimulus", state="purged")),
    Violation("stimulus_replaced_unused", change("stimulus", replaced_by=of_row("stimulus"))),
    Violation("study_archived_from_somewhere", change("study", status="archived")),
    Violation("study_archived_from_somewhere", change("study", archived_from="draft")),
    Violation(
        "study_archived_from_somewhere", change("study", status="archived", archived_from="open")
    ),
    Violation("membership_sees_names_valid", change("membership", sees_names=False)),
    Violation("membership_sees_names_valid", change("membership", role="viewer")),
    Violation("participant_identified", change("participant", identifier="")),
    Violation("participant_unique", again("participant", rater=of_row("colleague"))),
    Violation("ratings_erased_some", again("erasure", ratings=0)),
    Violation("stimulus_attention_check_gold", change("stimulus", attention_check=True)),
    Violation("trial_submitted_at_set", change("trial", state="submitted")),
    Violation("trial_submitted_at_set", change("trial", submitted_at=timezone.now())),
]


def _another_owner(world: World) -> None:
    study = Study.objects.get(pk=world.rows["study"].pk)
    make_member(study, make_user("another"), MemberRole.OWNER)


UNIQUE = [
    Violation("membership_unique", again("membership", role="viewer", sees_names=False)),
    Violation("membership_one_owner", _another_owner),
    Violation("protocol_number_unique", again("protocol", content_sha256="d")),
    Violation("protocol_content_unique", again("protocol", number=2)),
    Violation("prompt_unique", again("prompt")),
    Violation("generator_unique", again("generator")),
    Violation("stimulus_filename_unique", again("stimulus", sha256="e" * 64)),
    Violation("stimulus_content_unique", again("stimulus", filename="other.png")),
    Violation("session_one_open_per_rater", again("session")),
    Violation("trial_once_per_rater", again("trial", position=1)),
    Violation("trial_position_unique", again("trial", state="expired")),
    Violation("perspective_key_unique", again("perspective", position=3)),
    Violation("perspective_position_unique", again("perspective", key="light")),
    Violation("score_one_current", again("score", revision=2)),
    Violation("score_revision_unique", again("score", superseded_at=timezone.now())),
    Violation("explanation_one_current", again("explanation", revision=2)),
    Violation("explanation_revision_unique", again("explanation", superseded_at=timezone.now())),
    Violation("release_number_unique", again("live", state="named", name="second")),
    Violation("release_one_live", again("live", number=9)),
    Violation("release_source_unique", again("published", number=9)),
    Violation("release_name_unique", again("named", number=9)),
    Violation("release_frozen_unique", again("frozen", number=9)),
    Violation("opinion_unique", again("opinion")),
    Violation("release_perspective_unique", again("whole")),
    Violation("release_protocol_unique", again("release_protocol")),
    Violation("subject_unique", again("subject")),
    Violation("scale_link_unique", again("scale_link")),
    Violation("saved_mapping_unique", again("mapping")),
    Violation("dataset_one_active", again("dataset", number=9)),
    Violation("dataset_number_unique", again("dataset", state="failed")),
    Violation("import_job_one_active", again("import")),
    Violation("dataset_import_one_active", again("dataset_import")),
    Violation("training_run_one_active", again("waiting")),
    Violation("predictor_name_unique", again("predictor", leading=False)),
    Violation("predictor_one_leading", again("predictor", name="other")),
    Violation("snapshot_unique", again("snapshot")),
    Violation(
        "model_version_number",
        again("version", state="retired", training_run=lambda world: world.rows["waiting"]),
    ),
    Violation(
        "model_version_one_active",
        again("version", number=2, training_run=lambda world: world.rows["waiting"]),
    ),
    Violation(
        "head_place_unique",
        again("head", perspective=lambda world: world.rows["study"].perspectives.get(position=1)),
    ),
    Violation("head_perspective_unique", again("head", place=1)),
    Violation("prediction_unique", again("prediction")),
    Violation("scoring_run_one_active", again("scoring")),
    Violation("scoring_chunk_unique", again("chunk")),
    Violation("explaining_run_one_active", again("explaining")),
    Violation("predicted_explanation_unique", again("predicted_explanation")),
    Violation("prompt_reading_unique", again("prompt_reading")),
]

#: Rows of two studies, or of two raters.
MIXED = [
    Violation("stimulus_prompt_same_study", change("stimulus", prompt=of_other("prompt"))),
    Violation("stimulus_generator_same_study", change("stimulus", generator=of_other("generator"))),
    Violation(
        "stimulus_replaced_by_same_study",
        change("stimulus", state="withdrawn", replaced_by=of_other("stimulus")),
    ),
    Violation(
        "participant_rater_same_study",
        again("participant", rater=of_other("colleague"), identifier="two"),
    ),
    Violation("dataset_release_same_study", change("dataset", release=of_other("live"))),
    Violation("ratings_erased_release_same_study", again("erasure", release=of_other("live"))),
    Violation("trial_stimulus_same_study", change("trial", stimulus=of_other("stimulus"))),
    Violation(
        "trial_rater_same_study",
        change("trial", rater=of_other("rater"), session=of_other("session")),
    ),
    Violation(
        "trial_session_same_rater", change("trial", rater=lambda world: world.rows["colleague"])
    ),
    Violation("release_perspective_release_same_study", again("whole", release=of_other("live"))),
    Violation(
        "release_perspective_perspective_same_study",
        again("whole", perspective=of_other("perspective")),
    ),
    Violation(
        "release_record_release_same_study",
        again("release_record", release=of_other("live")),
    ),
    Violation(
        "release_protocol_release_same_study",
        again("release_protocol", release=of_other("live")),
    ),
    Violation(
        "release_protocol_protocol_same_study",
        again("release_protocol", protocol=of_other("protocol")),
    ),
    Violation("opinion_release_same_study", again("opinion", release=of_other("live"))),
    Violation("opinion_stimulus_same_study", again("opinion", stimulus=of_other("stimulus"))),
    Violation(
        "opinion_perspective_same_study", again("opinion", perspective=of_other("perspective"))
    ),
    Violation("subject_release_same_study", again("subject", release=of_other("live"))),
    Violation("subject_rater_same_study", again("subject", rater=of_other("rater"))),
    Violation(
        "subject_perspective_same_study", again("subject", perspective=of_other("perspective"))
    ),
    Violation("scale_link_release_same_study", change("scale_link", release=of_other("live"))),
    Violation("scale_link_target_same_study", change("scale_link", target=of_other("live"))),
    Violation(
        "scale_link_perspective_same_study",
        change("scale_link", perspective=of_other("perspective")),
    ),
    Violation(
        "snapshot_release_same_study",
        again("snapshot", content_sha256="d", release=of_other("live")),
    ),
    Violation("training_run_predictor_same_study", change("run", predictor=of_other("predictor"))),
    Violation(
        "model_version_predictor_same_study",
        again(
            "version",
            number=2,
            predictor=of_other("predictor"),
            state="retired",
            training_run=lambda world: world.rows["waiting"],
        ),
    ),
    Violation("training_run_snapshot_same_study", change("run", snapshot=of_other("snapshot"))),
    Violation(
        "model_version_snapshot_same_study", change("version", snapshot=of_other("snapshot"))
    ),
    Violation(
        "model_version_run_same_study",
        again("version", number=2, state="retired", training_run=of_other("waiting")),
    ),
    Violation(
        "head_version_same_study", change("head", model_version=of_other("version"), place=1)
    ),
    Violation("head_perspective_same_study", change("head", perspective=of_other("perspective"))),
    Violation(
        "scoring_run_version_same_study", change("scoring", model_version=of_other("version"))
    ),
    Violation("acquisition_version_same_study", change("round", model_version=of_other("version"))),
    Violation(
        "explaining_run_version_same_study", change("explaining", model_version=of_other("version"))
    ),
    Violation(
        "assessment_version_same_study", change("assessment", model_version=of_other("version"))
    ),
]

UNCHANGING = [
    Violation("protocol_unchanging", change("protocol", content={})),
    Violation("protocol_unchanging", change("protocol", number=2)),
    Violation("audit_entry_unchanging", change("entry", action="study.deleted")),
    Violation("audit_entry_unchanging", change("entry", study=of_other("study"))),
    Violation("audit_entry_unchanging", delete("entry")),
    Violation("audit_entry_unchanging_later", change("entry", actor=None)),
    Violation("audit_entry_unchanging_later", change("entry", study=None)),
    Violation("release_unchanging", change("named", name="second")),
    Violation("release_unchanging", change("frozen", ratings=99)),
    Violation("release_unchanging", change("frozen", state="live")),
    Violation("dataset_unchanging", change("kept_dataset", size=2)),
    Violation("dataset_unchanging_later", change("kept_dataset", actor=None)),
    Violation("erased_unchanging", change("erasure", ratings=5)),
    Violation("opinion_unchanging", change("opinion", value=0.1)),
    Violation("subject_unchanging", change("subject", bias=0.1)),
    Violation("opinion_fixed", again("opinion", release=of_row("frozen"))),
    Violation("opinion_fixed_later", delete("kept_opinion")),
    Violation(
        "subject_fixed", again("subject", release=of_row("named"), rater=of_row("colleague"))
    ),
    Violation("subject_fixed_later", delete("kept_subject")),
    Violation("release_perspective_unchanging", change("whole", maximum=7)),
    Violation("release_perspective_fixed", again("whole", release=of_row("frozen"))),
    Violation("release_perspective_fixed_later", delete("kept_whole")),
    Violation("release_record_unchanging", change("release_record", weights={"1": 0.5})),
    Violation("release_record_fixed", again("release_record", release=of_row("frozen"))),
    Violation("release_record_fixed_later", delete("kept_record")),
    Violation("release_protocol_unchanging", change("release_protocol", release=of_row("named"))),
    Violation("release_protocol_fixed", again("release_protocol", release=of_row("frozen"))),
    Violation("release_protocol_fixed_later", delete("kept_protocol")),
    Violation("snapshot_unchanging", change("snapshot", ratings=99)),
]

VIOLATIONS = [*WORDS, *NUMBERS, *FACTS, *UNIQUE, *MIXED, *UNCHANGING]

#: Primary keys with an additional column: only there for the foreign keys of MIXED, and no row can
#: break them before it breaks the primary key.
KEYS = {
    "perspective_in_study",
    "protocol_in_study",
    "prompt_in_study",
    "generator_in_study",
    "stimulus_in_study",
    "rater_in_study",
    "session_of_rater",
    "release_in_study",
    "snapshot_in_study",
    "predictor_in_study",
    "training_run_in_study",
    "model_version_in_study",
}
