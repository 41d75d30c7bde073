"""Our own verbs, one screen each: core and ports, no framework."""
