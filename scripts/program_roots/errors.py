class ProgramRootError(Exception):
    """A program root cannot be had; the message says what to do and is meant for a user."""
