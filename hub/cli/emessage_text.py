"""A card of an e-message → lines for a terminal. Nothing of a file reaches the terminal as control characters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from hub.cli.emessage_card import Card, PartyCard, PatientCard, ProblemCard, ReceiptCard
from hub.cli.terminal import plain

_INDENT = 13


def render_card(card: Card) -> str:
    """A card → its lines."""
    lines = [plain(card.file)]
    lines += [f"  {name:<{_INDENT - 2}}{plain(text)}".rstrip() for name, text in _rows(card)]
    return "\n".join(lines)


def _rows(card: Card) -> Iterator[tuple[str, str]]:
    if card.root:
        kind = ", ".join(filter(None, (card.title, card.standard)))
        yield "type", f"{card.type or '(none)'}  {kind} [{card.direction}]"
        yield "namespace", card.namespace or "(no payload)"
        yield "MsgId", card.message_id or "(missing)"
        yield "GenDate", card.gen_date or "(missing)"
        yield "from", _party(card.sender) if card.sender else "(cannot be made out)"
        for receiver in card.receivers:
            yield "to", f"{_party(receiver)}  {receiver.role}"
        if card.patient:
            yield "patient", _patient(card.patient)
        elif card.is_receipt is None:
            yield "patient", "(none named)"
    for attachment in card.attachments:
        yield (
            "attachment",
            f"{attachment.mime_type} {attachment.bytes} bytes  {attachment.description}",
        )
    yield from _problems("problem", card.problems, "none")
    if card.schema_problems is not None:
        yield from _problems("schema", card.schema_problems, "the official schemas agree")
    if card.is_receipt is not None:
        yield "it answers", f"{card.is_receipt.answers} with {_receipt(card.is_receipt)}"
        yield from _errors(card.is_receipt)
    for receipt in card.receipts:
        yield "receipt", _receipt(receipt)
        yield from _errors(receipt)
    if card.no_receipt:
        yield "receipt", f"none: {card.no_receipt}"
    elif any(receipt.status == "1" for receipt in card.receipts):
        yield "", "(sent when the patient is found; in doubt the message waits for a person)"


def _problems(
    name: str, problems: Sequence[ProblemCard], otherwise: str
) -> Iterator[tuple[str, str]]:
    if not problems:
        yield name, otherwise
    for problem in problems:
        code = f"{problem.code} ({problem.error})" if problem.error else problem.code
        warning = "" if problem.severity == "error" else "warning: "
        yield name, f"{warning}{code}  {problem.where or '/'}"
        yield "", problem.detail


def _party(party: PartyCard) -> str:
    upper = f"{party.name or '(no name)'} (HER {party.her_id or 'missing'})"
    if not party.service and not party.service_her_id:
        return upper
    lower = f"{party.service or '(no name)'} (HER {party.service_her_id or 'missing'})"
    return f"{upper} / {lower}"


def _patient(patient: PatientCard) -> str:
    types = ", ".join(patient.identifier_types) or "no identifier"
    if patient.name:
        pairs = zip(patient.identifier_types, patient.identifiers, strict=True)
        types = ", ".join(f"{kind} {value}" for kind, value in pairs) or "no identifier"
    shown = " ".join(filter(None, (patient.name or patient.initials or "(no name)", patient.born)))
    doubt = "" if patient.sufficient else "; not enough to identify by"
    return f"{shown}, {types}{doubt}"


def _receipt(receipt: ReceiptCard) -> str:
    by = f", from HER {receipt.sender_her_id}" if receipt.sender_her_id else ""
    role = f" as {receipt.role}" if receipt.role else ""
    return f"AppRec {receipt.version}, status {receipt.status} {receipt.status_name}{by}{role}"


def _errors(receipt: ReceiptCard) -> Iterator[tuple[str, str]]:
    for error in receipt.errors:
        yield "", f"{error.code} {error.name}{': ' if error.text else ''}{error.text}"


def render_summary(cards: Iterable[Card], unreadable: int) -> str:
    """All cards and how many files could not be opened → the closing line."""
    files: Counter[str] = Counter({"files": unreadable, "not opened": unreadable})
    receipts: Counter[str] = Counter()
    for card in cards:
        files["files"] += 1
        files["for quarantine"] += not card.readable
        files["without receipt"] += card.readable and not card.receipts
        for receipt in card.receipts:
            codes = " ".join(error.code for error in receipt.errors)
            receipts[f"status {receipt.status} {codes}".rstrip()] += 1
    counted = ", ".join(f"{number} {what}" for what, number in files.items() if number)
    told = ", ".join(f"{number} of {what}" for what, number in sorted(receipts.items()))
    return f"{counted or 'no files'}; receipts: {told or 'none'}"
