"""Write the pages of docs/reference/ that tables of the code already say: settings, problems, FHIR, search, invariants, message types.

`--check` exits with 1 when a committed page is not what the tables give.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import invariants_page as invariants
import policy_page as policy
import search_page as search

from hub import limits
from hub.api import figures
from hub.emessage.codes.apprec_error_8221 import APPREC_ERROR
from hub.emessage.message_types import MESSAGE_TYPES, MessageType
from hub.emessage.table import table_of
from hub.fhir.models.explain import LARGE, MAX_PROBLEMS, MOST_COUNTED
from hub.fhir.routes import OPERATIONS, ROUTES
from hub.mapping.both_ways.form import Form
from hub.mapping.plo.messages import form_of
from hub.problems import ProblemCode
from hub.settings import TABLE

ROOT: Final = Path(__file__).parent.parent
TARGET: Final = ROOT / "docs" / "reference"
MADE: Final = "<!-- Made by tools/reference_pages.py from the tables of the code; do not edit. -->"

# What each code means and what whoever meets it can do; the rows themselves stand in hub/problems.py
MEANINGS: Final[Mapping[str, str]] = {
    "NOT_JSON": "The body is no JSON, or ends before it is complete. Send one whole JSON object.",
    "NOT_UTF8": "The body is not UTF-8. FHIR knows no other encoding of JSON.",
    "TOO_LARGE": "The body is larger than `HUB_MAX_BODY_BYTES`, or a transaction has too many entries. Send less at a time.",
    "TOO_DEEP": "Objects and arrays are nested too deep. No resource that means something needs as much.",
    "TOO_COSTLY": "The search would take more than the hub spends on one. Narrow it: a patient, a period, fewer includes.",
    "URL_TOO_LONG": "Path and query are longer than `HUB_MAX_URL_BYTES`. Send a long search as a form with `POST [type]/_search`.",
    "HEADERS_TOO_LARGE": "The headers are larger than `HUB_MAX_HEADER_BYTES`.",
    "WRONG_HOST": "The Host header names a server that the hub is not. `HUB_ALLOWED_HOSTS` and the host of `HUB_BASE_URL` are its names.",
    "MALFORMED_HTTP": "What came is no HTTP/1.1 request. The connection is closed.",
    "TOO_SLOW": "The headers or the body did not arrive in time (`HUB_HEADER_SECONDS`, `HUB_BODY_SECONDS`). Nothing was stored.",
    "THROTTLED": "You have as many requests in work as one caller may (`HUB_MAX_PER_CLIENT`), ask oftener than one may"
    " (`HUB_RATE_PER_CLIENT`), or searched for too many persons who are not here. Wait as `Retry-After` says.",
    "DUPLICATE_KEY": "A member stands twice in one object, so that readers could understand it differently.",
    "UNKNOWN_ELEMENT": "FHIR R4 has no such element at this place. Mind the spelling; what is your own goes into an extension.",
    "WRONG_TYPE": "The JSON type is another than the element's: a text for an array, a number in quotes.",
    "REQUIRED_MISSING": "An element that must be there is missing.",
    "BAD_VALUE": "The value is no value of its type: a day that does not exist, an empty array, a malformed id.",
    "BAD_CODE": "The code is not in the value set that FHIR requires here.",
    "INVARIANT": "A rule of the specification that binds several elements is broken; the text begins with its key.",
    "MORE_PROBLEMS": "More is wrong than is told at once. Mend what is listed and send the body again.",
    "WRONG_RESOURCE_TYPE": "The body holds another resource type than the URL names.",
    "UNKNOWN_RESOURCE_TYPE": "The URL names no resource type of FHIR R4. Upper and lower case count.",
    "ID_MISMATCH": "An update must carry the `id` of its URL.",
    "NARRATIVE_UNSAFE": "The narrative holds what could run in a browser. The hub refuses it; it never changes it.",
    "UNKNOWN_SUBJECT": "The resource is about somebody the hub does not know. Create the patient first, or in the same transaction.",
    "UNKNOWN_REFERENCE": "A reference leads to nothing, or in a transaction by its own id to an entry that is created, which gets a new one: give that entry a `fullUrl` (`urn:uuid:…`) and refer to it by that, or PUT it under its id.",
    "SUBJECT_CHANGED": "A new version would belong to another patient. Delete it there and create it here.",
    "TWO_PATIENTS": "The resource points at one patient and at another, or at what belongs to another. Each patient gets a resource of their own.",
    "BUSINESS_RULE": "The request contradicts itself or a rule of the hub; the text says which.",
    "UNKNOWN_PARAMETER": "The search does not know the parameter or its modifier; the text names the valid ones. None is passed over.",
    "BAD_PARAMETER": "A parameter or header has a value that cannot be meant.",
    "NATIONAL_ID_IN_URL": "A fødselsnummer or D-number stands in the URL, where logs would keep it. Use `POST [type]/_search`.",
    "NOT_FOUND": "There is nothing at this address.",
    "GONE": "The resource was deleted. Earlier versions stay readable under `_history/[vid]`.",
    "VERSION_CONFLICT": "Somebody changed the resource since you read it (`If-Match`), or it exists already (`If-None-Match`). Read it and try again.",
    "NO_VERSION_NAMED": "A step on an alert names the version that was seen, in `If-Match` (not `*`): two persons must not take the same alert. Read the alert, then try again.",
    "MULTIPLE_MATCHES": "Several resources match the condition, where one was meant. Add parameters until one is left.",
    "UNRESOLVED_REFERENCE": "A reference by search (`Patient?identifier=…`) in a transaction finds no resource, or several. Nothing was stored.",
    "STILL_REFERENCED": "Other resources refer to the one that was to be deleted; the text names them (`HUB_REFERENTIAL_INTEGRITY`).",
    "ID_TAKEN": "Nothing matches the condition of the update, and the `id` in the body belongs to another resource.",
    "PATCH_INVALID": "The patch is no JSON Patch (RFC 6902) and no FHIRPath Patch; the text says where.",
    "PATCH_FAILED": "The patch cannot be applied to the resource as it is now, or would make it invalid. Nothing was changed.",
    "DUPLICATE": "The same thing is here already.",
    "NOT_ACCEPTABLE": "The hub answers in FHIR JSON and FHIR XML of version 4.0, in UTF-8, see [formats](formats.md); a text with a character that XML cannot carry comes as JSON only.",
    "UNSUPPORTED_MEDIA": "The body must be FHIR JSON or FHIR XML in UTF-8, plain or with gzip; a form for `_search`. `Accept-Patch` and `Accept-Encoding` tell what is taken.",
    "BROKEN_BODY": "The body ended before it was whole, or is not what `Content-Encoding` says.",
    "METHOD_NOT_ALLOWED": "The URL takes other methods; the `Allow` header names them.",
    "NOT_SUPPORTED": "FHIR knows it and the hub does not do it yet.",
    "FORBIDDEN": "You may not do this.",
    "UNAUTHENTICATED": "The request does not show who you are. A token is needed.",
    "TOKEN_EXPIRED": "The token was good and has expired. Ask its issuer for a new one.",
    "XML_STRUCTURE": "The XML is none of FHIR: another namespace, an element out of order or once too often, a text between elements; the place and the line are told.",
    "XML_NOT_WELL_FORMED": "The message or the body is no well-formed XML.",
    "XML_FORBIDDEN": "The message or the body has a DTD, an entity or another construct that is never read. A message goes to quarantine.",
    "SCHEMA_INVALID": "The message breaks the schema of its type.",
    "MESSAGE_TYPE_UNSUPPORTED": "The hub does not read this type of message; the bytes are kept.",
    "FORMAT_FAULT": "The message follows its schema and contradicts its standard otherwise.",
    "MESSAGE_ID_INVALID": "The MsgId is missing or malformed.",
    "RECEIVER_UNKNOWN": "The receiver in the envelope is no service of ours, or does not take this type.",
    "PATIENT_INSUFFICIENT": "The message does not say enough of the patient to find out who it is.",
    "SIGNATURE_INVALID": "The personal signature in the message does not fit what stands in it, or the signer's key.",
    "CERTIFICATE_INVALID": "The signer's certificate was not valid when the message was made, is not meant for signing, or comes from nobody we trust.",
    "CERTIFICATE_REVOKED": "The signer's certificate is on a list of revoked ones.",
    "SIGNATURE_UNREADABLE": "The personal signature is made in a way that the hub does not take: another algorithm, a part of the document, more than one.",
    "PATIENT_UNKNOWN": "The patient has no record here. The hub says so by itself only to an Epikrise, whose standard demands it; for any other message a person decides.",
    "REFUSED": "A person here refuses the message; the text says why.",
    "PATIENT_DOUBTFUL": "The patient is unknown or could be several. The message waits for a person; nothing is created or merged by itself.",
    "SENDER_UNKNOWN": "The envelope names no sender that a receipt could go to. The message goes to quarantine.",
    "NOT_FOR_US": "The message came here although it is addressed to others. It goes to quarantine.",
    "MESSAGE_DUPLICATE": "The same bytes with the same MsgId came before: no import, no new receipt.",
    "MESSAGE_CONFLICT": "A known MsgId came with other content. The bytes are kept, nothing is imported, a person looks.",
    "CONTENT_ODD": "Something is odd and does not stand in the way; it is noted.",
    "NO_RECIPIENT": "The patient's GP, or the GP's address, is not known. A Task asks a person to find it.",
    "OUTPUT_INVALID": "What the hub wanted to send is not valid. It is not sent; this is a fault to report.",
    "INTERNAL": "The hub failed. Nothing was stored; the request id leads to the log.",
    "BUSY": "The store cannot take the change now (locked or full). Nothing was stored; try again.",
    "OVERLOADED": "As many requests wait as may. Nothing was begun; try again as `Retry-After` says.",
    "TIMED_OUT": "The work took longer than `HUB_REQUEST_SECONDS`. A change may have been stored: read before you repeat it.",
    "OUTCOME_UNKNOWN": "The connection to the database broke while a change was being stored, and the database cannot be"
    " asked what became of it. Look whether the change is there before you send it again.",
    "OUTBOUND_REFUSED": "The hub was about to call a host it has not been told of, or one that leads inside. It called nobody; somebody has"
    " to look at what asked for it.",
    "UNREACHABLE": "The other side cannot be reached now. The hub tries again by itself.",
}
BLAME: Final = {"theirs": "the sender", "ours": "the hub", "nobody": "nobody: it passes"}
RECEIPTS: Final = {"1": "1 OK", "2": "2 rejected", None: "none"}

# interaction → (what it does, statuses)
INTERACTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "capabilities": ("What this hub can do, made from the same tables as this page", "200"),
    "transaction": (
        "A transaction: all entries or none, in the order DELETE, POST, PUT and PATCH, GET; links are resolved. A batch: each on its own",
        "200",
    ),
    "create": (
        "A new resource under an id of the hub's; with `If-None-Exist` only when nothing matches it",
        "201, 200 with `If-None-Exist`",
    ),
    "search": (
        "A page of matches, see [search](search.md); `_search` takes a form and keeps the values out of the URL",
        "200",
    ),
    "read": (
        "The current version; `If-None-Match` and `If-Modified-Since` save the body",
        "200, 304, 404, 410",
    ),
    "update": (
        "The next version, or the first under an id of yours; `If-Match` and `If-None-Match` guard it",
        "200, 201, 412",
    ),
    "patch": (
        "JSON Patch (`application/json-patch+json`) or FHIRPath Patch (a Parameters resource); the result is checked like an update",
        "200, 404, 410, 412, 422",
    ),
    "delete": ("A tombstone; earlier versions stay; what never was is deleted as well", "204, 412"),
    "history": (
        "All versions, deletions too, newest first; `_since`, `_at`, `_count`. That of the system leaves the access log out",
        "200, 404",
    ),
    "vread": ("One version", "200, 304, 404, 410"),
}


# A route that its interaction alone does not tell: (method, shape) → (what it does, statuses)
ROUTE_WORDS: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("PUT", "[type]"): (
        "Conditional update, `?` and search parameters: the one match gets its next version; without a match a new resource",
        "200, 201, 412",
    ),
    ("PATCH", "[type]"): (
        "Conditional patch, `?` and search parameters: the one match is patched",
        "200, 404, 412, 422",
    ),
    ("POST", "[type]/$validate"): (
        "Every problem of the resource in the body (or in Parameters), nothing is stored; `mode`, no `profile` yet",
        "200",
    ),
    ("POST", "[type]/[id]/$validate"): (
        "The same for a version to come, or without a body of what is stored; mode `delete` asks whether it is there",
        "200",
    ),
    ("DELETE", "[type]"): (
        "Conditional delete, `?` and search parameters: what matches is deleted",
        "204, 412",
    ),
}


def settings_page() -> str:
    """The table of settings → its page."""
    rows = [(f"`{s.name}`", f"`{s.default}`" if s.default else "", s.meaning) for s in TABLE]
    return _page(
        "Settings",
        "Read once, from the environment, when a command starts; an empty setting is one that is not set. A setting that cannot"
        " be used stops the start, with one message that names all of them. A `HUB_` name that is not listed here is warned of.",
        _table(("setting", "default", "meaning"), rows),
    )


def limits_page() -> str:
    """The table of limits → its page."""

    def beyond(row: limits.Limit) -> str:
        if row.answer is None:
            return "nothing is refused"
        name = row.answer.name.lower().replace("_", "-")
        return f"{row.answer.row.http} [{name}](problems.md#{name})"

    rows = [
        (
            f"`{row.setting}`",
            f"{limits.DEFAULTS[row.field]}",
            f"{row.low} to {row.high} {row.unit}",
            row.meaning,
            beyond(row),
        )
        for row in limits.TABLE
    ]
    return _page(
        "Limits",
        "What may be asked of the hub at once, and how long it may take. All of it is read from the environment when the hub"
        " starts; a value outside its range stops the start.",
        _table(("setting", "default", "range", "what it bounds", "beyond it"), rows),
        f"Fixed: what is wrong with a refused body is looked for until {MOST_COUNTED} problems are found, of which {MAX_PROBLEMS} are"
        f" told; refused bodies above {LARGE} bytes are looked at one at a time, and another one meanwhile is 503"
        " ([overloaded](problems.md#overloaded)). A transaction tells about 1000 problems and passes over the entries behind them; a"
        " batch shares 1000 out to its entries, ten to each at least. A search that"
        " names no patient and is sorted by another key first than `_id`, `_lastUpdated` and `date` compares all its matches, within"
        " `HUB_QUERY_SECONDS`.",
    )


def metrics_page() -> str:
    """The table of figures → its page."""
    rows = [
        (f"`{row.name}`", row.kind, ", ".join(f"`{each}`" for each in row.labels), row.meaning)
        for row in figures.TABLE
    ]
    return _page(
        "Probes and metrics",
        "None of these needs a log-in, waits behind other requests or tells anything personal; keep them from the outside by"
        " the proxy in front.",
        _table(
            ("path", "answers"),
            (
                ("`/live`", "200 as long as the process answers at all. For a liveness probe."),
                (
                    "`/ready`",
                    (
                        "200 or 503 with the reasons: the hub is stopping, its worker is not begun or has ended, the database does"
                        " not answer, takes no changes (its disk is full, say) or stands at another schema. For a readiness probe and for load balancers."
                    ),
                ),
                (
                    "`/health`",
                    (
                        "200 or 503 with what does not work in words, and how much waits. For people: what is out of order here,"
                        " a file drop for instance, is seldom mended by a new start."
                    ),
                ),
                ("`/metrics`", "The figures below, as Prometheus reads them."),
            ),
        ),
        f"Buckets of histograms, in seconds: {', '.join(f'{each:g}' for each in figures.BUCKETS_S)}. The label `interaction` is a"
        " FHIR interaction or operation, `page` for pages for people, `unknown` where a URL means nothing. Figures of the store"
        " are the same in every process of one database: take the maximum, not the sum.",
        _table(("name", "kind", "labels", "meaning"), rows),
    )


def problems_page() -> str:
    """The table of problems → its page, one heading for each code."""
    head = (
        "A FHIR answer carries the code in lower case with hyphens, in `issue.details.coding` of its OperationOutcome, and the"
        " place in `issue.expression`. E-messages are answered by a receipt (AppRec) with the code of list 8221 named here."
    )
    parts = [head]
    for code in ProblemCode:
        row = code.row
        apprec = f"{row.apprec} ({APPREC_ERROR.names[row.apprec]})" if row.apprec else "none"
        facts = [
            ("HTTP status", str(row.http)),
            ("FHIR issue type", f"`{row.issue}`"),
            ("to blame", BLAME[row.blame]),
            ("receipt", f"{RECEIPTS[row.receipt]}; error code {apprec}"),
            ("the same again may go well", "yes" if row.retry else "no"),
            ("ends the work on the input", "yes" if row.fatal else "no"),
        ]
        listed = "\n".join(f"- {name}: {value}" for name, value in facts)
        parts.append(
            f"## {code.name.lower().replace('_', '-')}\n\n{MEANINGS[code.name]}\n\n{listed}"
        )
    return _page("Problems", *parts)


def fhir_page() -> str:
    """The table of routes → its page."""
    rows = [
        (
            r.method,
            f"`/fhir/{r.shape}`".replace("/`", "`"),
            r.action,
            *(ROUTE_WORDS.get((r.method, r.shape)) or INTERACTIONS[r.action]),
        )
        for r in ROUTES
    ]
    operations = [
        (" ".join(row.methods), f"`/fhir/{kind}/{one}{name}`", row.definition)
        for (kind, name), row in OPERATIONS.items()
        for one, there in (("", row.on_type), ("[id]/", row.on_one))
        if there is not None
    ]
    return _page(
        "FHIR interface",
        "FHIR R4 (4.0.1) as JSON and XML, see [formats](formats.md); base path `/fhir`. `HEAD` is answered wherever `GET` is. What is refused is told by an"
        " OperationOutcome, see [problems](problems.md).",
        _table(
            ("method", "path", "interaction", "what it does", "statuses when it goes well"), rows
        ),
        "## Operations",
        _table(("method", "path", "definition"), operations),
        "The hub's own operations are defined by `GET /fhir/OperationDefinition/[id]`, with the last part of their URL as id; what"
        " they do with alerts stands under [alerts](alerts.md). They change things: a POST with `If-Match` and, where there is"
        " something to tell, a Parameters resource.",
        _table(
            ("operation", "what it does", "parameters (*: needed)"),
            [
                (
                    f"`{kind}/[id]/{name}`",
                    row.title,
                    ", ".join(
                        f"`{p.name}` {p.type}{'*' if p.minimum else ''}"
                        for p in row.parameters
                        if p.use == "in"
                    )
                    or "none",
                )
                for (kind, name), row in OPERATIONS.items()
                if row.title
            ],
        ),
        "## What is kept",
        "A body is stored byte for byte, with `id` and `meta` put in: decimals keep their digits. An id in the body of a create"
        " is not used. Where a patch or a part writes a body anew, digits and precision stay, and an exponent may be written otherwise"
        " (`0.000000010` as `1.0E-8`). Every access leaves an AuditEvent in the same commit; a search leaves one for each patient in its page.",
        "Links between the entries of a transaction are replaced where a reference, an element of type uri, url, oid or uuid, or a"
        " link or picture of the narrative is exactly the `fullUrl` of another entry; canonicals, texts and identifiers stay, and so"
        " does the canonical URL of a resource that is its `fullUrl`. A reference to a version of an entry leads to the first version"
        " of what is new, and to the resource otherwise. `metadata` takes `_summary` and `_elements`, and is the same for every `mode`.",
        "## Not taken",
        "FHIR allows what this hub refuses, because every row has one patient who is known: a reference of the subject to a Patient"
        " who is not here ([unknown-subject](problems.md#unknown-subject)), an Observation without a subject or with one that is"
        " contained in it, a resource that refers to a second patient or to what belongs to one"
        " ([two-patients](problems.md#two-patients); `Patient.link` may), and a version that moves to another patient. `$validate` asks"
        " the specification alone, not who is here. A narrative has no scripts, forms or styles that load, links of known schemes"
        " (http, https, ftp, mailto, tel, urn, cid, pictures as data) and something in it. A reference is `[type]/[id]`, `#[id]`, a"
        " `urn:uuid:` or `urn:oid:`, or another absolute URL that is no urn. A `fullUrl` says what the resource in its entry says of itself."
        " A text may be longer than the 1,048,576 characters that FHIR gives it: the limit of the body bounds it.",
        "## Not supported",
        "`_list` and `_sort` on a history; XML Patch; FHIRPath beyond that of a patch (ADR 0014); references by search"
        " outside transactions; asynchronous answers (`Prefer: respond-async`). A history tells a first version as a POST and a"
        " patch as a PUT; that of the system leaves the access log out, and one of several pages has no `total`. Several matches of a conditional delete are refused unless"
        " `HUB_CONDITIONAL_DELETE=multiple`.",
        "Further: operations but those above (`$versions` too), `OPTIONS` but for other origins, subscriptions, bulk export, validation against profiles, `$meta` and terminology"
        " operations; a create with parameters in its URL (send `If-None-Exist`; of a Binary, `_filename` and other names that no search"
        " knows are passed over, but with `Prefer: handling=strict`); `$lastn` of several patients at once;"
        " `GET …/_search` but for the links of a posted search (R4 has `POST` there); `_summary=count` and `_total` on a history"
        " (`_count=0` counts); a relative reference to another entry of a transaction from one whose `fullUrl` gives it no root: where"
        " it is the own id of an entry that is created it is refused ([unknown-reference](problems.md#unknown-reference)), since that"
        " id is given up, and elsewhere it means what is here; a parameter with nothing behind its `=`, but for `_format` and `_pretty`;"
        " Turtle; `_totalMethod` and other dialects of single servers. AuditEvent is written by the hub alone, and found by what"
        " [search](search.md#auditevent) lists, with the modifiers told there: a search over all types"
        " answers only what it answers too, or names the others in `_type`. What the search refuses stands under [not answered](search.md#not-answered), how far each number goes under"
        " [limits](limits.md).",
    )


def search_page() -> str:
    """The tables of the search → its page."""
    heads = ("parameter", "type", "modifiers, where not all of its type", "leads to, or is made of")
    parts: list[str] = []
    for title, rows in search.sections():
        parts += [f"### {title}", _table(heads, rows)]
    return _page(
        "Search",
        "`GET [type]?…`, or `POST [type]/_search` with a form. All search parameters of FHIR R4 are answered but for those listed at"
        " the end.",
        search.LIMITS,
        "## Values",
        search.KINDS,
        _table(("type", "modifiers", "prefixes"), search.rows_of_kinds()),
        "## Chains",
        search.CHAINS,
        "## Compartments and the system",
        search.compartments(),
        "## Results",
        search.RESULTS,
        "National identifiers are refused in URLs: send them as a form with `POST [type]/_search`. Eleven digits are taken for"
        " one wherever they could be; in a telephone number, a code or a measured value only if their check digits hold, and never behind a `+`.\n\n"
        "The links of a posted search are followed with GET like all others, by any client: `[type]/_search?_form=…&_count=…&_cursor=…`. `_form` is the form, sealed:"
        " encrypted and authenticated by the hub, so that no value of it stands in a URL or a log, and never the same twice; so is what `_cursor` says of the row a page starts behind. It is taken from the same tenant at the"
        " same path alone, with `_count`, `_format`, `_pretty` and `_cursor` beside it and nothing else; otherwise it is 400 (`bad-parameter`). What may be seen is decided anew on"
        " each page, and the access log tells the search as that of the form. A link may also be posted with its form again, and must be when it has no `_form`:"
        " then the form was too long for [a URL](limits.md).\n\n"
        "Pages follow the `next` link, whose `_cursor` is sealed: changed, made up, or put into another search or by another"
        " tenant it is 400 (`bad-parameter`). It says where a page starts, never what may be seen. The key lies in the database"
        " (`hub_flag`, `page-key`), so that all processes agree and a link outlives a restart; take the row away and restart, and"
        " links given before are void.",
        "`previous` leads back to the page that was there before, from any page and as cheaply; `first` to the first. There is no"
        " `last` link, because a page starts behind a row and has no number. What was there when the first page was read comes exactly once, whatever is written"
        " meanwhile; only what is changed in the value that is sorted by may come twice or not at all.",
        "## Not answered",
        _table(("parameter", "types", "why"), search.rows_of_refused()),
        "## Parameters of each type",
        *parts,
    )


def invariants_page() -> str:
    """The rules of the models → invariants.md."""
    rows = [*invariants.tested()]
    return _page(
        "Invariants",
        f"What FHIR R4 asks of several elements at once, of severity error: {len(rows)} rules of {len({r[0] for r in rows})} structs"
        " are tested by the first tier of validation ([how](../explanation/validation.md)), under the key that the answer names."
        " Warnings of the specification are not told. `translated` rules are made from the specification's FHIRPath; a key that"
        " is not of the specification (`by hand`) stands for a rule of its text.",
        _table(("struct", "key", "rule", "how"), rows),
        "## Tested for every resource",
        _table(("keys", "where"), invariants.elsewhere()),
        "## Not tested",
        _table(("key", "why"), invariants.not_tested()),
    )


def message_types_page() -> str:
    """The table of message types → its page."""

    def does(row: MessageType) -> str:
        words = [word for word, true in (("receives", row.receives), ("sends", row.sends)) if true]
        return ", ".join(words) or "T10"

    rows = [
        (
            f"`{r.type}`" if r.type else "any",
            r.title,
            r.standard,
            does(r),
            f"AppRec {r.app_rec}",
            f"`{r.namespace}`",
        )
        for r in MESSAGE_TYPES
    ]
    return _page(
        "Message types",
        "Norwegian e-messages by type and namespace of the payload. `T10`: the bytes are kept and the receipt says that the hub"
        " does not read this type, in the receipt version that the type demands. Receipts themselves (AppRec 1.0 and 1.1) are"
        " read and never answered.",
        _table(("type", "title", "standard", "the hub", "receipt", "namespace"), rows),
    )


def policy_page() -> str:
    """The tables of the policy → who may do what."""
    return _page(
        "Who may do what",
        policy.GATES,
        policy.NEEDS,
        "## Kinds of actors and types",
        _table(*policy.matrix()),
        policy.notes(),
        "## Care relations",
        "Dated facts, kept with `hub relations` or stated by EpisodeOfCare, CareTeam and Patient.generalPractitioner; what"
        " has ended opens nothing from that moment on.",
        _table(("actor", "a patient is open by"), policy.relations()),
        "## What each route asks for",
        _table(("route", "interaction", "letter"), policy.routes()),
        "## What the hub's own jobs and commands may do",
        policy.JOBS_TOLD,
        _table(("job", "serves", "sees", "creates", "updates"), policy.jobs()),
        _table(("command", "sees", "creates", "updates"), policy.commands()),
    )


PLO_INTRODUCTION = """\
Every PLO message of 1.6 and 1.5 becomes one Communication (the message), one Composition (what it says, section by section)
and the resources its sections name, and is written again from them. The tables below are read both ways. `@name` is an
extension of ours, `https://dho-hub.example/fhir/StructureDefinition/dho-plo-` followed by the name, on the element before
it; `→ Type` follows a reference. Nothing of a payload is left behind. Persons and organisations (`fk1`) are contained as
RelatedPerson, PractitionerRole with Practitioner, and Organization.

What FHIR writes otherwise than the sender did (a zone of a date, a clock without a day, an empty text) stands beside the
value as `dho-as-written`; it is believed only while it still says the same as the value, so a changed value wins.
What FHIR needs beside that follows from the message (status, category, subject, narrative) and is not read back; but
`Encounter.period` and `hospitalization.dischargeDisposition`, once changed by hand, move the event they were worked out from.
"""


def plo_mapping_page() -> str:
    """Nothing → the page on what of PLO stands where in FHIR."""
    return _page("PLO and FHIR, element by element", PLO_INTRODUCTION, "\n".join(_plo_messages()))


def _plo_messages() -> Iterator[str]:
    blocks: dict[str, dict[str, str]] = {}
    done: set[type] = set()
    for row in MESSAGE_TYPES:
        cls = row.payload
        if not row.standard.startswith("PLO") or cls is None or cls in done:
            continue
        done.add(cls)
        types = [r for r in MESSAGE_TYPES if r.payload is cls]
        names = ", ".join(dict.fromkeys(f"`{r.type}`" for r in types))
        standards = ", ".join(dict.fromkeys(r.standard for r in types))
        yield f"## {row.root} ({standards})\n\n{names}\n"
        yield _table(("element", "FHIR"), _plo_rows(form_of(cls), cls, blocks)) + "\n"
    yield "## Blocks\n"
    for name in sorted(blocks):
        yield f"### {name}\n\n{_table(('element', 'FHIR'), sorted(blocks[name].items()))}\n"


def _plo_rows(
    form: Form, cls: type, blocks: dict[str, dict[str, str]]
) -> Iterator[tuple[str, str]]:
    """The elements of a message, and what is inside them noted once for all messages."""
    told = [pair for line in form.lines for pair in line.told()]
    for element in (field.kinds[0][0] for field in table_of(cls).fields):
        inside = {n.removeprefix(f"{element}/"): path for n, path in told if n != element
                  and n.partition("/")[0] == element}  # fmt: skip
        if inside:
            blocks.setdefault(element, {}).update(inside)
            yield element, f"[block](#{element.lower()})"
        for name, path in told:
            if name == element:
                yield element, path


PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "settings.md": settings_page,
    "limits.md": limits_page,
    "metrics.md": metrics_page,
    "problems.md": problems_page,
    "fhir.md": fhir_page,
    "search.md": search_page,
    "invariants.md": invariants_page,
    "message-types.md": message_types_page,
    "plo-mapping.md": plo_mapping_page,
    "policy.md": policy_page,
}


def _page(title: str, *parts: str) -> str:
    return "\n\n".join((f"# {title}", MADE, *parts)) + "\n"


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [[*heads]]
    lines += [[cell.replace("|", "\\|") for cell in row] for row in rows]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> int:
    """Command line → exit status."""
    stale = [
        name
        for name, render in PAGES.items()
        if not (TARGET / name).exists() or (TARGET / name).read_text() != render()
    ]
    if "--check" in sys.argv:
        if stale:
            print(f"not what the tables give: {', '.join(stale)}; run tools/reference_pages.py")
        return 1 if stale else 0
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, render in PAGES.items():
        (TARGET / name).write_text(render())
    print(f"wrote {len(PAGES)} pages to docs/reference")
    return 0


if __name__ == "__main__":
    sys.exit(main())
