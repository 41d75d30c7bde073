"""The peer: FHIRStarter, an ASGI framework for FHIR servers over FastAPI and fhir.resources, before a plain SQLite store.

No Python FHIR server with a store of its own was found that is kept up (docs/explanation/figures.md); FHIRStarter is what a
Python team would take today, and the store here is the least that does the same work durably: one wide table, one index,
`synchronous=FULL`, one commit for each create. It runs in an environment of its own, see bench/peer.py.
"""

import os
import sqlite3
import sys
import uuid

os.environ.setdefault("FHIR_SEQUENCE", "R4B")

import uvicorn
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.observation import Observation
from fhirstarter import FHIRProvider, FHIRStarter, InteractionContext
from fhirstarter.exceptions import FHIRResourceNotFoundError

STORE = sqlite3.connect(sys.argv[2], isolation_level=None, check_same_thread=False)
STORE.executescript(
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    "CREATE TABLE IF NOT EXISTS observation (id TEXT PRIMARY KEY, patient TEXT, code TEXT, at TEXT, body TEXT);"
    "CREATE INDEX IF NOT EXISTS trend ON observation (patient, code, at);"
)
provider = FHIRProvider()


@provider.create(Observation)
async def create(context: InteractionContext, resource: Observation) -> str:
    """One Observation, stored before the answer."""
    resource.id = str(uuid.uuid4())
    at = resource.effectiveDateTime
    STORE.execute(
        "INSERT INTO observation VALUES (?, ?, ?, ?, ?)",
        (
            resource.id,
            resource.subject.reference,
            resource.code.coding[0].code,
            at.isoformat() if at else "",
            resource.model_dump_json(),
        ),
    )
    return resource.id


@provider.read(Observation)
async def read(context: InteractionContext, id_: str) -> Observation:
    """One Observation by its id."""
    row = STORE.execute("SELECT body FROM observation WHERE id = ?", (id_,)).fetchone()
    if row is None:
        raise FHIRResourceNotFoundError
    return Observation.model_validate_json(row[0])


@provider.search_type(Observation)
async def search(context: InteractionContext, patient: str | None, code: str | None) -> Bundle:
    """A patient's values of one code, oldest first, at most 365."""
    rows = STORE.execute(
        "SELECT body FROM observation WHERE patient = ? AND code = ? ORDER BY at LIMIT 365",
        (f"Patient/{patient}", code),
    )
    entry = [{"resource": Observation.model_validate_json(body)} for (body,) in rows]
    return Bundle(type="searchset", total=len(entry), entry=entry or None)


app = FHIRStarter(title="peer")
app.add_providers(provider)

if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False)
