"""Each rule of the security standard, sentence by sentence, and the tests that show it holds; what is not here says why.

`python -m tests.security.rules` writes docs/reference/security-rules.md; tests/security/test_rules.py holds table and page.
The rules of audit.md have a table of their own (tests/audit_rules.py).
Source: security README §2, §7, §9; helseid.md; smart.md; xml-and-message-security.md.
"""

from __future__ import annotations

from typing import Final

from tests.proved import ROOT, Proved

PAGE: Final = ROOT / "docs/reference/security-rules.md"
PLACES: Final = {
    "DOORS": "tests/security/test_doors.py", "TOKENS": "tests/security/test_tokens.py", "TOKEN": "tests/security/test_token_endpoint.py",
    "MORE": "tests/security/test_nobody_sees_more.py", "RAW": "tests/security/test_raw_authenticated.py", "LINE": "tests/security/test_connections.py",
    "BODIES": "tests/security/test_bodies.py", "TWO": "tests/security/test_two_patients.py", "WAY": "tests/security/test_one_way_out.py",
    "PATH": "tests/security/test_refusals_take_the_same_path.py",
    "EACH": "tests/security/test_each_threat.py", "RULES": "tests/security/test_rules_of_the_code.py",
    "ADMIT": "tests/unit/security/test_admission.py", "CLAIMS": "tests/unit/security/test_claims.py", "DPOP": "tests/unit/security/test_dpop.py",
    "CLIENTS": "tests/unit/security/test_clients.py", "FILE": "tests/unit/security/test_client_file.py", "HTU": "tests/unit/security/test_htu.py",
    "JOSE": "tests/unit/security/test_jose.py", "JWKS": "tests/unit/security/test_jwks.py", "ODD": "tests/unit/security/test_hostile_values.py",
    "ASK": "tests/unit/security/test_token_client.py", "OUT": "tests/unit/transport/test_outbound.py", "GATES": "tests/unit/policy/test_gates.py",
    "SCOPES": "tests/unit/policy/test_scopes.py", "XML": "tests/unit/emessage/test_xml.py",
    "SIGNED": "tests/unit/emessage/test_signature.py", "DSIG": "tests/unit/emessage/test_xmldsig.py",
    "KINDS": "tests/unit/emessage/test_attachment_kinds.py", "NAMES": "tests/unit/emessage/test_attachment_names.py",
    "LARGE": "tests/unit/emessage/test_large_text.py", "SCHEMA": "tests/unit/emessage/test_schemas.py", "SHOWN": "tests/unit/emessage/page/test_message_page.py",
    "CODEC": "tests/unit/fhir/test_codec.py", "WIRE": "tests/unit/fhir/test_wire.py", "FXML": "tests/unit/fhir/test_xml.py",
    "DIV": "tests/unit/fhir/models/test_narrative_xhtml.py", "SETTINGS": "tests/unit/test_settings.py",
    "CLOCK": "tests/unit/test_clock.py", "SERVE": "tests/unit/cli/test_migrate_and_serve.py",
    "ROWS": "tests/functional/test_row_filter.py", "DEV": "tests/functional/test_development_mode.py", "FORMATS": "tests/functional/test_formats.py",
    "SEARCH": "tests/functional/test_searching.py", "PART": "tests/functional/test_searching_in_part.py", "LIMITS": "tests/functional/test_limits.py",
    "BUDGET": "tests/functional/test_query_budget.py", "COND": "tests/functional/test_conditional.py", "TRANS": "tests/functional/test_transaction.py",
    "BATCH": "tests/functional/test_batch.py", "BAD": "tests/functional/test_bad_input.py", "MSG": "tests/functional/test_bad_messages.py",
    "RECEIVE": "tests/functional/test_receiving.py", "HELD": "tests/functional/test_held_messages.py",
    "MPAGES": "tests/functional/test_message_pages.py", "PAGES": "tests/functional/test_pages.py", "FORMS": "tests/functional/test_alert_pages.py",
    "CURSOR": "tests/functional/test_page_tokens.py", "PROBES": "tests/functional/test_probes.py", "ENTRANCE": "tests/functional/test_every_entrance_is_decided.py",
    "EVERY": "tests/functional/test_tenant_in_every_statement.py", "QUIET": "tests/functional/test_nothing_personal_in_logs.py", "NUL": "tests/functional/test_nul.py",
    "MARKS": "tests/contract/test_clients.py",
    "STEPS": "tests/functional/test_alert_steps.py", "WIDE": "tests/functional/test_searching_widely.py",
    "MREF": "tests/security/test_messages_refused.py",
    "HISTORY": "tests/functional/test_interactions.py", "PUBLISHED": "tests/unit/security/test_published_keys.py", "MPORT": "tests/functional/test_figures_port.py",
    "ATTACKED": "tests/functional/test_pages_attacked.py", "PROCESSES": "tests/functional/test_marks_in_processes.py",
}  # fmt: skip
"""Short names of test files, for the rows below."""


def rule(place: str, told: str, *tests: str) -> Proved:
    """A rule and `FILE test_without_its_first_word` → its row."""
    return Proved(place, told, tuple(_named(each) for each in tests))


def later(place: str, told: str, why: str) -> Proved:
    """A rule about what is not built."""
    return Proved(place, told, (), f"not built: {why}")


def otherwise(place: str, told: str, why: str, *tests: str) -> Proved:
    """A rule that was decided otherwise, with the tests of what was decided."""
    return Proved(place, told, tuple(_named(each) for each in tests), f"otherwise: {why}")


def _named(text: str) -> str:
    place, _, name = text.partition(" ")
    return f"{PLACES[place]}::test_{name}"


_OUT: Final = "README §7"
_MODE: Final = "README §9"
_ID: Final = "helseid.md"
_SMART: Final = "smart.md"
_MSG: Final = "xml-and-message-security.md"

OUTBOUND: Final = (
    rule(_OUT, "one guarded client for every call outward; no other library, socket or program", "WAY each_module_has_the_ways_out_that_it_is_allowed", "WAY the_rule_sees_each_way_out", "WAY the_import_rules_forbid_the_same_libraries"),
    rule(_OUT, "https alone", "DOORS settings_that_open_a_door_are_refused", "OUT what_is_not_on_the_list_is_never_called_nor_looked_up"),
    rule(_OUT, "exact hosts, by purpose", "OUT a_host_is_on_the_list_of_its_own_purpose_alone"),
    rule(_OUT, "no user information, no addresses in place of names, port 443 or a registered one", "OUT what_is_not_on_the_list_is_never_called_nor_looked_up"),
    rule(_OUT, "a name is resolved once, and each address must be global", "OUT an_address_that_leads_inside_is_refused_alone_and_beside_a_good_one", "OUT global_addresses_are_called"),
    rule(_OUT, "IPv4 in disguise (mapped, NAT64, 6to4, Teredo) is refused", "OUT a_registered_network_never_opens_ipv4_in_disguise", "OUT an_address_that_leads_inside_is_refused_alone_and_beside_a_good_one"),
    rule(_OUT, "numbers that resolvers take for addresses lead nowhere", "OUT the_system_resolves_loopback_without_the_network", "OUT what_is_not_on_the_list_is_never_called_nor_looked_up"),
    rule(_OUT, "the checked address is called, under the name in TLS and Host", "OUT a_call_goes_to_the_checked_address_under_the_hosts_name", "OUT a_name_that_changes_its_meaning_between_check_and_call_gains_nothing"),
    rule(_OUT, "redirections are not followed", "OUT redirections_are_not_followed"),
    rule(_OUT, "the environment changes nothing", "OUT the_environment_does_not_change_the_way_out"),
    rule(_OUT, "3 s to connect, 10 s in all", "OUT a_host_that_hangs_is_given_up"),
    rule(_OUT, "at most 1 MiB is read, and none of it is told to the caller", "OUT an_answer_that_is_too_long_is_not_read", "OUT whatever_goes_wrong_outside_passes_and_tells_nothing"),
    rule(_OUT, "TLS is always verified", "WAY each_module_has_the_ways_out_that_it_is_allowed"),
    rule(_OUT, "no header of a caller's choosing, none that breaks its line", "OUT headers_that_change_the_request_may_not_be_set"),
    later(_OUT, "payload, handshake and approval of subscriptions; deciding anew at each delivery", "subscriptions are stored and not delivered"),
    rule(_OUT, "private networks per registered host, never globally", "OUT a_private_network_is_open_for_the_host_it_is_registered_for_alone"),
)  # fmt: skip

MODE: Final = (
    rule(_MODE, "without HUB_MODE nothing starts", "SERVE serve_without_a_mode_refuses_and_names_the_setting", "DEV a_start_that_is_not_meant_or_not_safe_is_refused_with_the_setting_named"),
    rule(_MODE, "development needs consent, loopback, a synthetic database and another issuer than the production HelseID", "DEV a_start_that_is_not_meant_or_not_safe_is_refused_with_the_setting_named", "DEV development_never_touches_a_database_that_is_not_synthetic", "DOORS development_never_takes_the_production_issuer"),
    rule(_MODE, "development says so at the start and again every ten minutes", "DEV the_start_says_loudly_that_this_is_development_mode", "DEV development_mode_is_told_again_every_ten_minutes"),
    rule(_MODE, "and in each answer", "DEV every_answer_says_that_this_is_development_mode", "DEV outside_development_no_answer_says_so"),
    rule(_MODE, "and on each page", "PAGES every_page_is_well_formed_and_says_that_this_is_development"),
    rule(_MODE, "and on each resource", "DEV resources_are_marked_as_test_data_and_keep_their_own_labels"),
    rule(_MODE, "and in the access log, when it starts", "DEV a_start_in_development_mode_stands_in_the_access_log"),
    rule(_MODE, "a database that is not synthetic refuses development", "DEV development_never_touches_a_database_that_is_not_synthetic", "SERVE a_database_with_a_real_tenant_is_never_marked_synthetic"),
    rule(_MODE, "no switch of production takes away signature, proof, TLS, log or tenant", "RULES no_setting_takes_away_what_protects_in_production", "DOORS production_without_an_issuer_or_tls_does_not_start"),
    rule(_MODE, "outside development there are no pages and no description", "DOORS outside_development_there_are_no_pages_and_no_description", "PAGES outside_development_no_page_exists"),
    rule(_MODE, "only metadata and discovery are open", "ENTRANCE one_that_has_shown_nothing_gets_nowhere", "DEV metadata_and_health_are_open", "TOKENS public_paths_do_not_look_at_tokens"),
    rule(_MODE, "health tells no version", "DOORS health_tells_no_version"),
    rule(_MODE, "the figures stand on a port of their own", "MPORT figures_stand_on_their_own_port_and_nowhere_else"),
    rule(_MODE, "what a proxy is said to have said changes nothing", "TOKENS headers_that_claim_a_tenant_or_a_host_change_nothing", "CLIENTS the_network_is_the_peers_address_and_nothing_else"),
    rule(_MODE, "the hub answers under its own names alone", "DOORS under_another_name_the_hub_does_not_answer", "DOORS its_own_names_are_configured", "LINE the_host_in_the_target_counts_and_not_the_header"),
    rule(_MODE, "TRACE and its like do nothing", "DOORS methods_that_nobody_needs_do_nothing"),
    otherwise(_MODE, "request line and headers of 16 KiB", "8 KiB and 32 KiB, so that a token and a proof of 8 KiB each fit (helseid.md §5)", "RAW a_flood_of_headers_is_cut_off", "LINE what_is_no_request_reaches_nothing_and_neither_does_what_follows", "LINE what_stands_behind_a_chunked_body_is_bounded"),
    rule(_MODE, "bodies are bounded", "BAD twenty_megabytes_are_413_and_not_read", "RAW a_small_body_that_unpacks_to_a_large_one_is_refused"),
    rule(_MODE, "slow callers are not waited for", "RAW who_sends_a_byte_now_and_then_is_not_waited_for", "LINE who_does_not_take_its_answers_is_cut_off_and_holds_no_place", "LINE who_takes_its_answer_slowly_gets_the_whole_of_it"),
    rule(_MODE, "no header changes the method", "EACH an_attack_is_refused_and_nothing_is_stored_called_told_or_missing_from_the_log", "TOKENS headers_that_claim_a_tenant_or_a_host_change_nothing"),
    rule(_MODE, "length and chunks together are 400", "RAW no_second_request_hides_behind_the_first", "LINE what_is_no_request_reaches_nothing_and_neither_does_what_follows"),
    rule(_MODE, "nothing hides behind a request: chunks, trailers, upgrades, halves", "LINE a_chunk_that_is_none_ends_the_connection_and_hides_nothing", "LINE what_stands_behind_a_chunked_body_is_no_header", "LINE a_wish_for_another_protocol_is_passed_over_and_the_connection_ends", "LINE a_caller_that_ends_its_half_leaves_nothing_behind", "LINE no_bytes_break_a_connection_for_the_next"),
    rule(_MODE, "behind TLS browsers are told to stay there, and production is https", "DOORS behind_tls_browsers_are_told_to_stay_there", "DOORS production_without_an_issuer_or_tls_does_not_start"),
    later(_MODE, "TLS versions and client certificates at the door", "TLS ends at the proxy in front (docs/explanation/security.md)"),
    rule(_MODE, "the database is reached over TLS when its URL says so", "SETTINGS a_postgresql_url_keeps_its_password_to_itself"),
    rule(_MODE, "no-store, nosniff, no name of the server", "DOORS every_answer_has_the_headers_that_keep_it_where_it_is"),
    rule(_MODE, "pages of other origins get nothing unless they are named exactly", "SETTINGS origins_are_exact_and_told_when_they_are_not", "FORMATS without_the_setting_no_page_may_call", "FORMATS any_other_preflight_is_refused", "FORMATS pages_for_people_are_no_part_of_it"),
    rule(_MODE, "the container runs as nobody special", "RULES the_container_runs_with_the_least_it_needs"),
    later(_MODE, "SBOM, signed releases, audit of dependencies", "a later issue (supply chain); the lock file has hashes"),
)  # fmt: skip

HELSEID: Final = (
    rule(f"{_ID} §1", "the issuer's endpoints and keys come from its discovery document, and only its own", "JWKS keys_are_fetched_once_and_then_known", "JWKS keys_of_somebody_else_are_never_fetched", "ODD no_discovery_document_leads_elsewhere_or_is_a_fault_of_ours"),
    rule(f"{_ID} §1", "advertised is not allowed: what is taken stands in the code", "CLAIMS a_wrong_header_is_refused", "JOSE an_algorithm_that_does_not_fit_the_key_or_the_list_is_refused"),
    rule(f"{_ID} §2", "the assertion's header and claims, anew for each request", "ASK a_request_says_who_asks_as_helseid_wants_it", "ASK smart_wants_the_token_endpoint_as_audience"),
    rule(f"{_ID} §2", "a token in the cache serves until shortly before its end, for what it was asked with alone", "ASK a_token_serves_until_shortly_before_it_ends", "ASK a_token_is_for_what_it_was_asked_with_alone", "ASK many_who_want_the_same_make_one_request"),
    rule(f"{_ID} §2", "the difference of clocks is measured", "ASK the_difference_of_clocks_is_measured"),
    rule(f"{_ID} §2", "a nonce is taken up once, with everything made anew, and kept", "ASK a_nonce_is_taken_up_once_with_everything_made_anew_and_kept_for_the_next_request", "ASK a_nonce_that_is_asked_for_twice_is_not_tried_a_third_time"),
    rule(f"{_ID} §2", "an answer must be a bound token", "ASK what_is_no_bound_token_is_not_taken"),
    later(f"{_ID} §2", "PAR, ID tokens, resource indicators of a log-in", "nobody logs in to the hub yet (SMART and the console come later)"),
    rule(f"{_ID} §3", "type, issuer, audience, times and claims are what they must be, of their JSON types", "CLAIMS a_wrong_claim_is_refused", "CLAIMS a_wrong_header_is_refused", "ODD no_value_in_a_token_is_a_fault_of_ours"),
    rule(f"{_ID} §3", "scope comes as words or as an array", "CLAIMS scopes_come_as_an_array_or_as_words"),
    rule(f"{_ID} §3", "organisations are nine digits with their check digit, of the real series in production", "CLAIMS real_units_begin_with_eight_or_nine", "CLAIMS a_wrong_claim_is_refused"),
    rule(f"{_ID} §3", "the child is checked here against the agreement, whatever the token says", "CLIENTS an_organisation_supplier_or_unit_outside_the_agreement_is_403", "CLIENTS a_unit_of_the_agreement_is_taken"),
    rule(f"{_ID} §3", "the name of a client decides nothing; claims of its certificate are passed over", "EACH an_attack_is_refused_and_nothing_is_stored_called_told_or_missing_from_the_log", "CLAIMS a_systems_token_says_its_client_organisation_and_scopes"),
    rule(f"{_ID} §3", "a national number is never logged nor told", "CLAIMS what_refuses_never_holds_a_value_of_the_token", "QUIET no_line_no_figure_and_no_header_holds_a_mark", "TOKENS refusals_are_logged_without_a_value_of_the_token"),
    rule(f"{_ID} §3", "a person needs level 4; a system's token never acts as a person", "CLAIMS a_person_below_level_four_is_told_to_log_in_better", "CLIENTS a_system_never_acts_as_a_person", "CLAIMS a_trace_of_a_person_makes_it_a_persons_token"),
    rule(f"{_ID} §4", "as a client the organisation is said as its kind wants it", "ASK the_organisation_is_said_as_the_kind_of_client_wants_it"),
    later(f"{_ID} §4", "the statement of care (attest) in a token", "no actor that shows one sees anything yet; it comes with SMART"),
    rule(f"{_ID} §5 1", "one Authorization header, one token, at most 8 KiB, in any case of the scheme", "ADMIT two_authorization_headers_are_refused", "ADMIT a_token_or_proof_that_is_too_long_is_refused", "ADMIT the_scheme_is_read_in_any_case", "ODD no_bytes_in_the_headers_are_a_fault_of_ours"),
    rule(f"{_ID} §5 1", "bearer only where registered and unbound; never in URL or form", "ADMIT a_bound_token_as_bearer_is_refused_with_and_without_proof", "ADMIT a_legacy_bearer_is_let_in_as_bearer_alone", "CLIENTS a_bearer_token_needs_a_client_that_is_registered_for_it", "TOKENS tokens_in_the_url_or_a_form_open_nothing"),
    rule(f"{_ID} §5 2", "three parts; algorithms, typ and kid of the list; no header that chooses keys", "JOSE what_is_not_exactly_a_token_is_refused", "CLAIMS the_types_of_access_tokens_are_taken", "CLAIMS the_issuers_algorithms_are_taken", "CLAIMS a_wrong_header_is_refused"),
    rule(f"{_ID} §5 3", "an unknown kid is asked for once a minute", "JWKS an_unknown_key_is_asked_for_at_most_once_a_minute", "JWKS many_who_wait_for_the_same_key_make_one_fetch"),
    rule(f"{_ID} §5 3", "keys: pinned host, 5 s, 256 KiB, a day when they cannot be renewed", "JWKS keys_are_fetched_once_and_then_known", "JWKS keys_that_cannot_be_renewed_serve_for_a_day_and_no_longer", "ODD no_key_set_is_a_fault_of_ours", "ODD a_key_set_of_costly_keys_is_read_in_bounded_time_and_the_good_one_serves"),
    rule(f"{_ID} §5 3", "no shared secrets, no short RSA, use and alg as they say, one key for each name", "JWKS keys_that_cannot_be_used_are_left_out", "JOSE short_rsa_keys_are_refused", "JOSE the_public_key_as_a_shared_secret_is_refused", "ODD a_name_of_two_keys_names_none_however_often_it_is_said"),
    rule(f"{_ID} §5 4", "the signature holds", "CLAIMS another_signer_is_refused", "JOSE a_changed_token_does_not_hold"),
    rule(f"{_ID} §5 5", "issuer exact, one audience, an hour at most, five seconds of leeway", "CLAIMS an_audience_may_stand_alone_in_a_list", "CLAIMS a_token_lives_an_hour_at_most_with_five_seconds_of_leeway", "CLAIMS a_token_that_is_not_valid_yet_is_refused"),
    rule(f"{_ID} §5 6", "client, jti, scope and parent are there; a person's number and level too", "CLAIMS a_wrong_claim_is_refused", "CLAIMS a_person_that_is_not_told_properly_is_refused"),
    rule(f"{_ID} §5 7", "the client is registered and active (401), its organisation in an agreement of today (403)", "TOKENS a_client_that_nobody_registered_is_401", "TOKENS an_organisation_outside_the_agreement_is_403_without_a_challenge", "CLIENTS a_registration_that_does_not_hold_is_401", "CLIENTS one_supplier_acts_for_one_organisation_at_a_time"),
    rule(f"{_ID} §5 9", "a client is cut off within a minute", "ADMIT a_client_that_is_cut_off_is_out_within_half_a_minute"),
    rule(f"{_ID} §5 DPoP", "one header, one proof, at most 8 KiB, typ and algorithm", "TOKENS each_broken_header_of_a_proof_is_401", "ADMIT a_token_or_proof_that_is_too_long_is_refused", "DPOP what_is_no_proof_is_refused"),
    rule(f"{_ID} §5 DPoP", "the key is public, large enough, and signs", "DPOP a_proof_with_a_wrong_header_is_refused", "JOSE keys_that_are_private_short_or_of_another_kind_are_refused", "DPOP a_bad_signature_is_refused", "ODD no_value_in_a_proof_is_a_fault_of_ours"),
    rule(f"{_ID} §5 DPoP", "the key is the token's, the hash the token's", "DPOP a_proof_by_another_key_than_the_tokens_is_refused", "ADMIT another_clients_key_does_not_fit", "DPOP a_proof_with_a_wrong_claim_is_refused"),
    rule(f"{_ID} §5 DPoP", "method and place, compared in one spelling, from the configured base", "ADMIT a_proof_for_another_place_method_or_token_is_refused", "ADMIT what_a_request_says_of_its_host_changes_nothing", "ADMIT the_base_is_what_the_world_calls_it", "HTU a_url_has_one_spelling", "HTU what_is_written_to_be_misread_has_no_spelling"),
    rule(f"{_ID} §5 DPoP", "ten seconds back, five ahead", "DPOP the_window_is_ten_seconds_back_and_five_ahead"),
    rule(f"{_ID} §5 DPoP", "nonces of ours where they are on", "ADMIT where_nonces_are_on_one_of_ours_is_needed", "TOKENS where_nonces_are_on_the_first_answer_gives_one", "DPOP a_nonce_is_asked_for_where_one_is_needed"),
    rule(f"{_ID} §5 DPoP", "once, in all processes, atomically; the store away: nobody", "TOKENS a_proof_that_is_shown_again_is_401_also_in_another_process", "TOKENS of_many_who_show_one_proof_at_once_one_is_let_in", "MARKS of_many_who_show_the_same_mark_at_once_one_is_first", "PROCESSES of_processes_that_are_shown_the_same_at_once_one_takes_it", "MARKS marks_are_forgotten_when_they_could_not_be_shown_any_more", "ADMIT a_store_that_cannot_be_asked_lets_nobody_in"),
    rule(f"{_ID} §6", "no credentials are told apart from wrong ones", "ADMIT no_credentials_are_told_apart_from_wrong_ones", "TOKENS without_a_token_the_challenge_names_no_fault"),
    rule(f"{_ID} §6", "each refusal has its status and challenge, and says no more", "TOKENS a_refusal_says_the_same_whatever_was_wrong_with_the_token", "TOKENS an_expired_token_is_told_so", "TOKENS a_person_below_level_four_is_told_which_level_is_needed", "TOKENS a_refusal_comes_in_xml_where_xml_is_asked_for"),
    rule(f"{_ID} §6", "another's resource is missing, another's search empty", "ROWS missing_and_forbidden_look_the_same", "ROWS no_list_shows_or_counts_what_is_somebody_elses", "PATH what_is_missing_and_what_is_closed_cost_the_same"),
    rule(f"{_ID} §7", "each of the broken proofs of the test matrix", "TOKENS each_broken_proof_is_401", "TOKENS each_broken_header_of_a_proof_is_401"),
    rule(f"{_ID} §8", "our keys: their kind, and files that their owner alone may read", "TOKEN a_key_file_that_cannot_be_used_stops_the_start", "JOSE what_is_no_private_key_is_not_taken_as_one"),
    rule(f"{_ID} §8", "keys that were published are nobody's", "PUBLISHED no_key_that_was_published_is_taken_for_ours_or_a_clients"),
    rule(f"{_ID} §8", "the key of proofs is another than that of assertions", "ASK a_request_says_who_asks_as_helseid_wants_it"),
    later(f"{_ID} §8", "rotation in Selvbetjening and alarms before a secret ends", "keys per tenant and their rotation are a later issue"),
    rule(f"{_ID} §9", "what the libraries leave open is closed: sizes, duplicate keys, NaN, one spelling of base64", "JOSE no_text_raises_anything_else", "CLAIMS a_claim_said_twice_is_refused", "JOSE what_is_not_exactly_a_token_is_refused"),
)  # fmt: skip

SMART: Final = (
    rule(f"{_SMART} §1", "the discovery document is open, JSON, and points at whoever gives the tokens", "TOKEN the_smart_document_points_at_whoever_gives_the_tokens"),
    rule(f"{_SMART} §1", "CORS by exact origins, never with credentials, never reflected", "SETTINGS origins_are_exact_and_told_when_they_are_not", "FORMATS a_preflight_of_a_named_origin_is_answered", "FORMATS any_other_preflight_is_refused", "FORMATS answers_tell_a_named_origin_what_it_may_see"),
    rule(f"{_SMART} §2", "letters in their order, known types and contexts; else a scope grants nothing", "SCOPES what_cannot_be_kept_exactly_grants_nothing", "SCOPES letters_in_their_order_are_what_is_covered"),
    rule(f"{_SMART} §2", "scopes of version 1 grant nothing", "SCOPES what_cannot_be_kept_exactly_grants_nothing"),
    rule(f"{_SMART} §2", "each entry of a Bundle is decided as if sent alone", "ROWS every_entry_of_a_bundle_is_decided_as_if_it_were_sent_alone"),
    rule(f"{_SMART} §2", "what is included passes the same scope and rows; a type without a scope is refused up front", "MORE no_way_round_leads_to_what_is_somebody_elses", "MORE a_list_shows_and_counts_what_the_table_says_and_no_more"),
    rule(f"{_SMART} §2", "chains read each type they go through", "MORE no_way_round_leads_to_what_is_somebody_elses", "LIMITS a_longer_chain_than_may_be_is_refused"),
    rule(f"{_SMART} §2", "conditions in scopes narrow everything alike", "SCOPES conditions_in_a_scope_are_kept_as_codes", "ROWS a_scope_with_a_condition_narrows_reads_lists_and_histories", "GATES conditions_in_scopes_narrow_the_rows_and_a_wider_scope_takes_them_away"),
    rule(f"{_SMART} §2", "a scope only narrows: registration, agreement, role, relation", "CLIENTS a_scope_only_narrows", "CLIENTS a_narrowed_scope_stays_narrow_whichever_side_narrows_it", "GATES without_a_scope_no_cell_opens"),
    rule(f"{_SMART} §2", "system scopes in a person's token and the other way round are nothing", "CLIENTS a_persons_token_has_no_system_scopes", "GATES a_scope_of_the_wrong_level_grants_nothing"),
    rule(f"{_SMART} §2", "a wildcard covers no type that must be named", "SCOPES a_wildcard_covers_no_type_that_must_be_named"),
    rule(f"{_SMART} §2", "HelseID's flat scopes by one table; unmapped is nothing", "SCOPES scopes_that_grant_nothing_are_left_out_and_each_stands_once", "TOKENS every_actor_of_the_stand_in_is_let_in"),
    later(f"{_SMART} §3", "launch of the trend page from a journal: iss, state, session, framing, page headers", "SMART launch is a later issue; today's pages exist in development alone"),
    later(f"{_SMART} §4", "authorization codes and PKCE", "SMART launch is a later issue; the hub gives tokens to systems alone"),
    rule(f"{_SMART} §4", "only private_key_jwt; the assertion's algorithm, key, names, audience, life and jti", "TOKEN an_assertion_with_a_wrong_claim_is_no_client", "TOKEN an_assertion_with_a_wrong_header_is_no_client", "TOKEN another_key_is_no_client", "TOKEN an_assertion_holds_once", "ODD no_value_in_an_assertion_is_a_fault_of_ours"),
    rule(f"{_SMART} §4", "keys of clients stand in their registration and are never fetched", "FILE public_keys_are_kept", "EACH an_attack_is_refused_and_nothing_is_stored_called_told_or_missing_from_the_log"),
    rule(f"{_SMART} §4", "scope is asked for and registered; five minutes; no refresh; no-store", "TOKEN a_token_says_what_smart_and_helseid_say", "TOKEN a_backend_is_given_a_bound_token_that_opens_what_it_asked_for", "TOKEN each_wrong_parameter_has_its_error"),
    rule(f"{_SMART} §4", "tokens are at+jwt for the FHIR base, bound to the proof's key", "TOKEN a_backend_is_given_a_bound_token_that_opens_what_it_asked_for", "TOKEN a_proof_holds_once_and_is_needed"),
    rule(f"{_SMART} §4", "errors by their names; an unknown client is told as a wrong signature", "TOKEN each_wrong_parameter_has_its_error", "TOKEN another_key_is_no_client", "TOKEN what_is_no_form_is_400", "TOKEN a_form_that_is_too_long_is_not_read", "TOKEN parameters_in_the_url_and_basic_log_in_are_refused"),
    later(f"{_SMART} §4", "introspection and revocation", "a client is closed instead, and out within half a minute"),
    rule(f"{_SMART} §4", "no registration, no passwords, no implicit grant, no device flow", "TOKEN each_wrong_parameter_has_its_error", "RULES nothing_else_answers_beside_the_token_endpoint"),
    rule(f"{_SMART} §5", "401 and 403 with their challenges; a search without s is 403, and before the query runs", "MORE a_list_shows_and_counts_what_the_table_says_and_no_more", "GATES a_scope_of_another_type_or_letter_opens_nothing"),
    rule(f"{_SMART} §5", "totals count what may be seen", "ROWS no_list_shows_or_counts_what_is_somebody_elses"),
)  # fmt: skip

MESSAGES: Final = (
    rule(f"{_MSG} §1", "one gate to XML for messages and one for FHIR; no other module parses", "RULES only_the_gates_parse_xml"),
    rule(f"{_MSG} §1", "the size is looked at first", "XML a_document_above_the_limit_is_refused", "XML half_a_million_tags_are_refused_before_they_are_parsed"),
    rule(f"{_MSG} §1", "UTF-8, ISO-8859-1, Windows-1252 and no other encoding", "XML the_older_charsets_are_accepted_when_declared", "XML what_is_not_readable_xml_is_refused", "FXML bytes_in_another_charset_are_refused"),
    rule(f"{_MSG} §1", "a parser of its own for each document, that fetches nothing", "RULES only_the_gates_parse_xml", "XML a_document_type_declaration_is_refused"),
    rule(f"{_MSG} §1", "no DOCTYPE, no entities, also in large documents and other encodings", "XML a_document_type_declaration_is_refused", "XML an_entity_bomb_is_refused", "XML a_large_document_with_a_dtd_is_refused_before_it_is_parsed"),
    otherwise(f"{_MSG} §1", "processing instructions are refused", "they are dropped: sent messages carry a stylesheet instruction, which is never run", "MSG what_only_looks_odd_is_the_same_message"),
    rule(f"{_MSG} §1", "depth of 64", "XML deep_nesting_is_refused", "XML the_deepest_allowed_nesting_is_read", "XML a_large_document_may_not_be_deeper_either"),
    rule(f"{_MSG} §1", "attributes of one element are bounded", "RULES more_attributes_than_anybody_writes_are_refused"),
    otherwise(f"{_MSG} §1", "texts of 10 MiB", "attachments may be larger; what is above is cut out before parsing (ADR 0021)", "XML a_single_text_of_more_than_ten_million_bytes_is_read", "LARGE only_the_small_part_of_a_document_is_parsed"),
    rule(f"{_MSG} §1", "no stylesheet of a message runs, nothing is included, no schema location is followed", "SCHEMA a_set_with_a_missing_file_does_not_compile", "SHOWN a_page_holds_no_program_and_fetches_nothing", "RULES only_the_gates_parse_xml"),
    rule(f"{_MSG} §1", "hostile documents are refused at once and as problems", "XML no_bytes_raise_anything_but_the_hubs_error", "FXML no_bytes_raise_anything_but_a_problem"),
    rule(f"{_MSG} §2 1", "what is used is what was signed", "SIGNED a_changed_message_is_s01", "SIGNED it_holds_whoever_rewrites_what_canonical_form_levels"),
    rule(f"{_MSG} §2 2", "algorithms of the list, a certificate, the signature at its own place", "SIGNED what_we_do_not_take_is_s99", "SIGNED a_signature_deeper_in_the_document_does_not_vouch_for_it"),
    rule(f"{_MSG} §2 3", "one reference, to the whole", "SIGNED what_we_do_not_take_is_s99", "DSIG ids_are_not_given_twice"),
    rule(f"{_MSG} §2 4-5", "one signature, transforms of the list, nothing from elsewhere", "SIGNED what_we_do_not_take_is_s99", "DSIG what_the_schema_refuses_is_refused_where_it_is"),
    rule(f"{_MSG} §2 6", "a text that a comment splits is one text", "XML text_split_by_a_comment_is_one_text"),
    rule(f"{_MSG} §2 7", "certificates: in time, of their use, trusted, not revoked", "SIGNED a_certificate_out_of_its_time_is_s02", "SIGNED a_certificate_for_another_use_is_s02", "SIGNED a_certificate_of_nobody_we_trust_is_s02_once_we_trust_somebody", "SIGNED a_revoked_certificate_is_s03_from_its_day_on"),
    later(f"{_MSG} §2 8", "the signer's organisation is the sender's", "the seal of the organisation is checked by the message broker; the personal signature names a person"),
    rule(f"{_MSG} §2 9", "the same bytes again change nothing, other bytes under a known id are an alarm", "RECEIVE the_same_bytes_again_change_nothing", "RECEIVE other_bytes_under_a_known_id_are_an_alarm", "RECEIVE the_id_of_another_sender_is_another_id"),
    otherwise(f"{_MSG} §2 9", "a message older than seven days waits for a person", "it is taken in: what lay in a queue is as true as before, and what was refused would be lost; after 96 hours no refusal is sent", "HELD a_message_older_than_96_hours_is_taken_in_and_answered", "MSG a_clock_of_ours_that_jumps_loses_and_doubles_nothing"),
    rule(f"{_MSG} §2", "a forged message touches no record and is told nowhere", "MREF a_forged_message_touches_no_record_and_is_told_nowhere"),
    later(f"{_MSG} §3", "CMS: signing, encrypting, keys per tenant", "the message broker signs and encrypts; keys per tenant are a later issue"),
    rule(f"{_MSG} §3", "the receiver inside must be us", "RECEIVE a_file_addressed_to_us_with_another_receiver_inside_is_answered", "RECEIVE a_type_that_this_service_does_not_take_is_refused"),
    rule(f"{_MSG} §4", "attachments: size before decoding, type by their bytes", "LARGE size_and_digits_are_counted_without_decoding", "KINDS one_format_under_the_name_of_another_is_refused", "KINDS what_could_run_is_refused_whatever_it_is_called", "KINDS any_bytes_get_a_verdict_and_the_same_each_time"),
    rule(f"{_MSG} §4", "names made here", "NAMES a_dangerous_title_becomes_a_harmless_name", "NAMES no_title_makes_a_path_a_hidden_file_or_a_second_extension"),
    rule(f"{_MSG} §4", "given back as attachments in a sandbox, never as pages of ours", "FORMATS a_page_in_a_binary_is_never_shown_as_one_of_the_hub", "FORMATS a_content_type_that_would_break_the_header_comes_as_octets", "MPAGES an_attachment_of_a_type_that_could_run_is_told_as_plain_bytes", "MPAGES an_attachment_is_a_file_to_be_saved_with_a_harmless_name"),
    later(f"{_MSG} §4", "looking for viruses", "documents are kept and given back, not searched (docs/explanation/security.md)"),
    later(f"{_MSG} §5", "HL7 v2 over MLLP", "the hub does not listen for HL7 v2"),
    rule(f"{_MSG} §6 (1)", "content types and charsets of the list", "BAD another_media_type_is_415", "RAW a_hostile_body_behind_good_credentials_is_refused"),
    rule(f"{_MSG} §6 (1)", "a packed body is bounded both ways", "FORMATS a_body_packed_badly_is_refused", "BODIES a_gzip_bomb_is_not_unpacked"),
    rule(f"{_MSG} §6 (2)", "bytes and entries are bounded", "BAD twenty_megabytes_are_413_and_not_read", "LIMITS more_entries_than_may_be_are_refused"),
    rule(f"{_MSG} §6 (3)", "depth is told before anything is decoded", "CODEC depth_is_limited", "WIRE depth_is_told_exactly", "WIRE brackets_in_texts_make_nothing_deep", "CODEC deep_json_of_any_shape_is_refused"),
    rule(f"{_MSG} §6 (4)", "numbers keep every digit; duplicate keys, NaN, surrogates and NUL are refused; each value has its JSON type", "CODEC decimals_keep_every_digit", "CODEC each_known_hole_is_closed", "CODEC bytes_that_are_no_clean_json_are_refused_by_name", "NUL a_body_with_it_is_refused"),
    rule(f"{_MSG} §6 (4)", "ids are ids", "BODIES ids_that_are_no_ids_name_nothing", "BAD an_id_with_other_signs_is_400"),
    rule(f"{_MSG} §6 (5)", "type and id are those of the URL", "CODEC the_type_must_be_the_one_asked_for", "BODIES a_hostile_body_is_refused_and_nothing_of_it_is_left"),
    rule(f"{_MSG} §6 (6)", "no model raises anything but a problem, and none repeats a value", "CODEC no_bytes_raise_anything_but_hub_error", "CODEC problems_never_repeat_what_the_sender_wrote_as_a_value"),
    rule(f"{_MSG} §6 (9)", "a narrative that could do something is refused, a clean one kept", "DIV anything_else_is_not", "DIV plain_xhtml_is_clean", "CODEC each_known_hole_is_closed"),
    rule(f"{_MSG} §6 (10)", "what was received stays what is stored", "CODEC splicing_keeps_every_other_member_byte_for_byte", "SEARCH a_match_has_full_url_and_mode_and_the_bytes_of_the_read"),
    otherwise(f"{_MSG} §6 references", "references elsewhere are refused", "they are kept as text and never followed (ADR 0015); a subject elsewhere is refused", "EACH an_attack_is_refused_and_nothing_is_stored_called_told_or_missing_from_the_log", "WAY each_module_has_the_ways_out_that_it_is_allowed"),
    rule(f"{_MSG} §6 references", "what is not yours is to you as what is not there", "TWO what_the_caller_may_not_see_is_to_them_as_what_is_not_there", "ROWS nothing_is_written_about_a_patient_that_is_not_open"),
    rule(f"{_MSG} §6 references", "one patient in a resource; in a transaction each entry by itself", "TWO what_points_at_two_patients_is_refused_and_not_stored", "TWO a_transaction_is_refused_whole_at_the_entry_that_mixes"),
    rule(f"{_MSG} §6 references", "a patient does not change", "HISTORY a_resource_never_moves_to_another_patient", "TWO a_patch_cannot_point_at_another_patient", "COND a_conditional_update_moves_nothing_to_another_patient"),
    rule(f"{_MSG} §6 references", "conditions are searches of the caller's own, of allowed parameters", "ROWS a_change_by_condition_sees_only_what_is_open", "COND a_condition_that_asks_nothing_or_cannot_be_understood_is_refused"),
    rule(f"{_MSG} §6 references", "If-Match is honoured, and needed for steps on alerts", "STEPS a_step_names_the_version_it_is_about", "COND conditional_update_heeds_if_match"),
    rule(f"{_MSG} §6 references", "the URL of an entry is one of ours: not absolute, no dots, no Bundle within", "TRANS an_entry_that_cannot_be_carried_out_is_refused_with_its_place", "BATCH a_bundle_in_a_batch_is_not_run", "EACH an_attack_is_refused_and_nothing_is_stored_called_told_or_missing_from_the_log"),
    rule(f"{_MSG} §6 search", "parameters of the table; unknown ones are 400, or left out and said so", "SEARCH an_unknown_parameter_is_refused_with_the_valid_ones_named", "WIDE lenient_leaves_out_what_is_unknown_and_says_so"),
    rule(f"{_MSG} §6 search", "a person by identifier in a form alone, as an exact token", "ROWS a_person_is_found_by_identifier_in_a_form_and_by_nothing_else", "SEARCH a_person_number_in_the_query_of_any_method_is_refused", "SEARCH a_person_number_in_a_url_is_refused_and_not_repeated"),
    rule(f"{_MSG} §6 search", "pages, parameters, values and time are bounded", "LIMITS a_larger_page_than_may_be_is_cut_and_the_self_link_says_so", "LIMITS more_values_than_may_be_are_refused_in_searches_and_conditions", "PROBES more_parameters_than_may_be_are_refused", "BUDGET a_search_is_stopped_after_its_time_and_the_next_is_answered"),
    rule(f"{_MSG} §6 search", "page links are signed, for one search and one tenant", "CURSOR a_token_leads_on_as_it_is_and_a_changed_one_is_refused", "CURSOR a_token_of_one_search_is_none_of_another", "MORE a_page_token_of_another_opens_nothing_more"),
    otherwise(f"{_MSG} §6 search", "page links end after 15 minutes", "they name a place in the order and open nothing: each page is decided anew", "MORE a_page_token_of_another_opens_nothing_more"),
    rule(f"{_MSG} §6 search", "signs of the database are letters; values are bound", "PART signs_of_the_database_are_plain_letters", "EVERY every_statement_names_its_tenant"),
    rule(f"{_MSG} §6 search", "totals, histories, counts and parts are filtered in the database", "ROWS no_list_shows_or_counts_what_is_somebody_elses", "MORE no_way_round_leads_to_what_is_somebody_elses"),
    rule(f"{_MSG} §6 ids", "ids have 74 random bits", "CLOCK ids_have_at_least_74_random_bits"),
    rule(f"{_MSG} §6 ids", "what is deleted and another's is 404", "MORE one_resource_is_read_where_the_table_says_so_and_is_missing_elsewhere"),
    rule(f"{_MSG} §6 output", "whatever a sender wrote is text on every page", "SHOWN whatever_a_sender_writes_is_text", "PAGES stored_mark_up_stays_text", "ATTACKED whatever_stands_in_a_record_is_text_on_each_page", "SHOWN any_text_is_found_again_and_stays_text", "RULES every_text_of_a_page_is_escaped_by_one_module"),
    rule(f"{_MSG} §6 output", "pages run nothing, load nothing and stand in no frame", "PAGES the_headers_allow_no_script_no_foreign_file_and_no_copy", "PAGES a_page_loads_nothing_from_elsewhere_and_runs_nothing", "ATTACKED no_page_sets_a_cookie_or_may_be_framed_or_kept"),
    rule(f"{_MSG} §6 output", "forms are taken from pages of ours alone", "FORMS a_form_from_the_page_of_another_site_is_refused", "FORMS a_mark_that_was_not_made_for_this_alert_opens_nothing", "FORMS a_form_leads_back_to_our_own_pages_only", "ATTACKED a_form_whose_origin_is_not_this_hub_is_refused_however_it_is_written"),
    rule(f"{_MSG} §6 output", "no page shows or changes what is another tenant's", "ATTACKED what_is_another_tenants_is_on_no_page_and_takes_no_step"),
    rule(f"{_MSG} §6 output", "an answer is given whole or not at all", "ATTACKED a_part_of_an_answer_is_never_given"),
)  # fmt: skip

RULES: Final = (*OUTBOUND, *MODE, *HELSEID, *SMART, *MESSAGES)
HEAD: Final = """# Rules of the security standard

Each rule of the standard that the hub is built by, in our own words, and the tests that show it. The threats and the rules of the
access log stand in [Security](../explanation/security.md). A rule that is not held here says why. The table is written by
`python -m tests.security.rules`; a test fails when a row has no test, or one that does not exist.
"""


def render() -> str:
    """The page."""
    rows = ["| where | rule | shown by |", "| --- | --- | --- |"]
    for each in RULES:
        tests = each.shown_by()
        said = f"{each.gap}: {tests}" if each.gap and tests else each.gap or tests
        rows.append(f"| {each.id} | {each.told} | {said} |")
    return "\n".join((HEAD, *rows, ""))


if __name__ == "__main__":
    PAGE.write_text(render(), "utf-8")
