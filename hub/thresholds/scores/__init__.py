"""Clinical scores, one file each: the published charts as tables."""
