"""Why something is not accepted."""


class Refused(Exception):
    """What a partner sent, or a person typed, is not as the documents say it must be."""

    def __init__(self, reason: str, sentence: str = "", position: int | None = None) -> None:
        super().__init__(f"{reason}: {sentence}" if sentence else reason)
        self.reason = reason
        self.position = position


def require(holds: bool, reason: str, sentence: str = "") -> None:
    """Refuses unless the condition holds."""
    if not holds:
        raise Refused(reason, sentence)
