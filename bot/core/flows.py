"""A flow: what is asked, in which order, and where each answer leads."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

END = "END"
UNCLEAR = "unclear"  # kept for an answer that nobody could place after asking twice
# Every question of a plan can be left out, or be left for later; both are tapped or said.
SKIP = "skip"
LATER = "later"


@dataclass(frozen=True, slots=True)
class Choice:
    """One possible answer: its value, a label a language, examples of how people say it."""

    value: str
    label: dict[str, str]
    says: dict[str, tuple[str, ...]]
    signal: str | None = None  # a danger signal that this answer carries
    need: str | None = None  # what the program is asked for with this answer
    hears: tuple[str, ...] = ()  # key words: wherever one stands in an answer, this is meant
    item: dict[str, str] | None = None  # its words in the plan; none: the label
    keep: bool = True  # false: this answer is no item of the plan
    hide_for: tuple[str, ...] = ()  # situations in whose clients this answer is not offered

    def words(self, language: str) -> str:
        """Return what stands in the plan for this answer, empty when nothing does."""
        return (self.item or self.label)[language] if self.keep else ""


@dataclass(frozen=True, slots=True)
class Branch:
    """Where to go: with these values, or with any other when ``values`` is empty."""

    values: tuple[str, ...]
    then: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step: a question (``collect``), a thing done (``action``) or another flow (``link``).

    A question with ``choices`` keeps one of their values; one without keeps the client's words,
    at most ``longest`` characters; with ``words`` the choices are examples and own words count too.
    ``unclear``: the step after an answer that stayed unclear, or LATER: then the plan waits.
    ``section`` and ``term``: where in the plan the answer stands. ``calm``: own words that staff
    listed as no danger here; ``puts_off``: what means "later" here beside the usual. A link's
    ``next`` is where to go when the other flow is done.
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
    words: bool = False
    section: str = ""
    term: str = ""
    opens: dict[str, str] | None = None  # what stands before the answer in the plan
    drops: dict[str, tuple[str, ...]] | None = None  # how answers begin that say it once more
    moment: bool = (
        False  # the answer can be acted on at once: whom to call, where to go, what to do
    )
    calm: tuple[str, ...] = ()
    puts_off: tuple[str, ...] = ()
    known: tuple[str, ...] = ()  # questions (flow.step) whose fresh answer is taken over

    def choice(self, value: str) -> Choice | None:
        """Return the choice with this value, None when there is none."""
        return next((choice for choice in self.choices if choice.value == value), None)


@dataclass(frozen=True, slots=True)
class Flow:
    """A named, versioned list of steps; a run finishes on the version it began with.

    ``plan``: it makes a safety plan, so each question may be skipped or left for later, and a run
    that was left is gone on with instead of begun again. ``once``: not asked again when it was
    done. ``no_answer``: folded phrases that say nothing where own words are asked for.
    ``reasons``: folded, by kind, what tells a yes from a no where a reason comes with it.
    """

    name: str
    version: int
    description: str
    steps: tuple[Step, ...]
    plan: bool = False
    once: bool = False
    no_answer: tuple[str, ...] = ()
    reasons: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def step(self, step_id: str) -> Step:
        """Return the step with this id; KeyError when the flow has none."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)

    def told_to(self, situation: str | None) -> Flow:
        """Return the flow as a client in this situation is asked: without what would hurt."""
        return replace(
            self,
            steps=tuple(
                replace(step, choices=tuple(c for c in step.choices if situation not in c.hide_for))
                for step in self.steps
            ),
        )

    @property
    def first(self) -> Step:
        """Return the step with which a run begins."""
        return self.steps[0]

    def after(self, step: Step, value: str = "") -> Step | None:
        """Return the step that follows this answer, None at the end."""
        if value in (UNCLEAR, SKIP) and step.unclear not in ("", LATER):
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
        steps = tuple(_step(step) for step in flow["steps"])
        no_answer = tuple(flow.get("no_answer") or ())
        reasons = {kind: tuple(said) for kind, said in (flow.get("reasons") or {}).items()}
        return cls(**{**flow, "steps": steps, "no_answer": no_answer, "reasons": reasons})


def _step(step: dict[str, Any]) -> Step:
    choices = tuple(
        Choice(
            **{
                **choice,
                "says": {k: tuple(v) for k, v in choice["says"].items()},
                "hears": tuple(choice.get("hears") or ()),
                "hide_for": tuple(choice.get("hide_for") or ()),
            }
        )
        for choice in step["choices"]
    )
    branches = tuple(Branch(tuple(branch["values"]), branch["then"]) for branch in step["next"])
    lists = {key: tuple(step.get(key) or ()) for key in ("calm", "puts_off", "known")}
    drops = step.get("drops")
    said = {language: tuple(begins) for language, begins in drops.items()} if drops else None
    return Step(**{**step, **lists, "drops": said, "choices": choices, "next": branches})
