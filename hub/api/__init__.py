"""HTTP in front of the hub: ASGI layers and routes, thin (D8)."""
