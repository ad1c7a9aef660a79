"""Where answers lead: never into nowhere, to every step, and always to an end."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from bot.content.yaml import line_of
from bot.core.flows import END, LATER, Flow, Step
from bot.errors import ContentError


def check(path: Path, flow: Flow, steps: Any) -> None:
    """Refuse a way into nowhere, a step that no way leads to, and a circle without an exit.

    ``steps``: the flow's steps as they stand in the file, for the line of a mistake.
    """
    ids = [step.id for step in flow.steps]
    ways: dict[str, set[str]] = {}
    for place, step in enumerate(flow.steps):
        if step.id in ids[:place]:
            raise _at(path, step, f"two steps are called `{step.id}`", "rename one")
    for place, step in enumerate(flow.steps):
        targets = [branch.then for branch in step.next] + ([step.unclear] if step.unclear else [])
        if flow.plan and step.unclear == LATER:
            targets.remove(LATER)  # the plan waits at this question
        for target in targets:
            if target != END and target not in ids:
                mend = "use END or one of: " + ", ".join(ids)
                line = _line_of_way(steps[place], target)
                what = f"there is no step `{target}`"
                raise ContentError(path, line, what, mend)
        falls_through = not step.link and all(branch.values for branch in step.next)
        after = ids[place + 1] if place + 1 < len(ids) else END
        ways[step.id] = set(targets) | ({after} if falls_through else set())
        if step.link:
            ways[step.id] = {END, *targets}
    reached = _closure({ids[0]}, ways)
    ending = _closure({END}, _turned(ways))
    for step in flow.steps:
        if step.id not in reached:
            raise _at(
                path, step, f"no way leads to `{step.id}`", "name it in a `then`, or remove it"
            )
        if step.id not in ending:
            raise _at(path, step, f"after `{step.id}` it never ends", "let one way lead to END")


def _line_of_way(node: Any, target: str) -> int:
    """Return the line on which a step names where to go."""
    branches = node.get("next") if isinstance(node.get("next"), list) else []
    for one in (node, *branches):
        for key in ("unclear", "next", "then", "else"):
            if one.get(key) == target:
                return line_of(one, key)
    return line_of(node)


def _at(path: Path, step: Step, what: str, mend: str) -> ContentError:
    return ContentError(path, step.line, what, mend)


def _closure(start: set[str], ways: dict[str, set[str]]) -> set[str]:
    found, new = set(start), set(start)
    while new:
        new = {to for place in new for to in ways.get(place, ())} - found
        found |= new
    return found


def _turned(ways: dict[str, set[str]]) -> dict[str, set[str]]:
    turned: dict[str, set[str]] = {}
    for place, targets in ways.items():
        for target in targets:
            turned.setdefault(target, set()).add(place)
    return turned


def check_link(path: Path, step: Step, names: Collection[str]) -> None:
    """Raise ContentError when a step leads into a flow that does not exist."""
    if step.link not in names:
        mend = "use one of: " + ", ".join(sorted(names))
        raise ContentError(path, step.line, f"there is no flow `{step.link}`", mend)


def check_known(path: Path, step: Step, source: str, flows: Mapping[str, Flow]) -> None:
    """Raise ContentError when an answer is to be taken over from a question that nobody asks."""
    flow, _, asked = source.partition(".")
    if flow not in flows or asked not in [one.id for one in flows[flow].steps]:
        mend = "name a question as flow.question"
        raise ContentError(path, step.line, f"there is no question `{source}`", mend)
