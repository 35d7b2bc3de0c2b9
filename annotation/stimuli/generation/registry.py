"""Who is asked, in which order: a tool's own record before the graph, names before presence."""

from collections.abc import Callable

from .comfyui.record import read_comfyui
from .reading import Reading
from .records import Records
from .tools.a1111 import read_a1111
from .tools.civitai import read_civitai
from .tools.credentials import read_credentials
from .tools.draw_things import read_draw_things
from .tools.easy_diffusion import read_easy_diffusion
from .tools.fooocus import read_fooocus
from .tools.invokeai import read_invokeai
from .tools.iptc import read_iptc
from .tools.mflux import read_mflux
from .tools.midjourney import read_midjourney
from .tools.novelai import read_novelai
from .tools.stability_matrix import read_stability_matrix
from .tools.swarmui import read_swarmui
from .tools.tensorart import read_tensorart

#: Each says what it knows of a file, or None if the record is not its tool's.
Reader = Callable[[Records], Reading | None]

READERS: tuple[Reader, ...] = (
    read_swarmui,
    read_stability_matrix,
    read_tensorart,
    read_fooocus,
    read_invokeai,
    read_novelai,
    read_easy_diffusion,
    read_mflux,
    read_draw_things,
    read_civitai,
    read_a1111,
    read_midjourney,
    read_comfyui,
    read_iptc,
    read_credentials,
)
#: Whose fields are taken if the tool's own record says nothing of them.
GRAPH: Reader = read_comfyui
