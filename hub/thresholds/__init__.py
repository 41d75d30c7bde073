"""The rules engine (terskelmotor): measurements in, zones and alerts out; no FHIR, no clock, no I/O.

Source: dho/thresholds.md (section numbers in the modules are its own).
"""
