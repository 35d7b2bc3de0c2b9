from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "workbench.accounts"
    label = "accounts"

    def ready(self) -> None:
        from . import acts  # noqa: F401 -- it registers itself
