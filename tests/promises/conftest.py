"""What the promise tests share: one small program each."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.program import Program, build


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Ana is active, Ben has her, Cora supervises, it is Monday noon."""
    return build(tmp_path)
