"""The blocks of the PLO messages ↔ FHIR, one table each, read both ways."""

# Persons and organisations go by reference wherever no line says otherwise: their ways must be known before any table.
from hub.mapping.both_ways import people as _people

__all__ = ["_people"]
