"""What schemathesis's check of valid requests cannot know (docs/decisions/047)."""

import json
from typing import Any

import schemathesis

#: Of problems that a schema can rule out: any other code names a rule of the study's own data, such
#: as a score that is not on its scale, or of the request's history, such as a key that was used.
_OF_THE_SCHEMA = {"invalid", "parse_error", "unsupported_media_type", "method_not_allowed"}


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Whether it is a failure: a valid request may be refused by a rule that has a name."""
    if type(failure).__name__ != "RejectedPositiveData":
        return True
    try:
        return json.loads(response.content)["code"] in _OF_THE_SCHEMA
    except (ValueError, KeyError, TypeError):
        return True
