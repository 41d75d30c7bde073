"""Who does what where there is one process alone: everything is its own."""

from __future__ import annotations

from hub.ports import Job


class Alone:
    """hub.ports.Claims of the only process there is: everything is its own."""

    async def take(self, job: Job) -> bool:  # noqa: ARG002 - the port's signature
        """Ours."""
        return True

    async def free(self, job: Job) -> None:
        """Nobody waits for it."""

    async def duty(self, name: str) -> bool:  # noqa: ARG002 - the port's signature
        """Ours."""
        return True

    def close(self) -> None:
        """Nothing was held."""
