"""Why a field is empty, or how sure it is: sentences for people, translated where shown."""

from workbench.core.texts import gettext_noop

NO_METADATA = gettext_noop("the file holds no metadata")
NOTHING_KNOWN = gettext_noop("no generating tool is known by what the file holds")
NOT_AN_IMAGE = gettext_noop("not a PNG, JPEG, WebP or AVIF file")
UNREADABLE = gettext_noop("the file cannot be read")
DAMAGED = gettext_noop("some of the metadata is damaged or too large and was left out")
SEVERAL_SAVERS = gettext_noop(
    "several nodes of the graph save an image, and the file's name does not say which saved this"
)
SEVERAL_SOURCES = gettext_noop("the image is put together from several that differ in this")
RUN_TIME_PROMPT = gettext_noop(
    "the prompt was made while the graph ran, and the file does not keep it"
)
RUN_TIME_NEGATIVE = gettext_noop(
    "the negative prompt was made while the graph ran, and the file does not keep it"
)
NO_SAMPLER = gettext_noop("no node of the graph is known to make the image")
MERGED_MODELS = gettext_noop("the model is a mixture of several")
EDITOR_GRAPH = gettext_noop("read from the editor's graph, which may have been changed since")
TOO_MANY_NODES = gettext_noop("the graph is too large to be read")
HASH_ONLY = gettext_noop("the model is known only by its hash or number")
STYLED_ONLY = gettext_noop("the file holds the prompt only with styles added to it")
CREDENTIALS = gettext_noop(
    "Content Credentials name the maker and never the prompt; their signature was not checked"
)
AI_WITHOUT_NAMES = gettext_noop("marked as made by AI, without a prompt")
