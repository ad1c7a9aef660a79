"""The hashed requirement files: what each world gets, and that they follow pyproject.toml."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bot.environments import ROOT

FILES = sorted(
    path
    for path in (ROOT / "requirements").glob("*.txt")
    if not path.name.endswith(".overrides.txt")
)


def locked(name: str) -> dict[str, str]:
    """Return the versions in one requirement file by package."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)==([^ ;\\]+)", text, re.MULTILINE))


def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_the_engine_has_rasa_and_no_tensorflow() -> None:
    engine = locked("engine")
    assert engine["rasa"] == "3.6.21"
    assert engine["sqlalchemy"].startswith("1.4.")
    assert engine["pydantic"].startswith("1.")
    assert not [name for name in engine if re.match("tensorflow|keras|torch|jax", name)]


def test_the_service_has_sqlalchemy_2_and_neither_rasa_nor_torch() -> None:
    service = locked("service")
    assert service["sqlalchemy"].startswith("2.")
    assert service["rasa-sdk"].startswith("3.21.")
    assert service["apscheduler"].startswith("3.")
    assert "protobuf" in service, "an override that is meant for the engine once removed it"
    assert not [
        name for name in service if re.match("rasa$|tensorflow|keras|torch|sentence-", name)
    ]


def test_stock_rasa_is_rasa_as_it_is_published() -> None:
    stock = locked("stock")
    assert stock["rasa"] == locked("engine")["rasa"]
    assert stock["tensorflow"] == "2.12.0"


def test_the_checks_fit_on_top_of_the_service() -> None:
    service, checks = locked("service"), locked("checks")
    assert checks["pytest"].startswith("9.")
    assert {name: version for name, version in checks.items() if name in service} == {
        name: service[name] for name in checks if name in service
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_requirement_file_has_hashes_and_no_address(path: Path) -> None:
    text = path.read_text()
    assert "://" not in text
    assert not re.search(r"^\s*(--(?!hash)|-[a-z] )", text, re.MULTILINE), "an option for pip"
    packages = re.findall(r"^[a-z].*$", text, re.MULTILINE)
    assert packages
    assert all(line.endswith("\\") for line in packages), "a package without a hash"


def test_the_requirement_files_follow_pyproject() -> None:
    project = pyproject()
    wanted = {"service": project["project"]["dependencies"], **project["dependency-groups"]}
    for name, lines in wanted.items():
        versions = locked(name)
        for requirement in map(Requirement, lines):
            version = versions.get(canonicalize_name(requirement.name))
            assert version, f"{requirement} is not in requirements/{name}.txt: python3 -m bot lock"
            assert requirement.specifier.contains(version, prereleases=True), (
                f"{requirement} is not {version}: python3 -m bot lock"
            )


def test_there_is_one_requirement_file_for_each_list_of_pyproject() -> None:
    assert {path.stem for path in FILES} == {"service", *pyproject()["dependency-groups"]}
