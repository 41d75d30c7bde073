"""Counterparts of the hub for tests and demo: they speak the standards and, when asked, break them."""
