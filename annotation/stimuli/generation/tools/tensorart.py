"""TensorArt: a JSON record, next to a graph that names models by numbers of its catalogue."""

from ..reading import Reading, settings_of
from ..records import Records
from ..values import mapping, name_or_none, parsed_json, seed_or_none, text_or_none

_APART = ("prompt", "negativePrompt", "seed")


def read_tensorart(records: Records) -> Reading | None:
    record = mapping(parsed_json(records.texts.get("generation_data")))
    if not record:
        return None
    return Reading(
        tool="TensorArt",
        prompt=text_or_none(record.get("prompt")),
        negative_prompt=text_or_none(record.get("negativePrompt")),
        model=name_or_none(mapping(record.get("baseModel")).get("modelFileName")),
        seed=seed_or_none(record.get("seed")),
        settings=settings_of(record, _APART),
    )
