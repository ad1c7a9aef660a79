"""The runner of the checks: all steps run, and a failing one is shown and counted."""

import sys
from pathlib import Path

from bot.checks import Result, Step, run_steps


def python(code: str, name: str = "step", **more: object) -> Step:
    return Step(name, (sys.executable, "-c", code), **more)  # type: ignore[arg-type]


def run(*steps: Step, root: Path) -> tuple[list[Result], list[str], str]:
    said: list[str] = []
    shown: list[str] = []
    results = run_steps(steps, root=root, say=said.append, show=shown.append)
    return results, said, "".join(shown)


def test_a_failing_step_is_shown_and_the_others_still_run(tmp_path: Path) -> None:
    results, said, shown = run(
        python("print('broken'); exit(1)", "first"),
        python("print('fine')", "second"),
        root=tmp_path,
    )
    assert [result.passed for result in results] == [False, True]
    assert shown == "broken\n"
    assert "first: FAILED" in said[1]
    assert "second: ok" in said[3]


def test_a_step_whose_files_do_not_exist_yet_is_left_out_and_said(tmp_path: Path) -> None:
    results, said, _ = run(python("exit(1)", needs="tests/engine/**/test_*.py"), root=tmp_path)
    assert results[0].passed is None
    assert "nothing to check yet" in said[0]


def test_a_live_step_is_shown_once(tmp_path: Path) -> None:
    _, _, shown = run(python("print('line'); exit(1)", live=True), root=tmp_path)
    assert shown == "line\n"


def test_a_missing_program_fails_its_step(tmp_path: Path) -> None:
    results, _, shown = run(Step("gone", (str(tmp_path / "gone"),)), root=tmp_path)
    assert results[0].passed is False
    assert "No such file" in shown


def test_the_closing_line_of_pytest_is_found() -> None:
    output = "\x1b[32m.\x1b[0m\n==== \x1b[32m2 passed\x1b[0m, 1 skipped in 0.12s ====\nafterwards\n"
    result = Result(python(""), True, 0.0, output)
    assert result.closing_line() == "==== 2 passed, 1 skipped in 0.12s ===="
    assert Result(python(""), True, 0.0, "no tests here\n").closing_line() is None
