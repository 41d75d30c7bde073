"""The reference of F1: a FastAPI POST that parses JSON and answers 201, and does nothing else.

It is built the fastest way FastAPI allows (the body read and parsed by hand, a ready Response), so that the ratio is
taken against the strictest reference.
"""

from __future__ import annotations

import sys

import msgspec
import uvicorn
from fastapi import FastAPI, Request, Response

app = FastAPI()


@app.post("/fhir/Observation", status_code=201)
async def create(request: Request) -> Response:
    """A JSON body → 201."""
    msgspec.json.decode(await request.body())
    return Response(status_code=201)


@app.get("/fhir/metadata")
async def metadata() -> Response:
    """Tells that the program is up."""
    return Response(b"{}", media_type="application/json")


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=False, log_level="warning")
