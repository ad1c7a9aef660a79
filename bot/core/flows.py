"""A flow: what is asked, in which order, and where each answer leads."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

END = "END"
UNCLEAR = "unclear"  # kept for an answer that nobody could place after asking twice


@dataclass(frozen=True, slots=True)
class Choice:
    """One possible answer: its value, a label a language, examples of how people say it."""

    value: str
    label: dict[str, str]
    says: dict[str, tuple[str, ...]]
    signal: str | None = None  # a danger signal that this answer carries


@dataclass(frozen=True, slots=True)
class Branch:
    """Where to go: with these values, or with any other when ``values`` is empty."""

    values: tuple[str, ...]
    then: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step: a question (``collect``), a thing done (``action``) or another flow (``link``).

    A question with ``choices`` keeps one of their values; one without keeps the client's words,
    at most ``longest`` characters. ``unclear``: the step after an answer that stayed unclear.
    """

    id: str
    collect: str = ""
    choices: tuple[Choice, ...] = ()
    unclear: str = ""
    action: str = ""
    link: str = ""
    next: tuple[Branch, ...] = ()
    longest: int = 300
    line: int = 0

    def choice(self, value: str) -> Choice | None:
        """Return the choice with this value, None when there is none."""
        return next((choice for choice in self.choices if choice.value == value), None)


@dataclass(frozen=True, slots=True)
class Flow:
    """A named, versioned list of steps; a run finishes on the version it began with."""

    name: str
    version: int
    description: str
    steps: tuple[Step, ...]

    def step(self, step_id: str) -> Step:
        """Return the step with this id; KeyError when the flow has none."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)

    @property
    def first(self) -> Step:
        """Return the step with which a run begins."""
        return self.steps[0]

    def after(self, step: Step, value: str = "") -> Step | None:
        """Return the step that follows this answer, None at the end."""
        if value == UNCLEAR and step.unclear:
            target = step.unclear
        else:
            target = next((b.then for b in step.next if not b.values or value in b.values), "")
        if target == END:
            return None
        if target:
            return self.step(target)
        place = self.steps.index(step) + 1
        return self.steps[place] if place < len(self.steps) else None

    def as_json(self) -> dict[str, Any]:
        """Return the flow as it is copied onto a run, so that the run ends as it began."""
        return asdict(self)

    @classmethod
    def from_json(cls, flow: dict[str, Any]) -> Flow:
        """Return the flow that ``as_json`` wrote."""
        return cls(**{**flow, "steps": tuple(_step(step) for step in flow["steps"])})


def _step(step: dict[str, Any]) -> Step:
    choices = tuple(
        Choice(**{**choice, "says": {k: tuple(v) for k, v in choice["says"].items()}})
        for choice in step["choices"]
    )
    branches = tuple(Branch(tuple(branch["values"]), branch["then"]) for branch in step["next"])
    return Step(**{**step, "choices": choices, "next": branches})
