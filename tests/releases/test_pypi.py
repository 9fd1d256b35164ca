import hashlib
import sys

import pytest

from lamforge.errors import DataError
from lamforge.releases import Wheel

CONTENT = b"a wheel"
WHEEL = Wheel("some-data", "1.2", "shelf", hashlib.sha256(CONTENT).hexdigest())


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LAMFORGE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "shelf"


@pytest.fixture
def pip(tmp_path, monkeypatch):
    """A Python whose pip does what a line of shell says; $dest is where the wheel belongs."""

    def make(line):
        script = tmp_path / "python"
        script.write_text(f'#!/bin/sh\nwhile [ "$1" != --dest ]; do shift; done\ndest=$2\n{line}\n')
        script.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(script))

    return make


def test_a_wheel_is_fetched_once(pip, cache):
    assert WHEEL.cached() is None
    pip(f"printf '{CONTENT.decode()}' > $dest/some_data-1.2-py3-none-any.whl")
    assert WHEEL.fetched().read_bytes() == CONTENT
    assert [path.name for path in cache.iterdir()] == ["some_data-1.2-py3-none-any.whl"]
    pip("exit 3")
    assert WHEEL.fetched() == WHEEL.cached() == cache / "some_data-1.2-py3-none-any.whl"


def test_what_pip_says_is_passed_on(pip, cache):
    pip("printf half > $dest/some_data-1.2-py3-none-any.whl; echo 'no such project' >&2; exit 1")
    with pytest.raises(DataError, match="no such project"):
        WHEEL.fetched()
    assert [path.name for path in cache.iterdir()] == []


def test_another_wheel_under_the_name_is_refused(cache):
    cache.mkdir(parents=True)
    (cache / WHEEL.name).write_bytes(b"another")
    with pytest.raises(DataError, match="not the wheel that PyPI has"):
        WHEEL.fetched()
