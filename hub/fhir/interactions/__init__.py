"""One file per FHIR interaction or operation of the specification itself (http://hl7.org/fhir/R4/http.html)."""
