"""The newest observations of each code of one patient, one walk down the series index for each code.

Source: http://hl7.org/fhir/R4/observation-operation-lastn.html.
"""

from __future__ import annotations

from hub.fhir.requests import Stored
from hub.fhir.search.query import Filter, Page, SearchQuery, SortKey, TokenValue, named_patients
from hub.policy import Permit
from hub.store.connection import Connection
from hub.store.search import search

NEWEST = (SortKey("date", "date", descending=True),)


def last_n(connection: Connection, permit: Permit, query: SearchQuery, maximum: int) -> Page:
    """A parsed query with a patient → the newest `maximum` matches of each code, newest first within a code.

    Shape: without a `code` filter, an observation counts under its first coding.
    """
    patients = named_patients(query)
    if len(patients) != 1:
        return Page((), None, 0)
    (patient,) = patients
    tenant = permit.filter.tenant_id
    wanted = next((f for f in query.filters if f.param == "code"), None)
    if wanted is not None:
        codes = [(v.code, v.system) for v in wanted.values if isinstance(v, TokenValue)]
    else:
        codes = connection.execute(
            'SELECT DISTINCT code, system FROM observation_code WHERE tenant_id = ? AND patient_id = ? AND "leading" = 1',
            (tenant, patient),
        ).fetchall()
    found: dict[str, Stored] = {}
    for code, system in codes:
        narrowed = (
            *(f for f in query.filters if f.param != "code"),
            Filter("code", "token", (TokenValue(system, code),)),
        )
        page = search(
            connection,
            permit,
            SearchQuery(query.resource_type, narrowed, maximum, NEWEST),
        )
        for match in page.matches:
            found.setdefault(match.id, match)
    return Page(tuple(found.values()), None, len(found))
