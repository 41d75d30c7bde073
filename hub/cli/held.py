"""`hub messages match|create|take|reject|avvik`: what a person decides about a message that came.

Source: emessage/apprec.md ("Sending duties" 3), security/README.md (two identifiers and a second person).
"""

from __future__ import annotations

import asyncio
import sys

import click

from hub.cli.database import audit, open_store, operator, reason, settings_of_environment
from hub.cli.terminal import plain
from hub.clock import SystemClock
from hub.emessage.codes.avvik_8117 import AVVIK
from hub.fhir.interactions.prepare import Setting
from hub.flows.decide_held import Verdict, decide
from hub.flows.held_decision import REFUSALS, Decision
from hub.flows.send_avvik import Sent, send_avvik
from hub.flows.store_draft import Desk
from hub.mapping.avvik import Notice
from hub.store.unit import StoreUnit

_NAME = click.argument("name", metavar="ID")
_IDENTIFIERS = click.option(
    "--identifier",
    "identifiers",
    multiple=True,
    help="What you compared: a number, the birth date as yyyy-mm-dd, or the name. Give two of different kinds; asked for when left out.",
)
_SECOND = click.option(
    "--second", default="", help="The second person who looked at it; written into the access log."
)


@click.command(
    epilog="\b\nExample:\n  hub messages match in-20260302T101500Z-1 --patient 019ab3a4-5b6c-7d8e-9f00-112233445566 --second 'Nina Prøve'"
)
@_NAME
@click.option("--patient", required=True, help="The id of the Patient the message is about.")
@_IDENTIFIERS
@_SECOND
@reason
def match(name: str, patient: str, identifiers: tuple[str, ...], second: str) -> None:
    """Say which patient a held message is about: it is taken in and answered.

    Two identifiers of the patient must be given, and one of them must stand in the message. Numbers in the message that
    the patient does not have are kept with the patient, beside the earlier ones.
    """
    decision = Decision("match", patient_id=patient.removeprefix("Patient/"), second=second)
    _decide(name, decision, identifiers or _ask())


@click.command(
    epilog="\b\nExample:\n  hub messages create in-20260302T101500Z-1 --second 'Nina Prøve'"
)
@_NAME
@_IDENTIFIERS
@_SECOND
@reason
def create(name: str, identifiers: tuple[str, ...], second: str) -> None:
    """Make a new patient from a held message: it is taken in and answered. Refused when the number is here already."""
    _decide(name, Decision("create", second=second), identifiers or _ask())


@click.command(epilog="\b\nExample:\n  hub messages take in-20260302T101500Z-1")
@_NAME
@reason
def take(name: str) -> None:
    """Take in a held message although the service or person it names is not known here."""
    _decide(name, Decision("take"))


@click.command(epilog="\b\nExample:\n  hub messages reject in-20260302T101500Z-1 --code E35")
@_NAME
@click.option("--code", type=click.Choice(tuple(REFUSALS)), required=True, help="Of list 8221.")
@click.option("--text", default="", help="For the sender; X99 demands it. No personal data.")
@reason
def reject(name: str, code: str, text: str) -> None:
    """Refuse a held message for good. After 96 hours nothing is sent: the sender counts it as refused already."""
    _decide(name, Decision("reject", code=code, text=text.strip()))


@click.command(
    epilog="\b\nExample:\n  hub messages avvik in-20260302T101500Z-1 --code 1 --text 'Pasienten bor i en annen kommune' --contact 'Nina Prøve'"
)
@_NAME
@click.option(
    "--code",
    type=click.Choice(tuple(AVVIK.names)),
    required=True,
    help="Of list 8117: 1 wrong addressee, 2 too little said, 9 other.",
)
@click.option("--text", required=True, help="What is wrong, for the sender.")
@click.option(
    "--contact", required=True, help="The professional to ask about it, given name first."
)
@click.option("--phone", default="", help="Where that professional is reached.")
@reason
def avvik(name: str, code: str, text: str, contact: str, phone: str) -> None:
    """Tell the sender that a message we answered with OK cannot be handled: the only way to take the answer back."""
    processing = "P" if settings_of_environment().mode == "production" else "D"
    notice = Notice(code, text.strip(), contact, phone)

    def work(unit: StoreUnit) -> Sent:
        sent = send_avvik(unit, _desk("avvik"), name, notice, processing)
        if sent.msg_id:
            audit(unit, f"hub messages avvik {name}", sent.patient_id, writes=True)
        return sent

    with open_store() as store:
        sent = asyncio.run(store.write(work))
    click.echo(plain(f"{sent.text} {sent.msg_id}".strip()), err=not sent.msg_id)
    if not sent.msg_id:
        sys.exit(1)


def _ask() -> tuple[str, ...]:
    return tuple(str(click.prompt(f"Identifier {n} of 2")) for n in (1, 2))


def _desk(step: str) -> Desk:
    """The operator's desk for one of these commands: what is stored by hand bears the operator's name."""
    clock = SystemClock()
    setting = Setting(clock.now(), settings_of_environment().base_url)
    return Desk(operator(f"messages {step}"), setting, clock.new_id)


def _decide(name: str, decision: Decision, identifiers: tuple[str, ...] = ()) -> None:
    by = operator(f"messages {decision.kind}").name
    signed = Decision(
        decision.kind, decision.patient_id, decision.code, decision.text, by, decision.second
    )

    def work(unit: StoreUnit) -> Verdict:
        verdict = decide(unit, _desk(signed.kind), name, signed, identifiers)
        if verdict.done:
            second = f", second person {signed.second}" if signed.second else ""
            audit(
                unit, f"hub messages {signed.kind} {name}{second}", signed.patient_id, writes=True
            )
        return verdict

    with open_store() as store:
        verdict = asyncio.run(store.write(work))
    click.echo(plain(verdict.text), err=not verdict.done)
    if not verdict.done:
        sys.exit(1)
