"""What can go wrong in sending, for the doors to translate."""


class DispatchError(Exception):
    """The base of this package's errors; the message is a sentence for a person."""


class PlanRefused(DispatchError):
    """A dispatch cannot be planned; nothing was changed."""


class BadHeader(DispatchError):
    """A value that must not stand in a header, such as one with a line break."""
