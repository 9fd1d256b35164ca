"""What all tests share: the library, a small domain."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import settings

from lamforge.domains import Domain, load_domain

settings.register_profile("lamforge", deadline=None)  # the machine is shared: time says nothing
settings.load_profile("lamforge")

LIBRARY = Path(__file__).parent / "library"


@pytest.fixture(scope="session")
def library() -> Domain:
    """A small domain: 40 members, 100 loans, five tools, four rules."""
    return load_domain(LIBRARY)


@pytest.fixture
def library_copy(tmp_path: Path) -> Path:
    """A copy of the library's folder for a test to break."""
    return Path(shutil.copytree(LIBRARY, tmp_path / "library", ignore=shutil.ignore_patterns("__pycache__")))
