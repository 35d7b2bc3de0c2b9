"""What a browser should never have to report about a page.

Errors of scripts, breaches of the content security policy, and requests to any other host.
"""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError

#: A site under test answers here; everybody else is a third party.
_OUR_HOSTS = {"localhost", "127.0.0.1"}
#: A connection lost, or an answer refused, on purpose; the tests say if they want none.
_EXPECTED = "Failed to load resource"


def listen(context: BrowserContext, heard: list[str]) -> None:
    """Adds to `heard` whatever any page of `context` does wrong."""

    def hear_error(error: WebError) -> None:
        heard.append(f"a script raised {error.error}")

    def hear_console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_EXPECTED):
            heard.append(f"the console says: {message.text}")

    def see_request(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https") and address.hostname not in _OUR_HOSTS:
            heard.append(f"a third party is asked for {request.url}")

    context.on("weberror", hear_error)
    context.on("console", hear_console)
    context.on("request", see_request)
