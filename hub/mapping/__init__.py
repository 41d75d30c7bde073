"""Where the standards meet: one file per translation, `from_to` in the name, each stating its Drops."""
