"""Patches: documents that say how a resource is to change, and their effect on its JSON."""
