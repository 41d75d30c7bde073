"""FHIR R4 (4.0.1): models, codec, search, interactions; no framework and no storage (http://hl7.org/fhir/R4/http.html)."""
