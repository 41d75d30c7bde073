"""PLO 1.6 messages → FHIR R4 resources, one file per message type and per shared block."""
