"""The page docs/reference/policy.md: who may do what, as the tables of hub/policy say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hub.fhir.routes import OPERATIONS, ROUTES
from hub.policy.decide import ATTEST_MOST, LEVEL
from hub.policy.jobs import COMMANDS, JOBS, NOT_BY_WILDCARD, QUEUES, ROUNDS, Job
from hub.policy.rights import (
    ACTORS,
    BY_IDENTIFIER,
    CELLS,
    LETTERS,
    OPEN_IN_TENANT,
    PERSONS,
    RELATIONS,
    VIEWS,
    WHOLE_TENANT,
)
from hub.policy.rights import OPERATIONS as OPERATION_LETTERS
from hub.policy.scopes import NEVER_BY_WILDCARD

GATES = (
    "Everything that is not permitted here is denied. A request passes five gates: its actor has shown what its kind needs;"
    " a scope covers type and letter; the tenant is its own, or shares with its organisation; its kind may do this, to rows of"
    " patients it has a care relation to; nothing of it is blocked. The last three are conditions in every statement on the"
    " store: what is closed is not there, be it read, listed, counted, included, chained to or changed."
)
NEEDS = (
    f"Systems need an organisation in their token; {', '.join(sorted(PERSONS))} need a person who has logged in at level"
    f" {LEVEL}. A statement of why the data are needed must not be older than {ATTEST_MOST.seconds // 60} minutes. From the open development"
    " actor nothing in its tenant is hidden; the hub's own jobs see and write what their rows below name."
)


def matrix() -> tuple[Sequence[str], Iterable[Sequence[str]]]:
    """The table of rights → heads and rows; cells that are alike in all kinds stand in one row."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for kind in sorted({resource_type for _, resource_type in CELLS}):
        rows.setdefault(tuple(_cell(actor, kind) for actor in ACTORS), []).append(kind)
    return ("type", *ACTORS), [(", ".join(kinds), *cells) for cells, kinds in rows.items()]


def _cell(actor: str, resource_type: str) -> str:
    cell = CELLS.get((actor, resource_type))
    if cell is None:
        return "–"
    letters = [f"{c}'" if c in cell.own else c for c in "cruds" if c in cell.letters]
    marks = ""
    if (actor, resource_type) in BY_IDENTIFIER:
        marks += "¹"
    if (actor, resource_type) in VIEWS:
        marks += "²"
    return " ".join(letters) + marks


def notes() -> str:
    """What the signs in the table mean."""
    views = "; ".join(
        f"{actor} of {kind}: id, {', '.join(e)}" for (actor, kind), e in VIEWS.items()
    )
    return (
        "`c` create, `r` read, vread and the history of one resource, `u` update and patch, `d` delete, `s` search and the"
        " history of a type. `'` only what the actor's client has written itself. ¹ A search names an identifier, goes by `POST"
        f" _search` and finds one match at most. ² Only a part is shown ({views}).\n\n"
        f"`*` in a scope never covers {', '.join(sorted(NEVER_BY_WILDCARD))}. Types about no patient that all with the right"
        f" see: {', '.join(sorted(OPEN_IN_TENANT))}; another resource without a patient is for its writer alone."
    )


def relations() -> Iterable[Sequence[str]]:
    """Which care relations open a patient to whom."""
    for kind, kinds in RELATIONS.items():
        yield kind, ", ".join(kinds)
    for kind in sorted(WHOLE_TENANT):
        yield (
            kind,
            "none needed: all patients of its own organisation, as far as the table shows them",
        )


def routes() -> Iterable[Sequence[str]]:
    """What each route and operation asks the policy for, and the letter that is."""
    for route in ROUTES:
        asked = route.asks
        yield f"{route.method} `/{route.shape}`", asked, LETTERS.get(asked, _without(asked))
    for (kind, name), row in OPERATIONS.items():
        letter = OPERATION_LETTERS[name]
        methods = ", ".join(row.methods)
        if row.on_one is not None:
            yield f"{methods} `/{kind}/[id]/{name}`", f"operation {name}", letter
        if row.on_type is not None:
            of_all = row.on_one is not None
            told = "only the hub's own and the development actor" if of_all else letter
            yield f"{methods} `/{kind}/{name}`", f"operation {name}", told


JOBS_TOLD = (
    "What the hub does itself asks the same policy. A job and a command see and write what their row names; one without a row"
    " is refused, and opens no database. None deletes, and none may write everything. `*` is every type but"
    f" {' and '.join(sorted(NOT_BY_WILDCARD))}. Names that are no resource types are tables: the access log, clients, messages,"
    " relations, shares."
)


def jobs() -> Iterable[Sequence[str]]:
    """The hub's own jobs → what they do it for, see and write."""
    for name, job in JOBS.items():
        served = [n for n, its in (*QUEUES.items(), *ROUNDS.items()) if its == name]
        yield name, ", ".join(served) or "–", *_told(job)


def commands() -> Iterable[Sequence[str]]:
    """The commands → what they see and write; those that open no database of the hub's are left out."""
    for name, job in COMMANDS.items():
        if job.sees:
            yield f"`hub {name}`", *_told(job)


def _told(job: Job) -> tuple[str, str, str]:
    return tuple(", ".join(sorted(kinds)) or "–" for kinds in (job.sees, job.creates, job.updates))  # pyright: ignore[reportReturnType] - three of them


def _without(asked: str) -> str:
    return {
        "capabilities": "open to all",
        "transaction": "each entry by itself",
        "operation": "as the operation",
    }.get(asked, "–")
