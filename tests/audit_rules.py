"""Each sentence of the standard on auditing that asks for something, and the tests that show it held; what is not built says so.

`python -m tests.audit_rules` writes the table into docs/reference/audit.md; tests/test_audit_rules.py holds it.
Source: security/audit.md §1-§6; fhir-no/audit-consent.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from hub.policy.retention import RULES as PERIODS
from tests.proved import ROOT, Proved

PAGE: Final = ROOT / "docs/reference/audit.md"
KEPT: Final = ROOT / "docs/reference/retention.md"
MARKS: Final = {
    PAGE: ("<!-- rules: written by tests/audit_rules.py -->", "<!-- end of rules -->"),
    KEPT: ("<!-- retention: written by tests/audit_rules.py -->", "<!-- end of retention -->"),
}
LOG: Final = "tests/functional/test_access_log.py::"
MESSAGES: Final = "tests/functional/test_logged_messages.py::"
CITIZEN: Final = "tests/security/test_citizens_log.py::"
CHAIN: Final = "tests/contract/test_audit_chain.py::"
KEEP: Final = "tests/contract/test_retention.py::"
RIGHTS: Final = "tests/contract/test_table_rights.py::"
ROLES: Final = "tests/contract/test_row_security.py::"
QUIET: Final = "tests/functional/test_nothing_personal_in_logs.py::"
ELSEWHERE: Final = "tests/security/test_marks_elsewhere.py::"
REFUSED: Final = "tests/security/test_refusals_in_the_log.py::"
MORE: Final = "tests/security/test_nobody_sees_more.py::"
CLI: Final = "tests/unit/cli/test_audit_and_relations.py::"
STATED: Final = "tests/functional/test_stated_relations.py::"
SHAPE: Final = "tests/unit/mapping/test_audit_to_trust_framework.py::"
TELL: Final = "tests/unit/mapping/test_audit_to_citizen.py::"
STORE: Final = "tests/unit/store/test_audit_shape.py::"
FACTS: Final = "tests/unit/store/test_audit_facts.py::"
DOORS: Final = "tests/security/test_doors.py::"
ENTRANCE: Final = "tests/functional/test_every_entrance_is_decided.py::"
START: Final = "tests/functional/test_start_in_the_log.py::"


RULES: Final = (
    Proved("1 streams", "Access log (A), security log (B) and technical log (C) are apart: A by tenant, B the hub's own (tenant 0), C standard error", (f"{REFUSED}test_a_refused_token_leaves_an_entry_without_the_token", f"{START}test_each_start_is_in_the_hubs_own_log", f"{QUIET}test_no_line_no_figure_and_no_header_holds_a_mark")),
    Proved("1 table and credential", "A and C share no file, table or credential", gap="in part: B shares A's table under a tenant of its own, kept apart by row security; C is written to standard error, with no credential at all"),
    Proved("1 readers", "A is read by the privacy officer of the same tenant, and nobody else by default", (f"{CITIZEN}test_nobody_else_gets_it", f"{CITIZEN}test_the_officer_of_another_tenant_gets_nothing", f"{CITIZEN}test_a_person_of_the_municipality_with_the_role_gets_it_of_its_own_patients")),
    Proved("1 fail closed", "If A cannot be written, nothing is disclosed and nothing changed: the same transaction, for reads before the first byte", (f"{LOG}test_a_read_is_answered_only_when_it_can_be_logged", f"{MESSAGES}test_a_message_whose_entry_cannot_be_written_is_not_taken_in", f"{KEEP}test_a_removal_whose_entry_cannot_be_written_takes_nothing_away")),
    Proved("1 retention", "Each stream has its period, set by tenant", ("tests/unit/policy/test_retention.py::test_the_defaults_keep_the_log_five_years_and_the_bytes_of_messages_for_ever", "tests/unit/policy/test_retention.py::test_an_operator_sets_periods_for_all_or_for_one_tenant")),
    Proved("2 who", "Who: the issuer's id, name, role, HPR; the system; the organisation, parent and child", (f"{STORE}test_an_entry_says_who_for_whom_by_what_system_and_why", f"{LOG}test_each_event_says_who_when_why_and_for_which_request")),
    Proved("2 whose and what", "Whose record and what: type, id and version, not the content", (f"{LOG}test_each_interaction_on_a_resource_is_logged_with_its_version_and_patient", f"{MESSAGES}test_a_message_that_is_taken_in_is_logged_as_it_came_and_as_it_was_decided_on")),
    Proved("2 when and where from", "When (UTC, ms, the server's clock) and the network address", (f"{STORE}test_an_entry_says_when_in_utc_and_from_where", f"{STATED}test_the_privacy_officer_searches_the_log_by_who_what_and_where_from")),
    Proved("2 basis", "The basis: purpose, and the reason of the Permit", (f"{STORE}test_an_entry_says_who_for_whom_by_what_system_and_why",)),
    Proved("2 decision reference", "The decision's id and text, and whether a person chose it", gap="not built: the structured statement of care in tokens is not read yet (it comes with SMART)"),
    Proved("2 refused", "Failed and refused attempts are logged", (f"{LOG}test_what_was_refused_of_a_record_is_logged_with_whose_it_is", f"{MORE}test_every_refusal_of_somebody_elses_resource_is_in_the_log_with_its_patient", f"{CITIZEN}test_a_refused_look_is_in_the_log_of_the_one_it_was_about")),
    Proved("2 protected", "The log is protected against change and deletion", (f"{CHAIN}test_the_hub_itself_cannot_change_the_log", f"{ROLES}test_the_access_log_cannot_be_changed_or_emptied")),
    Proved("2 reviewable", "It can be searched by who, what, when, outcome and where from", (f"{STATED}test_the_privacy_officer_searches_the_log_by_who_what_and_where_from",)),
    Proved("2 citizen", "It is told to the patient in Norwegian: a name, a role, an organisation, a time, a reason; no number of the practitioner's", (f"{CITIZEN}test_the_officer_gets_lines_and_entries_with_names_and_without_numbers", f"{TELL}test_a_line_holds_no_number_of_the_practitioner_and_no_address", f"{MESSAGES}test_the_patient_is_told_who_got_what_in_words")),
    Proved("2 employees", "Employees have insight in the log about themselves", (f"{STATED}test_the_privacy_officer_searches_the_log_by_who_what_and_where_from",)),
    Proved("3 common", "recorded, outcome, source with observer and site, HTEST on test data", (f"{STORE}test_entries_on_a_synthetic_database_are_marked", f"{LOG}test_each_event_says_who_when_why_and_for_which_request")),
    Proved("3.1 agents", "The client's and the server's roles by interaction", (f"{STORE}test_the_parts_of_client_and_hub_follow_the_interaction",)),
    Proved("3.1 token", "The token by its jti, never the token", (f"{STORE}test_an_entry_says_who_for_whom_by_what_system_and_why", "tests/security/test_tokens.py::test_refusals_are_logged_without_a_value_of_the_token")),
    Proved("3.2 patient", "Exactly one patient entity per event, one event per patient of a result", (f"{LOG}test_a_search_is_logged_once_for_each_patient_in_its_page", "tests/functional/test_history.py::test_each_history_that_is_read_is_logged_for_each_patient_in_it")),
    Proved("3.2 request", "X-Request-Id, and the query of a search in base64", (f"{LOG}test_each_event_says_who_when_why_and_for_which_request", f"{LOG}test_a_search_is_logged_once_for_each_patient_in_its_page")),
    Proved("3.2 empty", "An empty result: one query event without a patient", (f"{LOG}test_an_empty_search_is_logged_without_a_patient",)),
    Proved("3.3 Norwegian shape", "One stored event serves the Norwegian profile too, by a mapper on export", (f"{SHAPE}test_it_names_the_practitioner_the_unit_the_legal_entity_and_the_place", f"{SHAPE}test_it_says_whose_record_what_was_seen_and_why", f"{SHAPE}test_a_system_that_acts_alone_has_a_role_without_a_practitioner")),
    Proved("3.3 care relation", "Extensions for the encounter and for the decision behind an access", gap="not built: no token brings them (as §2, decision reference)"),
    Proved("3.3 AuthZ", "Decisions with consent or blocking in BALP's AuthZ pattern", gap="not built: no blocks and no consents decide anything yet"),
    Proved("3.4.1", "read, vread, history, search, with everybody who is included", (f"{LOG}test_each_interaction_on_a_resource_is_logged_with_its_version_and_patient", f"{LOG}test_who_is_only_included_is_in_the_log_too")),
    Proved("3.4.2", "create, update, patch, delete, for each entry of a Bundle", (f"{LOG}test_each_entry_of_a_transaction_is_logged", "tests/functional/test_batch.py::test_each_entry_leaves_its_own_trace")),
    Proved("3.4.3", "A message received, verified, mapped, delivered, rejected: its type, its id, the digest of its bytes", (f"{MESSAGES}test_a_message_that_is_taken_in_is_logged_as_it_came_and_as_it_was_decided_on", f"{MESSAGES}test_a_message_that_is_not_taken_in_is_logged_with_what_became_of_it", f"{MESSAGES}test_the_same_bytes_again_and_other_bytes_are_logged_as_that")),
    Proved("3.4.4", "Subscriptions created, delivered, failed", gap="not built: subscriptions are stored (and that is logged) and not delivered"),
    Proved("3.4.5", "Break-glass opened, used, closed", gap="not built: no grant exists"),
    Proved("3.4.6", "An access that a block stopped", gap="not built: no blocks exist"),
    Proved("3.4.7", "A refusal by tenant, relation or scope; floods are counted", (f"{MORE}test_every_refusal_of_somebody_elses_resource_is_in_the_log_with_its_patient", f"{REFUSED}test_a_flood_is_counted_and_the_count_is_told_later")),
    Proved("3.4.8", "Log-ins, refused tokens, proofs shown again: User Authentication, in the hub's own log", (f"{REFUSED}test_a_refused_token_leaves_an_entry_without_the_token", "tests/security/test_token_endpoint.py::test_who_got_a_token_and_who_did_not_is_in_the_hubs_own_log")),
    Proved("3.4.9", "Consents created, changed, withdrawn, by version", (f"{LOG}test_each_interaction_on_a_resource_is_logged_with_its_version_and_patient",)),
    Proved("3.4.10", "What an operator looks at, replays and matches: in the operator's name, per patient, in the tenant's log", (f"{ENTRANCE}test_each_command_on_the_database_writes_into_the_access_log", "tests/unit/cli/test_logged_commands.py::test_a_list_is_logged_for_each_patient_on_it_in_the_tenants_own_log")),
    Proved("3.4.10 reason", "A reason is mandatory for an operator who shows a message or decides about it (not for the list, which shows no content); on synthetic data it may be left out", ("tests/unit/cli/test_messages.py::test_on_data_of_real_people_nothing_is_shown_or_decided_without_a_reason", "tests/unit/cli/test_messages.py::test_the_reason_stands_in_the_access_log")),
    Proved("3.4.11", "Clients changed, the hub started, in which mode and with which settings: in the hub's own log", ("tests/unit/cli/test_logged_commands.py::test_who_may_ask_is_changed_in_the_hubs_own_log", f"{START}test_each_start_is_in_the_hubs_own_log", f"{START}test_other_settings_have_another_digest_and_the_database_is_no_part_of_it")),
    Proved("3.4.12", "The log read or exported", (f"{CITIZEN}test_the_look_at_the_log_is_in_the_log", f"{CLI}test_a_patient_is_told_who_looked_and_the_look_itself_is_in_the_log")),
    Proved("3.4.13", "What the retention took away: the rule and how many", (f"{KEEP}test_old_entries_go_by_segments_and_the_log_tells_of_it_and_holds", f"{KEEP}test_bytes_go_where_an_operator_says_so_and_never_of_what_waits")),
    Proved("3.4.14", "What was disclosed to others, with the recipient", (f"{MESSAGES}test_a_message_that_is_taken_in_is_logged_as_it_came_and_as_it_was_decided_on", f"{MESSAGES}test_the_patient_is_told_who_got_what_in_words")),
    Proved("4 append-only", "INSERT and SELECT alone, by grants and a trigger; the retention by another role", (f"{CHAIN}test_the_hub_itself_cannot_change_the_log", f"{ROLES}test_neither_role_may_touch_the_log_the_guards_or_who_may_ask", f"{RIGHTS}test_every_right_is_one_to_a_table_that_there_is")),
    Proved("4 chain", "A hash chain per tenant; a verify command", (f"{CHAIN}test_a_log_that_nobody_touched_holds", f"{CHAIN}test_what_was_changed_or_taken_away_is_told", f"{CHAIN}test_entries_of_one_commit_follow_each_other_too", f"{CLI}test_a_log_that_was_changed_is_told_with_exit_status_1", "tests/contract/test_tampering.py::test_every_way_to_change_the_log_is_told", "tests/contract/test_upgrade.py::test_a_change_is_told_in_entries_of_before_and_of_now", f"{FACTS}test_what_a_hash_covers_stays_what_it_was")),
    Proved("4 anchor", "Every hour the head goes where the application cannot write", (f"{KEEP}test_each_log_tells_every_hour_where_it_stands", f"{CHAIN}test_an_end_that_is_missing_is_told_by_what_was_noted_elsewhere")),
    Proved("4 segments", "Retention deletes whole closed segments, whose last hash is kept", (f"{CHAIN}test_the_retention_takes_whole_segments_and_the_chain_goes_on", f"{KEEP}test_a_log_that_does_not_hold_is_left_and_told")),
    Proved("4 clock", "The server's clock alone", (f"{STORE}test_an_entry_says_when_in_utc_and_from_where",)),
    Proved("4 API", "Read and search alone; POST, PUT, PATCH, DELETE are refused", (f"{LOG}test_nobody_writes_the_access_log_through_the_api", f"{CITIZEN}test_nobody_writes_changes_or_takes_from_the_log")),
    Proved("5 pseudonyms", "Patients in B and C by a keyed pseudonym", gap="not needed: B and C name no patient at all, not by a pseudonym either"),
    Proved("5 logger", "One logger with named events; nothing of a person in any line", ("tests/unit/test_log.py::test_every_event_is_logged_with_its_name_and_level", f"{QUIET}test_no_line_no_figure_and_no_header_holds_a_mark", f"{ELSEWHERE}test_messages_and_commands_leave_no_mark_behind")),
    Proved("5 net", "A second net: numbers, tokens, PEM, e-mail and telephones are blotted out", ("tests/unit/test_log_net.py::test_what_looks_like_a_person_or_a_secret_is_blotted_out", "tests/unit/test_log_net.py::test_what_is_ours_stays")),
    Proved("5 exceptions", "An exception is its type and place, never its text; in requests, jobs and commands", ("tests/unit/test_log.py::test_a_failure_tells_type_and_place_and_never_the_text", f"{QUIET}test_a_failure_of_our_own_tells_its_place_and_nothing_of_the_person", f"{ELSEWHERE}test_a_job_that_fails_of_our_own_fault_tells_its_place_and_nothing_of_the_person", "tests/unit/test_log_net.py::test_a_command_that_breaks_tells_its_place_and_nothing_of_the_person")),
    Proved("5 injection", "Line ends and control characters in logged values are escaped", ("tests/unit/test_log_net.py::test_a_line_stays_one_line",)),
    Proved("5 traces and metrics", "No patient in figures; bounded labels", (f"{QUIET}test_no_line_no_figure_and_no_header_holds_a_mark",)),
    Proved("5 crash and debug", "No debug pages, descriptions or crash dumps outside development", (f"{DOORS}test_outside_development_there_are_no_pages_and_no_description", "tests/functional/test_bad_input.py::test_a_fault_of_ours_tells_nothing_but_the_request_id", "tests/unit/test_log_net.py::test_what_nobody_caught_is_told_by_its_place")),
    Proved("6 citizen export", "The log of a patient, in Norwegian and as a Bundle", (f"{CLI}test_a_patient_is_told_who_looked_and_the_look_itself_is_in_the_log", f"{CITIZEN}test_it_can_be_asked_by_post")),
    Proved("6 art. 33", "A query that lists affected patients and tenants for a time and a client", ("tests/unit/cli/test_logged_commands.py::test_whose_records_were_reached_is_listed_by_time_and_client",)),
    Proved("6 periods", "Every period is a setting with floor and ceiling", ("tests/unit/policy/test_retention.py::test_what_is_out_of_bounds_or_no_rule_is_refused", "tests/unit/policy/test_retention.py::test_every_default_stands_within_its_own_bounds")),
    Proved("6 job", "Retention happens by itself, safely", (f"{KEEP}test_a_round_takes_a_little_at_a_time_and_goes_on_where_it_was_killed", f"{KEEP}test_several_rounds_at_once_take_each_entry_once", f"{KEEP}test_jobs_that_are_over_go_and_those_to_do_stay")),
    Proved("6 keys of imports", "Idempotency keys go after 30 days", gap="not followed: one (sender, MsgId) is imported once, ever (architecture D7; ADR 0035)"),
    Proved("6 console", "Periods are shown in a console", gap="not built: there is no console; docs/reference/retention.md and HUB_RETENTION show them"),
    Proved("N no log, no data", "fhir-no: no log, no data", (f"{LOG}test_a_read_is_answered_only_when_it_can_be_logged",)),
    Proved("N per patient", "fhir-no: a search that touches n patients gives n events", (f"{LOG}test_a_search_is_logged_once_for_each_patient_in_its_page",)),
    Proved("N profile", "fhir-no: agent.who is one PractitionerRole, the patient extension stands once, one purpose of v3", (f"{SHAPE}test_it_names_the_practitioner_the_unit_the_legal_entity_and_the_place", f"{SHAPE}test_it_says_whose_record_what_was_seen_and_why")),
    Proved("N refusals", "fhir-no: sperring, blokkering, reservasjon and their levels of access", gap="not built: blocking comes in a later issue; the policy has its place for it (gate 5)"),
    Proved("N consent", "fhir-no: the profile of Consent for blocking and for sharing", gap="not built: a Consent is stored, logged and found, and decides nothing yet"),
)  # fmt: skip


def render() -> str:
    """The rules as the page shows them."""
    rows = ["| rule | what it asks | shown by |", "| --- | --- | --- |"]
    rows += [f"| {each.id} | {each.told} | {each.shown_by() or each.gap} |" for each in RULES]
    return "\n".join(rows)


def render_periods() -> str:
    """The periods as their page shows them."""
    rows = ["| rule | days | from | to | what goes |", "| --- | --- | --- | --- | --- |"]
    rows += [
        f"| `{r.id}` | {r.default or 'never'} | {r.floor} | {r.ceiling} | {r.what} |"
        for r in PERIODS
    ]
    return "\n".join(rows)


def placed(path: Path) -> str:
    """A page → its text with the table as it is now."""
    begin, end = MARKS[path]
    before, _, rest = path.read_text("utf-8").partition(begin)
    table = render() if path == PAGE else render_periods()
    return f"{before}{begin}\n\n{table}\n\n{end}{rest.partition(end)[2]}"


if __name__ == "__main__":
    for page in MARKS:
        page.write_text(placed(page), "utf-8")
