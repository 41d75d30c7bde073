"""The rows a Permit opens → a condition that stands in the statement itself; nothing is filtered afterwards.

Care relations and shares lie in tables of their own and are asked for by EXISTS: no list of patients travels, and what
has ended a moment ago opens nothing.
Source: security README §4 (gates 3 to 5).
"""

from __future__ import annotations

from collections.abc import Iterable

from hub.fhir.search.query import Filter, TokenValue
from hub.policy.rows import ALL, Block, Related, Rows, Shared
from hub.policy.scopes import Narrowing
from hub.store.search_filters import Place, condition
from hub.store.search_sql import FALSE, TRUE, Sql, all_of, among, any_of, none_of


def opened(place: Place, patient: str | None = None, *, former: bool = False) -> Sql:
    """A place, and the one patient whose rows are looked at where it is known → that a row is open.

    Shape: `former` where rows are former versions, which have no index: what a scope narrows by index is closed there.
    """
    return rows_sql(place, place.permit.filter.rows(place.type), patient, former=former)


def opened_types(
    place: Place, kinds: Iterable[str], patient: str | None = None, *, former: bool = False
) -> Sql:
    """A place of rows of many types → that a row is of a type that is open, and open itself."""
    if place.permit.filter.whole:
        return TRUE
    alike: dict[tuple[Rows, str], list[str]] = {}
    for kind in kinds:
        rows = place.permit.filter.rows(kind)
        if rows is not None:
            own = kind if rows.narrowed or rows.shared else ""
            alike.setdefault((rows, own), []).append(kind)
    return any_of(
        all_of(
            (
                among(f"{place.row}.type", of),
                rows_sql(Place(place.permit, of[0], place.row), rows, patient, former=former),
            )
        )
        for (rows, _), of in alike.items()
    )


def rows_sql(place: Place, rows: Rows | None, patient: str | None, *, former: bool = False) -> Sql:
    """Rows → the condition on the row of a place."""
    if rows is None:
        return FALSE
    if rows is ALL:
        return TRUE
    parts = [_patients(place, rows, patient)]
    if rows.writer:
        parts.append(Sql(f"{place.row}.writer = ?", (rows.writer,)))
    if rows.shared is not None:
        parts.append(_shared(place, rows.shared))
    if rows.narrowed:
        parts.append(FALSE if former else _narrowed(place, rows.narrowed))
    parts += [none_of(_blocked(place, block)) for block in rows.blocks]
    return all_of(parts)


def _patients(place: Place, rows: Rows, patient: str | None) -> Sql:
    """That a row belongs to an open patient, or to none and is open all the same."""
    owner = f"{place.row}.patient_id"
    loose = FALSE
    if not patient and rows.loose != "closed":
        loose = Sql(f"{owner} = ''")
        if rows.loose == "own":
            loose = all_of((loose, Sql(f"{place.row}.writer = ?", (rows.me,))))
    if rows.patients is None and rows.related is None:
        if rows.loose == "open":
            return TRUE
        return any_of((Sql(f"{owner} <> ''"), loose))
    parts: list[Sql] = []
    if rows.patients is not None:
        parts.append(among(owner, sorted(rows.patients)))
    if rows.related is not None:
        parts.append(_related(place, rows.related, patient))
    return any_of((all_of(parts), loose))


def _related(place: Place, related: Related, patient: str | None) -> Sql:
    """That the patient has a care relation; a patient that is known is asked for once, not for every row."""
    tenant = (place.tenant,)
    if patient:
        head = Sql(
            "EXISTS (SELECT 1 FROM care_relation g WHERE g.tenant_id = ? AND g.patient_id = ?",
            (*tenant, patient),
        )
    else:
        head = Sql(
            "EXISTS (SELECT 1 FROM care_relation g WHERE g.tenant_id = ?"
            f" AND g.patient_id = {place.row}.patient_id",
            tenant,
        )
    wanted = all_of(
        (
            among("g.organisation", related.organisations),
            among("g.kind", related.kinds),
            Sql("g.starts <= ? AND g.ends > ?", (related.at, related.at)),
        )
    )
    return head + Sql(" AND ") + wanted + Sql(")")


def _shared(place: Place, shared: Shared) -> Sql:
    """That the tenant shares the row's type, and its patient, with the organisation."""
    return Sql(
        "EXISTS (SELECT 1 FROM share s WHERE s.tenant_id = ? AND s.organisation = ? AND s.type IN ('*', ?)"
        f" AND s.patient_id IN ('', {place.row}.patient_id) AND s.purpose IN ('', ?) AND s.starts <= ? AND s.ends > ?)",
        (place.tenant, shared.organisation, place.type, shared.purpose, shared.at, shared.at),
    )


def _narrowed(place: Place, ways: tuple[tuple[Narrowing, ...], ...]) -> Sql:
    """That one of the scopes with conditions covers the row."""
    return any_of(all_of(_holds(place, one) for one in way) for way in ways)


def _holds(place: Place, one: Narrowing) -> Sql:
    values = tuple(TokenValue(system, code) for system, code in one.codes)
    return condition(place, Filter(one.parameter, "token", values))


def _blocked(place: Place, block: Block) -> Sql:
    return Sql(f"{place.row}.patient_id = ?", (block.patient_id,))
