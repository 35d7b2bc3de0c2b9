"""What an account is asked and told around signing in; each state is yielded by its name."""

import time
from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.test import override_settings
from playwright.sync_api import expect

from tests.e2e.signing_in import sign_in
from tests.e2e.states.scene import Scene
from workbench.core import room
from workbench.core.gates import Gate

OWN = "/accounts"
#: One that is built into a device and that asks nobody.
AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
    "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


def code_of(secret: str) -> str:
    """What an authenticator app shows now (RFC 6238)."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def plug_in_a_key(scene: Scene) -> None:
    """For this page, until its browser's context is closed."""
    devtools = scene.page.context.new_cdp_session(scene.page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})


def second_factor(scene: Scene) -> Iterator[str]:
    page = scene.page
    cache.clear()
    sign_in(page, scene.site, then="/studies/")
    plug_in_a_key(scene)
    scene.go(f"{OWN}/2fa/")
    yield "two-factor sign-in, off"
    yield from _app(scene)
    yield from _codes(scene)
    yield from _keys(scene)
    yield from _again(scene)
    scene.go(f"{OWN}/2fa/totp/deactivate/")
    expect(page.get_by_role("heading", name="Remove the app")).to_be_visible()
    yield "removing the app"
    scene.go(f"{OWN}/logout/")
    yield "signing out"
    page.locator("main").get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/**")
    yield "signed out"
    yield from _second_step(scene)


def _app(scene: Scene) -> Iterator[str]:
    page = scene.page
    page.get_by_role("link", name="Set up an app").click()
    expect(page.get_by_role("heading", name="Is it still you?")).to_be_visible()
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("That password is not right.")).to_be_visible()
    yield "asked again, with a wrong password"
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("The code that the app shows").fill("000000")
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_text("That code is not right")).to_be_visible()
    yield "an app, with a wrong code"
    secret = page.get_by_label("Or type this key into the app").input_value()
    page.get_by_label("The code that the app shows").fill(code_of(secret))
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    yield "an app is set up"


def _codes(scene: Scene) -> Iterator[str]:
    page = scene.page
    page.get_by_role("link", name="Make new ones").click()
    expect(page.get_by_text("The 10 codes that are left stop working.")).to_be_visible()
    yield "making new recovery codes"
    page.get_by_role("button", name="Make codes").click()
    expect(page.get_by_text("New recovery codes are here")).to_be_visible()
    yield "new recovery codes"


def _keys(scene: Scene) -> Iterator[str]:
    page = scene.page
    scene.go(f"{OWN}/2fa/webauthn/")
    yield "no keys yet"
    scene.go(f"{OWN}/2fa/webauthn/add/")
    page.get_by_label("Name").fill("laptop")
    page.get_by_label("It signs in without a password").check()
    yield "adding a key"
    page.get_by_role("button", name="Add the key").click()
    expect(page.get_by_text("The key is added.")).to_be_visible()
    yield "two-factor sign-in, on"
    scene.go(f"{OWN}/2fa/webauthn/add/")
    page.get_by_role("button", name="Add the key").click()
    expect(page.get_by_text("This key is already one of yours.")).to_be_visible()
    yield "a key that is there already"
    scene.go(f"{OWN}/2fa/webauthn/")
    yield "keys"
    page.get_by_role("link", name="Rename laptop").click()
    yield "renaming a key"
    scene.go(f"{OWN}/2fa/webauthn/")
    page.get_by_role("link", name="Remove laptop").click()
    yield "removing a key"


def _again(scene: Scene) -> Iterator[str]:
    scene.go(f"{OWN}/2fa/reauthenticate/?next=/accounts/token/")
    yield "asked again, for a code"
    scene.page.get_by_role("link", name="Use a key").click()
    yield "asked again, for a key"
    scene.page.get_by_role("button", name="Use a key").click()
    expect(scene.page.get_by_role("heading", name="API tokens")).to_be_visible()


def _second_step(scene: Scene) -> Iterator[str]:
    page = scene.page
    page.get_by_label("Username").fill("owner")
    page.get_by_label("Password").fill("correct horse")
    page.locator("main button.primary").click()
    expect(page.get_by_role("heading", name="The second step")).to_be_visible()
    yield "the second step"
    code = page.get_by_label("Code of the app, or a recovery code")
    code.fill("000000")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("That code is not right")).to_be_visible()
    yield "the second step, with a wrong code"
    codes = Authenticator.objects.get(user=scene.owner, type="recovery_codes").wrap()
    code.fill(codes.get_unused_codes()[0])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/studies/")


def refusals(scene: Scene) -> Iterator[str]:
    """What is said to those who may not, or not now."""
    page = scene.page
    scene.go(f"{OWN}/inactive/")
    yield "a closed account"
    scene.go(f"{OWN}/signup/")
    yield "no signing up"
    cache.clear()
    with override_settings(ACCOUNT_RATE_LIMITS={"login": "1/h/ip"}):
        for _ in range(2):
            scene.go(f"{OWN}/login/")
            page.get_by_label("Username").fill("owner")
            page.get_by_label("Password").fill("wrong")
            page.locator("main button.primary").click()
            page.wait_for_load_state()
    expect(page.get_by_role("heading", name="Too often")).to_be_visible()
    yield "too often"
    cache.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "_room", room.Room(Gate(0), Gate(0), Gate(0)))
        scene.go(f"{OWN}/login/")
        expect(page.get_by_role("heading", name="Busy")).to_be_visible()
        yield "busy"
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()  # by itself
