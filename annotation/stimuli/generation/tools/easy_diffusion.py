"""Easy Diffusion: a PNG chunk for each setting, or one JSON object, with names of two kinds."""

from collections.abc import Mapping
from typing import Any

from ..reading import Reading, settings_of
from ..records import Records
from ..values import mapping, name_or_none, parsed_json, seed_or_none, text_or_none

#: Prompt, negative prompt, model, seed: in the code and on the screen.
_CODE = ("prompt", "negative_prompt", "use_stable_diffusion_model", "seed")
_SCREEN = ("Prompt", "Negative Prompt", "Stable Diffusion model", "Seed")
#: One of these beside the prompt, if the file names no model.
_PARTNERS = ("num_inference_steps", "guidance_scale", "Guidance Scale")


def read_easy_diffusion(records: Records) -> Reading | None:
    for record in (records.texts, mapping(parsed_json(records.main_text))):
        names = next((names for names in (_CODE, _SCREEN) if _is_record(record, names)), None)
        if names is not None:
            return _reading(record, names)
    return None


def _is_record(record: Mapping[str, Any], names: tuple[str, ...]) -> bool:
    prompt, negative, model, _seed = names
    return prompt in record and (
        model in record or (negative in record and any(name in record for name in _PARTNERS))
    )


def _reading(record: Mapping[str, Any], names: tuple[str, ...]) -> Reading:
    prompt, negative, model, seed = names
    unwanted = text_or_none(record.get(negative))
    return Reading(
        tool="Easy Diffusion",
        prompt=text_or_none(record.get(prompt)),
        negative_prompt="" if unwanted == "None" else unwanted,
        model=name_or_none(record.get(model)),
        seed=seed_or_none(record.get(seed)),
        settings=settings_of(record, names),
    )
