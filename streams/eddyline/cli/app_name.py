"""The name of an app as an argument: ``application/environment``."""

import click


class AppName(click.ParamType):
    """An app; both parts are needed, because an eval set of production says nothing of staging."""

    name = "app"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: D102
        application, slash, environment = value.partition("/")
        if not (application and slash and environment) or "/" in environment or not value.isprintable():
            self.fail(f"{value!r} is no application/environment, like support/production", param, ctx)
        return value
