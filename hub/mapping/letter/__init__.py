"""Letters (Epikrise, Henvisning) and FHIR, both ways."""
