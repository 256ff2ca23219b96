"""Trainings that the page starts, each a process of its own, so that it outlives the page and the server."""

from __future__ import annotations

from pathlib import Path

from striate.web.lab.settings import LabSettings


class Runs:
    """The runs in the lab's folder."""

    def __init__(self, settings: LabSettings) -> None:
        self.settings = settings

    def model(self, name: str) -> Path | None:
        """The model file of a run, if there is such a run and it has one."""
        return None
