"""What can go wrong, as the user should read it: one line that says what is wrong, where, what was expected."""


class StriateError(Exception):
    """Base of every error that Striate raises on purpose. The command line prints it as one line, exit code 1."""


class TableError(StriateError):
    """A table that no network can be built from: names the row, the rule it breaks and the numbers."""


class DataError(StriateError):
    """An image or a data set that cannot be read: names the path and the reason."""


class ModelError(StriateError):
    """A model file or run directory that cannot be used: names the path and the reason."""


class TrainingError(StriateError):
    """Training that cannot start or go on: names the run directory, or the step and what went wrong there."""
