"""FHIR → PLO: one file per message type; the blocks are read by the same tables that wrote them (`plo/`)."""
