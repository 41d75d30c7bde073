"""Tables that are read both ways: one line says where a value of a message stands in FHIR, going and coming back."""
