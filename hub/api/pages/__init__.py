"""The pages for people and the rare endpoints: the one FastAPI app, imported when such a page is first asked for (D8).

Today they exist in development mode only: the kinds of actors that may see them elsewhere come with log-in. Every look at
a patient leaves an entry in the access log before the first byte goes out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException

from hub.api.auth import ACTOR, App, Message, Receive, Scope, Send
from hub.api.body import read_body
from hub.api.errors import to_answer
from hub.api.pages.alert_forms import DONE, Marks
from hub.api.pages.alert_steps import (
    MOST_BYTES,
    Ask,
    check_origin,
    read_form,
    to_request,
    told_in_words,
)
from hub.api.pages.alerts import alert_list
from hub.api.pages.front import front_page
from hub.api.pages.layout import HEADERS, page
from hub.api.pages.message_text import File, attachment, message_text
from hub.api.pages.messages import arrival_list, message_list, message_page
from hub.api.pages.patients import patient_list, patient_page
from hub.api.pages.trend import trend_page
from hub.api.pages.visit import Visit
from hub.api.request_id import request_id_for
from hub.fhir.search.pairs import read_pairs
from hub.fhir.search.params import refuse_national_ids
from hub.html import Html, el, join, link
from hub.policy import Actor
from hub.policy.rights import TRUSTED
from hub.problems import HubError, ProblemCode, fail
from hub.store.form_keys import FormKeys
from hub.store.unit import Store, StoreUnit

View = Callable[[Visit], "tuple[str, Html] | File | None"]
CONFLICT: Final = 412
_WORDS: Final = {
    400: "Adressen kan ikke brukes",
    401: "Du er ikke logget inn",
    403: "Du har ikke tilgang",
    404: "Siden finnes ikke",
    405: "Det går ikke an her",
    503: "Prøv igjen om litt",
}


def build_pages(
    store: Store, base_url: str, now: Callable[[], datetime], ask: Ask, *, development: bool
) -> App:
    """Store, FHIR base URL, time and router → the application for people; outside development it knows no page."""
    desk = _Desk(store, base_url, now, ask, development=development)
    app = FastAPI(title="DHO hub", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_exception_handler(HTTPException, desk.http_error)
    if development:
        _add_routes(app, desk)
        _add_message_routes(app, desk)
    return _SecurityHeaders(app)


class _Desk:
    """Answers one request for a page: who asks, what is read, what goes into the access log."""

    def __init__(
        self,
        store: Store,
        base_url: str,
        now: Callable[[], datetime],
        ask: Ask,
        *,
        development: bool,
    ) -> None:
        self._store = store
        self._base_url = base_url
        self._now = now
        self._ask = ask
        self._keys = FormKeys(store.engine)
        self._development = development
        # One thread reads for all pages: it is not much, and each reading thread keeps a connection.
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="pages")

    async def answer(self, request: Request, view: View) -> Response:
        """A request and what it asks for → the page, once its entries in the access log are durable."""
        request_id = request_id_for(request.headers.get("x-request-id"))
        try:
            pairs = read_pairs(request.url.query, 20)
            _check_path(request.url.path)
            refuse_national_ids(pairs, request.url.path.split("/"))
            return await self._look(request, view, request_id)
        except Exception as error:  # noqa: BLE001 - api/errors.py decides what it is; the page tells nothing of it
            return self.refuse(to_answer(error, request_id).status, request_id)

    async def _look(self, request: Request, view: View, request_id: str) -> Response:
        actor = _actor(request)
        marks = Marks(await self._keys.at(self._now()))

        def read(unit: StoreUnit) -> tuple[tuple[str, Html] | File | None, Visit]:
            path = request.url.path
            visit = Visit(unit, actor, self._now(), self._base_url, path, request_id, marks)
            return view(visit), visit

        loop = asyncio.get_running_loop()
        engine = self._store.engine
        found, visit = await loop.run_in_executor(
            self._reader, lambda: engine.read_now(lambda c: read(StoreUnit(c, {})))
        )
        if visit.seen:

            def log(unit: StoreUnit) -> None:
                for entry in visit.seen:
                    unit.fhir.audit(entry)

            await self._store.write(log)
        if found is None:
            return self.refuse(404, request_id)
        if isinstance(found, File):
            parts = found.parts if request.method == "GET" else iter(())
            return StreamingResponse(parts, media_type=found.media_type, headers=found.headers)
        title, content = found
        done = DONE.get(request.query_params.get("gjort", ""))
        if done is not None:
            content = join(el("p", done, class_="done", role="status"), content)
        return HTMLResponse(page(title, request.url.path, content, banner=self._development))

    async def step(self, request: Request, issue: str, name: str) -> Response:
        """A form about an alert → the page it came from, or one that says why nothing was done."""
        request_id = request_id_for(request.headers.get("x-request-id"))
        headers = dict(request.headers)
        try:
            actor = _actor(request)
            body = await read_body(request.receive, headers, MOST_BYTES)
            form = read_form(name, issue, body)
            try:
                check_origin(headers, Marks(await self._keys.at(self._now())), form)
                await self._ask(to_request(form, actor, self._base_url, self._now(), request_id))
            except HubError as error:
                status = to_answer(error, request_id).status
                return self._not_done(status, form.back, told_in_words(error))
        except Exception as error:  # noqa: BLE001 - as in `answer`
            return self.refuse(to_answer(error, request_id).status, request_id)
        return RedirectResponse(f"{form.back}?gjort={name}", 303)

    def _not_done(self, status: int, back: str, words: tuple[str, ...]) -> Response:
        told = el("div", [el("p", each) for each in words], class_="refused", role="alert")
        content = join(told, el("p", link("Til varslene slik de er nå", back)))
        title = "Noen andre var før deg" if status == CONFLICT else "Det ble ikke gjort"
        return HTMLResponse(page(title, "", content, banner=self._development), status)

    def refuse(self, status: int, request_id: str = "") -> HTMLResponse:
        """A status → the page that says what it means, without a word about why."""
        title = _WORDS.get(status, "Noe gikk galt hos oss")
        told = [el("p", f"Oppgi dette til den som drifter: {request_id}")] if status >= 500 else []
        return HTMLResponse(page(title, "", told, banner=self._development), status)

    async def http_error(self, _: Request, error: Exception) -> HTMLResponse:
        """What the framework refuses (no such route, other methods) → a page like all others."""
        return self.refuse(error.status_code if isinstance(error, HTTPException) else 500)


def _add_routes(app: FastAPI, desk: _Desk) -> None:
    methods = ["GET", "HEAD"]

    @app.api_route("/", methods=methods)
    async def front(request: Request) -> Response:
        return await desk.answer(request, lambda v: ("Oversikt", front_page(v)))

    @app.api_route("/patients", methods=methods)
    async def patients(request: Request) -> Response:
        cursor = request.query_params.get("_cursor")
        return await desk.answer(request, lambda v: ("Pasienter", patient_list(v, cursor)))

    @app.api_route("/patients/{patient_id}", methods=methods)
    async def patient(request: Request, patient_id: str) -> Response:
        return await desk.answer(request, lambda v: patient_page(v, patient_id))

    @app.api_route("/patients/{patient_id}/trend", methods=methods)
    async def trend(request: Request, patient_id: str) -> Response:
        code = request.query_params.get("code", "spo2")
        days = request.query_params.get("days", "")
        return await desk.answer(request, lambda v: trend_page(v, patient_id, code, days))

    @app.api_route("/alerts", methods=methods)
    async def alerts(request: Request) -> Response:
        return await desk.answer(request, lambda v: ("Åpne varsler", alert_list(v)))

    @app.post("/alerts/{issue}/{name}")
    async def step(request: Request, issue: str, name: str) -> Response:
        return await desk.step(request, issue, name)

    _ = (front, patients, patient, trend, alerts, step)


def _add_message_routes(app: FastAPI, desk: _Desk) -> None:
    methods = ["GET", "HEAD"]

    @app.api_route("/messages", methods=methods)
    async def messages(request: Request) -> Response:
        return await desk.answer(request, lambda v: ("Meldinger", message_list(v)))

    @app.api_route("/messages/{name}", methods=methods)
    async def message(request: Request, name: str) -> Response:
        return await desk.answer(request, lambda v: message_page(v, name))

    @app.api_route("/messages/{name}/read", methods=methods)
    async def text(request: Request, name: str) -> Response:
        return await desk.answer(request, lambda v: message_text(v, name))

    @app.api_route("/messages/{name}/attachments/{number}", methods=methods)
    async def attached(request: Request, name: str, number: str) -> Response:
        place = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 0
        return await desk.answer(request, lambda v: attachment(v, name, place))

    @app.api_route("/arrivals", methods=methods)
    async def arrivals(request: Request) -> Response:
        return await desk.answer(request, lambda v: ("Mottatte filer", arrival_list(v)))

    _ = (messages, message, text, attached, arrivals)


class _SecurityHeaders:
    """Puts the security headers on every answer."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI call."""

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *HEADERS]
            await send(message)

        await self._app(scope, receive, send_on)


def _actor(request: Request) -> Actor:
    """A request → who asks. Problems: UNAUTHENTICATED, FORBIDDEN."""
    actor: Actor | None = request.scope.get(ACTOR)
    if actor is None:
        raise fail(ProblemCode.UNAUTHENTICATED, "A log-in is needed")
    if actor.kind not in TRUSTED:
        raise fail(ProblemCode.FORBIDDEN, "The pages are for the development actor")
    return actor


def _check_path(path: str) -> None:
    if "\0" in path:  # no id has it, and PostgreSQL cannot even be asked for one that does
        raise fail(ProblemCode.NOT_FOUND, "There is no such page")
