"""Dialogmelding (1.0 and 1.1) → FHIR, one file per message type."""
