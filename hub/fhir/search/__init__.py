"""Search: definitions, query string, index rows, bundle (http://hl7.org/fhir/R4/search.html)."""
