"""The store: one interface, engines behind it; schema and migrations by SQLAlchemy, hot statements by hand (D3)."""
