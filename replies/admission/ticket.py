"""A place among those who are answered at the same time, as a reply sees it; `replies.admission.queue` gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from replies.reply import Reply


class QueuePosition(NamedTuple):
    """What an answer waits for that may not be asked for yet. `before`: how many answers that wait come first.
    `own`: answers of the same visitor have to end; otherwise, anybody's."""

    before: int
    own: bool


class Permit(Protocol):
    @property
    def queue_position(self) -> QueuePosition | None:
        """What it waits for; None where it does not wait."""
        ...

    def enter(self) -> bool:
        """Wait for the place; False where it withdrew meanwhile. Raises ProviderError where none will be given."""
        ...

    def withdraw(self) -> None:
        """Give it up, unless it was entered, from any thread."""
        ...

    def leave(self, reply: Reply) -> None:
        """Give it up once the reply, which is its own, is over."""
        ...
