"""A FHIR-native hub between Norwegian health systems and patients followed up at home (DHO)."""
