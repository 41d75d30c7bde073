"""Each threat and rule of the security standard, and the tests that show it held; what is not built says so.

`python -m tests.security.threats` writes the table into docs/explanation/security.md; tests/security/test_threats.py holds it.
Source: security README §2-§9, helseid.md §5-§7, xml-and-message-security.md, audit.md.
"""

from __future__ import annotations

from typing import Final

from tests.proved import ROOT, Proved

PAGE: Final = ROOT / "docs/explanation/security.md"
BEGIN: Final = "<!-- threats: written by tests/security/threats.py -->"
END: Final = "<!-- end of threats -->"
SEC: Final = "tests/security/"
UNIT: Final = "tests/unit/"
FUN: Final = "tests/functional/"
MORE: Final = f"{SEC}test_nobody_sees_more.py::"
TOKENS: Final = f"{SEC}test_tokens.py::"
ADMIT: Final = f"{UNIT}security/test_admission.py::"
CLAIMS: Final = f"{UNIT}security/test_claims.py::"
DPOP: Final = f"{UNIT}security/test_dpop.py::"
RAW: Final = f"{SEC}test_raw_authenticated.py::"
OUT: Final = f"{UNIT}transport/test_outbound.py::"
XML: Final = f"{UNIT}emessage/test_xml.py::"
SIGNED: Final = f"{UNIT}emessage/test_signature.py::"
CITIZEN: Final = f"{SEC}test_citizens_log.py::"
CHAIN: Final = "tests/contract/test_audit_chain.py::"
LOG: Final = f"{FUN}test_access_log.py::"
QUIET: Final = f"{FUN}test_nothing_personal_in_logs.py::"
RECEIVE: Final = f"{FUN}test_receiving.py::"
DOORS: Final = f"{SEC}test_doors.py::"
LINE: Final = f"{SEC}test_connections.py::"
ODD: Final = f"{UNIT}security/test_hostile_values.py::"


THREATS: Final = (
    Proved("T1", "Reads across tenants and patients: includes, chains, history, counts, differences of errors", (
        f"{MORE}test_one_resource_is_read_where_the_table_says_so_and_is_missing_elsewhere", f"{MORE}test_a_list_shows_and_counts_what_the_table_says_and_no_more",
        f"{MORE}test_no_way_round_leads_to_what_is_somebody_elses", f"{MORE}test_no_change_reaches_or_tells_of_what_is_somebody_elses",
        f"{MORE}test_a_page_token_of_another_opens_nothing_more")),
    Proved("T2", "The wrong patient: identities that do not agree, a resource of two patients", (
        f"{SEC}test_two_patients.py::test_what_points_at_two_patients_is_refused_and_not_stored", f"{SEC}test_two_patients.py::test_a_number_beside_the_reference_must_be_that_patients",
        f"{RECEIVE}test_a_doubtful_patient_is_nobodys_to_guess", f"{RECEIVE}test_two_patients_with_one_number_are_doubt")),
    Proved("T3", "A token stolen or shown again: downgrade to bearer, a proof used twice, tokens in logs", (
        f"{TOKENS}test_a_bound_token_as_bearer_is_401", f"{TOKENS}test_of_many_who_show_one_proof_at_once_one_is_let_in", f"{TOKENS}test_refusals_are_logged_without_a_value_of_the_token")),
    Proved("T4", "A message forged or wrapped is taken for a hospital's or a GP's", (
        f"{SIGNED}test_a_signature_deeper_in_the_document_does_not_vouch_for_it", f"{SIGNED}test_a_changed_message_is_s01", f"{FUN}test_bad_messages.py::test_a_signature_that_is_there_must_hold", f"{SEC}test_messages_refused.py::test_a_forged_message_touches_no_record_and_is_told_nowhere")),
    Proved("T5", "A call steered to a host inside", (
        f"{OUT}test_what_is_not_on_the_list_is_never_called_nor_looked_up", f"{OUT}test_an_address_that_leads_inside_is_refused_alone_and_beside_a_good_one", f"{SEC}test_one_way_out.py::test_each_module_has_the_ways_out_that_it_is_allowed")),
    Proved("T6", "An operator who sees more than needed", (
        f"{MORE}test_one_resource_is_read_where_the_table_says_so_and_is_missing_elsewhere", f"{FUN}test_every_entrance_is_decided.py::test_each_command_on_the_database_writes_into_the_access_log",
        f"{FUN}test_held_messages.py::test_a_match_needs_two_identifiers_and_two_persons")),
    Proved("T7", "Clinical data lost or doubled in silence", (
        f"{RECEIVE}test_the_same_bytes_again_change_nothing", f"{RECEIVE}test_other_bytes_under_a_known_id_are_an_alarm", f"{FUN}test_transaction.py::test_an_entry_that_fails_in_the_store_undoes_those_before_it",
        f"{UNIT}fhir/test_codec.py::test_decimals_keep_every_digit", f"{FUN}test_kill_steps.py::test_killed_between_any_two_steps_nothing_is_lost_and_nothing_doubled")),
    Proved("T8", "A shortcut of development left on in production", (
        f"{DOORS}test_settings_that_open_a_door_are_refused", f"{DOORS}test_production_without_an_issuer_or_tls_does_not_start", f"{FUN}test_development_mode.py::test_development_never_touches_a_database_that_is_not_synthetic")),
    Proved("G1", "Gate 1, token: the actor has shown what its kind needs", (f"{UNIT}policy/test_gates.py::test_an_actor_that_has_not_shown_all_its_kind_needs_does_nothing",)),
    Proved("G2", "Gate 2, scope: registration, token and route", (f"{UNIT}policy/test_gates.py::test_without_a_scope_no_cell_opens", f"{UNIT}security/test_clients.py::test_a_scope_only_narrows", f"{FUN}test_row_filter.py::test_a_scope_with_a_condition_narrows_reads_lists_and_histories")),
    Proved("G3", "Gate 3, tenant: its own, or a dated share; a second net in the database", (f"{FUN}test_row_filter.py::test_another_tenants_resources_do_not_exist", f"{FUN}test_row_filter.py::test_a_guest_sees_what_is_shared_with_its_organisation_and_stands_in_a_relation", f"{FUN}test_tenant_in_every_statement.py::test_every_statement_names_its_tenant", "tests/contract/test_row_security.py::test_a_request_that_has_shown_no_permit_finds_nothing_in_any_table")),
    Proved("G4", "Gate 4, relation: a dated fact, what has ended opens nothing", (f"{FUN}test_row_filter.py::test_what_has_ended_or_not_begun_opens_nothing", f"{FUN}test_stated_relations.py::test_nobody_states_a_relation_of_its_own")),
    Proved("G5", "Gate 5, blocks", (f"{UNIT}policy/test_gates.py::test_a_block_goes_on_as_a_condition_on_the_rows_it_is_about",)),
    Proved("BTG", "Break-glass", gap="not built: no grant exists, so no header and no purpose opens anything"),
    Proved("R3", "The registry: unknown clients, agreements, units, networks", (f"{TOKENS}test_a_client_that_nobody_registered_is_401", f"{TOKENS}test_an_organisation_outside_the_agreement_is_403_without_a_challenge", f"{UNIT}security/test_clients.py::test_the_network_is_the_peers_address_and_nothing_else", f"{TOKENS}test_headers_that_claim_a_tenant_or_a_host_change_nothing")),
    Proved("R4", "The subject is settled by the server and does not move", (f"{FUN}test_interactions.py::test_a_resource_never_moves_to_another_patient", f"{FUN}test_row_filter.py::test_nothing_is_written_about_a_patient_that_is_not_open")),
    Proved("R6", "Missing and forbidden look the same; a catalogue of texts; look-ups are counted", (f"{FUN}test_row_filter.py::test_missing_and_forbidden_look_the_same", f"{SEC}test_refusals_take_the_same_path.py::test_what_is_missing_and_what_is_closed_cost_the_same", f"{UNIT}fhir/test_codec.py::test_problems_never_repeat_what_the_sender_wrote_as_a_value", f"{DOORS}test_who_guesses_person_numbers_is_stopped")),
    Proved("O1", "Outbound: a name is resolved once, the checked address is called", (f"{OUT}test_a_name_that_changes_its_meaning_between_check_and_call_gains_nothing", f"{OUT}test_a_registered_network_never_opens_ipv4_in_disguise")),
    Proved("O2", "Outbound: no redirections, no environment, bounds, no headers of the caller", (f"{OUT}test_redirections_are_not_followed", f"{OUT}test_the_environment_does_not_change_the_way_out", f"{OUT}test_an_answer_that_is_too_long_is_not_read", f"{OUT}test_a_host_that_hangs_is_given_up", f"{OUT}test_headers_that_change_the_request_may_not_be_set")),
    Proved("O3", "Subscriptions are decided anew at each delivery", gap="not built: subscriptions are stored and not delivered"),
    Proved("H1", "HTTP: names, methods, headers, no pages outside development", (f"{DOORS}test_under_another_name_the_hub_does_not_answer", f"{DOORS}test_methods_that_nobody_needs_do_nothing", f"{DOORS}test_every_answer_has_the_headers_that_keep_it_where_it_is", f"{DOORS}test_outside_development_there_are_no_pages_and_no_description")),
    Proved("H2", "HTTP: smuggling, pipelining, chunks", (f"{RAW}test_no_second_request_hides_behind_the_first", f"{RAW}test_pipelined_requests_are_answered_each_for_itself", f"{RAW}test_a_chunked_body_is_read_as_the_standard_says_or_refused", f"{LINE}test_what_is_no_request_reaches_nothing_and_neither_does_what_follows", f"{LINE}test_what_stands_behind_a_chunked_body_is_no_header", f"{LINE}test_a_wish_for_another_protocol_is_passed_over_and_the_connection_ends")),
    Proved("H3", "HTTP: floods, slow callers, bombs", (f"{RAW}test_a_flood_of_headers_is_cut_off", f"{RAW}test_who_sends_a_byte_now_and_then_is_not_waited_for", f"{RAW}test_a_small_body_that_unpacks_to_a_large_one_is_refused", f"{DOORS}test_who_asks_too_often_is_told_to_wait_and_others_are_not", f"{LINE}test_who_does_not_take_its_answers_is_cut_off_and_holds_no_place")),
    Proved("H4", "Nothing behind good credentials gives a 5xx, a hang or a word of the inside", (f"{RAW}test_nothing_behind_good_credentials_breaks_the_hub", f"{RAW}test_after_all_that_the_hub_serves_and_has_said_nothing_of_its_inside", "tests/clients/test_schemathesis_secure.py::test_whatever_comes_with_good_credentials_is_answered_as_the_description_says")),
    Proved("K1", "Token: one header, one token, its scheme, its length, never in a URL", (f"{ADMIT}test_two_authorization_headers_are_refused", f"{ADMIT}test_a_token_or_proof_that_is_too_long_is_refused", f"{TOKENS}test_tokens_in_the_url_or_a_form_open_nothing")),
    Proved("K2", "Token: header, algorithm, type", (f"{CLAIMS}test_a_wrong_header_is_refused", f"{UNIT}security/test_jose.py::test_the_public_key_as_a_shared_secret_is_refused")),
    Proved("K3", "Token: keys of the issuer, fetched within bounds", (f"{UNIT}security/test_jwks.py::test_an_unknown_key_is_asked_for_at_most_once_a_minute", f"{UNIT}security/test_jwks.py::test_keys_of_somebody_else_are_never_fetched", f"{UNIT}security/test_jwks.py::test_keys_that_cannot_be_renewed_serve_for_a_day_and_no_longer", f"{ODD}test_no_key_set_is_a_fault_of_ours", f"{ODD}test_no_discovery_document_leads_elsewhere_or_is_a_fault_of_ours")),
    Proved("K4", "Token: signature", (f"{CLAIMS}test_another_signer_is_refused", f"{UNIT}security/test_jose.py::test_a_changed_token_does_not_hold")),
    Proved("K5", "Token: issuer, audience, lifetimes", (f"{CLAIMS}test_a_wrong_claim_is_refused", f"{CLAIMS}test_a_token_lives_an_hour_at_most_with_five_seconds_of_leeway")),
    Proved("K6", "Token: claims that must be there, of their types, once; a person at level 4", (f"{CLAIMS}test_a_claim_said_twice_is_refused", f"{ODD}test_no_value_in_a_token_is_a_fault_of_ours", f"{CLAIMS}test_a_person_that_is_not_told_properly_is_refused", f"{TOKENS}test_a_person_below_level_four_is_told_which_level_is_needed")),
    Proved("K9", "A client that is cut off is out within half a minute", (f"{ADMIT}test_a_client_that_is_cut_off_is_out_within_half_a_minute",)),
    Proved("D1", "DPoP: each claim and header of the proof", (f"{TOKENS}test_each_broken_proof_is_401", f"{TOKENS}test_each_broken_header_of_a_proof_is_401", f"{DPOP}test_the_window_is_ten_seconds_back_and_five_ahead")),
    Proved("D2", "DPoP: method, place and token of the request", (f"{ADMIT}test_a_proof_for_another_place_method_or_token_is_refused", f"{ADMIT}test_what_a_request_says_of_its_host_changes_nothing", f"{UNIT}security/test_htu.py::test_what_is_written_to_be_misread_has_no_spelling")),
    Proved("D3", "DPoP: once, in all processes; the store away: nobody", (f"{TOKENS}test_a_proof_that_is_shown_again_is_401_also_in_another_process", f"{ADMIT}test_a_store_that_cannot_be_asked_lets_nobody_in")),
    Proved("D4", "DPoP: nonce", (f"{TOKENS}test_where_nonces_are_on_the_first_answer_gives_one",)),
    Proved("E1", "The token endpoint: assertions hold once, by the registered key alone", (f"{SEC}test_token_endpoint.py::test_an_assertion_holds_once", f"{SEC}test_token_endpoint.py::test_another_key_is_no_client", f"{SEC}test_token_endpoint.py::test_an_assertion_with_a_wrong_claim_is_no_client")),
    Proved("X1", "XML: no DTD, no entities, no bombs, encodings, depth, size", (f"{XML}test_a_document_type_declaration_is_refused", f"{XML}test_an_entity_bomb_is_refused", f"{XML}test_deep_nesting_is_refused", f"{XML}test_a_document_above_the_limit_is_refused", f"{XML}test_no_bytes_raise_anything_but_the_hubs_error")),
    Proved("X2", "XML signatures: place, references, comments", (f"{SIGNED}test_a_signature_deeper_in_the_document_does_not_vouch_for_it", f"{XML}test_text_split_by_a_comment_is_one_text", f"{UNIT}emessage/test_xmldsig.py::test_ids_are_not_given_twice")),
    Proved("X3", "Certificates: time, use, trust, revocation", (f"{SIGNED}test_a_certificate_out_of_its_time_is_s02", f"{SIGNED}test_a_certificate_for_another_use_is_s02", f"{SIGNED}test_a_revoked_certificate_is_s03_from_its_day_on")),
    Proved("X4", "CMS: signed and encrypted messages", gap="not built: the message broker signs and encrypts"),
    Proved("X5", "HL7 v2 over MLLP", gap="not built: the hub does not listen for HL7 v2"),
    Proved("X6", "Messages: another receiver inside, an id again, a stranger's receipt", (f"{RECEIVE}test_a_file_addressed_to_us_with_another_receiver_inside_is_answered", f"{RECEIVE}test_the_id_of_another_sender_is_another_id", f"{FUN}test_messages.py::test_a_strangers_receipt_changes_nothing")),
    Proved("X7", "Attachments come as attachments, in a sandbox", (f"{FUN}test_formats.py::test_a_page_in_a_binary_is_never_shown_as_one_of_the_hub", f"{FUN}test_formats.py::test_a_content_type_that_would_break_the_header_comes_as_octets")),
    Proved("F1", "FHIR: what is no clean JSON, XML or type is refused, and nothing of it kept or told", (f"{SEC}test_bodies.py::test_a_hostile_body_is_refused_and_nothing_of_it_is_left", f"{RAW}test_a_hostile_body_behind_good_credentials_is_refused", f"{SEC}test_bodies.py::test_a_gzip_bomb_is_not_unpacked")),
    Proved("F2", "FHIR: conditional operations and references are searches of the caller's own", (f"{FUN}test_row_filter.py::test_a_change_by_condition_sees_only_what_is_open", f"{SEC}test_two_patients.py::test_what_the_caller_may_not_see_is_to_them_as_what_is_not_there")),
    Proved("F3", "FHIR: each entry of a Bundle is decided as if it were sent alone", (f"{FUN}test_row_filter.py::test_every_entry_of_a_bundle_is_decided_as_if_it_were_sent_alone",)),
    Proved("F4", "Search: a person by identifier in a form alone; bounds; time", (f"{FUN}test_row_filter.py::test_a_person_is_found_by_identifier_in_a_form_and_by_nothing_else", f"{FUN}test_limits.py::test_more_values_than_may_be_are_refused_in_searches_and_conditions", f"{FUN}test_query_budget.py::test_a_search_is_stopped_after_its_time_and_the_next_is_answered")),
    Proved("A1", "Audit: no access without its entry, in the same commit", (f"{LOG}test_a_read_is_answered_only_when_it_can_be_logged", f"{LOG}test_each_interaction_on_a_resource_is_logged_with_its_version_and_patient", f"{LOG}test_who_is_only_included_is_in_the_log_too")),
    Proved("A2", "Audit: refusals are in it, floods are counted", (f"{SEC}test_refusals_in_the_log.py::test_a_flood_is_counted_and_the_count_is_told_later", f"{MORE}test_every_refusal_of_somebody_elses_resource_is_in_the_log_with_its_patient")),
    Proved("A3", "Audit: append-only, chained, verified; retention by whole segments", (f"{CHAIN}test_what_was_changed_or_taken_away_is_told", f"{CHAIN}test_the_hub_itself_cannot_change_the_log", f"{CHAIN}test_the_retention_takes_whole_segments_and_the_chain_goes_on", f"{CITIZEN}test_nobody_writes_changes_or_takes_from_the_log")),
    Proved("A4", "Audit: the citizen's view, the officer's search, nobody else", (f"{CITIZEN}test_the_officer_gets_lines_and_entries_with_names_and_without_numbers", f"{CITIZEN}test_nobody_else_gets_it", f"{CITIZEN}test_the_look_at_the_log_is_in_the_log", f"{FUN}test_stated_relations.py::test_the_privacy_officer_searches_the_log_by_who_what_and_where_from")),
    Proved("A5", "Nothing personal in log lines, figures, headers and crash output", (f"{QUIET}test_no_line_no_figure_and_no_header_holds_a_mark", f"{QUIET}test_a_failure_of_our_own_tells_its_place_and_nothing_of_the_person", f"{SEC}test_marks_elsewhere.py::test_messages_and_commands_leave_no_mark_behind")),
)  # fmt: skip


UNSEEN: Final = {
    "G5": "no blocks exist yet; the rows they close are a matter of the policy alone",
    "A1": "the store is broken on purpose, so there is no log to look into; that nothing is answered then is what its test shows",
}
"""Threats that are not tried under the watch (attacks.py, test_messages_refused.py, test_watched_elsewhere.py), and why."""
WATCHED: Final = f"{SEC}test_each_threat.py::test_an_attack_is_refused_and_nothing_is_stored_called_told_or_missing_from_the_log"
"""The test that makes every attack and looks at everything."""


def render() -> str:
    """The table as the page shows it."""
    rows = ["| | threat or rule | shown by |", "| --- | --- | --- |"]
    for each in THREATS:
        tests = each.shown_by()
        if tests and each.id not in UNSEEN:
            tests += ", and each attack under one watch"
        rows.append(f"| {each.id} | {each.told} | {tests or each.gap} |")
    return "\n".join((BEGIN, "", *rows, "", END))


def placed(page: str) -> str:
    """The page's text → the same with the table as it is now."""
    before, _, rest = page.partition(BEGIN)
    return before + render() + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(placed(PAGE.read_text("utf-8")), "utf-8")
