"""Code lists (kodeverk) that code decides by, one file each, OID and version inside."""
