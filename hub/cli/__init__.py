"""The command `hub`: its sub-commands are imported when they are called, so that help and start stay fast."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Final

import click

from hub.log import place_of
from hub.problems import HubError
from hub.store.migrate import UnusableDatabaseError

# name → (where it is, what the overview says)
COMMANDS: Final = {
    "serve": (
        "hub.cli.serve:serve",
        "Serve FHIR and the pages for people, and do the work that follows",
    ),
    "work": ("hub.cli.work:work", "Do the work that follows, in processes of its own (PostgreSQL)"),
    "migrate": ("hub.cli.migrate:migrate", "Bring the database to the newest schema"),
    "demo": ("hub.cli.demo:demo", "Load the demo patients, serve, and play a day in a minute"),
    "fhir": ("hub.cli.fhir:fhir", "Hold FHIR resources in files against FHIR R4"),
    "thresholds": (
        "hub.cli.thresholds:thresholds",
        "Judge threshold cases, try plans on real values",
    ),
    "emessage": (
        "hub.cli.emessage:emessage",
        "Read and write e-messages, send them through FHIR and back",
    ),
    "messages": ("hub.cli.messages:messages", "List, show and replay the hub's messages"),
    "clients": ("hub.cli.clients:clients", "Register who may ask, with agreements; cut one off"),
    "audit": ("hub.cli.audit:audit_group", "Verify, note, tell and keep the access log"),
    "relations": (
        "hub.cli.relations:relations",
        "Keep care relations and shares: why an organisation may see a patient",
    ),
    "standin": ("hub.cli.standin:standin", "Counterparts for tests and demo"),
}


class LazyGroup(click.Group):
    """A click group that imports a sub-command when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Context → names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Context and name → the command, or None."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the overview without importing the commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="\b\nExample:\n  HUB_MODE=development HUB_I_ACCEPT_INSECURE_DEVELOPMENT=yes HUB_DEV_OPEN=yes hub serve",
)
@click.version_option(package_name="dho-hub")
def group() -> None:
    """The hub between Norwegian health systems and patients followed up at home."""


def main() -> None:
    """Command line → exit status; what breaks by our own fault is told by its type and place: its text may name a person."""
    try:
        status = group.main(prog_name="hub")
    except HubError as error:
        click.echo(f"hub: {'; '.join(p.detail for p in error.problems)}", err=True)
        status = 1
    except UnusableDatabaseError as error:
        click.echo(str(error), err=True)
        status = 1
    except OSError as error:  # the system's own words name no person
        click.echo(f"hub: {error.strerror or type(error).__name__} at {place_of(error)}", err=True)
        status = 1
    except Exception as error:  # noqa: BLE001 - the last place: a traceback would show values
        click.echo(f"hub: {type(error).__name__} at {place_of(error)}", err=True)
        status = 1
    sys.exit(status)
