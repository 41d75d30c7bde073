"""Norwegian XML e-messages (HIS standards): bytes ↔ values, receipts, states; no I/O, no FHIR."""
