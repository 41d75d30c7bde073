"""FHIR → Dialogmelding, one file per version of the payload."""
