"""One file per rule kind, named as in the standard; registry.py is the table of them."""
