"""Errors that users read: one line with what is wrong, where, and what was expected."""

from __future__ import annotations


class StriateError(Exception):
    """Base of every error that Striate raises on purpose. The command line prints it as one line, exit code 1."""


class TableError(StriateError):
    """A table that no network can be built from: names the row, the rule it breaks and the numbers.

    `place` holds the keys from the table down: ("rows", 7, "branches", 0, 1); empty if no row is at fault.
    """

    def __init__(self, message: str, place: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.place = place

    def inside(self, *keys: str | int) -> TableError:
        """The same error, with its path relative to the table."""
        self.place = (*keys, *self.place)
        return self


class DataError(StriateError):
    """An image or a data set that cannot be read: names the path and the reason."""


class ModelError(StriateError):
    """A model file or run directory that cannot be used: names the path and the reason."""


class TrainingError(StriateError):
    """Training that cannot start or go on: names the run directory, or the step and what went wrong there."""


class DivergenceError(TrainingError):
    """A training whose loss is not finite any more: names the step, the learning rate and the row at fault."""


class RequestError(StriateError):
    """A request with an argument that cannot be used: names the argument and what was expected."""


class RunNotFoundError(StriateError):
    """A run that does not exist."""


class RunConflictError(StriateError):
    """A change that the state of a run forbids: names the run's state."""


class ClassroomError(StriateError):
    """A change that a class does not take: names what is full, closed, or cannot be read or written."""


class DrawingNotFoundError(ClassroomError):
    """A drawing that a class does not have, or that belongs to another device."""


class CourseError(StriateError):
    """A lesson, an exercise or a file of claims that cannot be used: names the place and what was expected."""
