"""PLO messages written from FHIR that never was a message."""
