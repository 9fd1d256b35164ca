"""Which release data are, whatever was asked for."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from lamforge.errors import UsageError
from lamforge.evaluate.bfcl import Release, open_release, parse_suite, score_results


@pytest.fixture
def copy(release: Release, tmp_path: Path) -> Path:
    return Path(shutil.copytree(release.path, tmp_path / "copy"))


def says(folder: Path, version: str) -> None:
    (folder / f"bfcl_eval-{version}.dist-info").mkdir()
    (folder / f"bfcl_eval-{version}.dist-info" / "METADATA").write_text(f"Name: bfcl_eval\nVersion: {version}\n")


def packed(folder: Path, wheel: Path) -> Path:
    with zipfile.ZipFile(wheel, "w") as archive:
        for file in folder.rglob("*"):
            archive.write(file, file.relative_to(folder))
    return wheel


def test_data_are_the_release_that_their_metadata_say(copy: Path, tmp_path: Path) -> None:
    assert open_release(parse_suite("v3"), copy).version == "unknown"
    says(copy, "2025.5.1")
    wheel = packed(copy, tmp_path / "any-name.whl")
    for path in (copy, copy / "bfcl_eval", wheel):
        release = open_release(parse_suite("v3"), path)
        assert str(release.labelled(parse_suite("v3"))) == "v3@2025.5.1"
        assert open_release(parse_suite("v3@2025.5.1"), path).version == "2025.5.1"
        with pytest.raises(UsageError, match=r"release 2025\.5\.1 of bfcl-eval, not 2025\.6\.8"):
            open_release(parse_suite("v3@2025.6.8"), path)


def test_data_that_say_to_be_a_known_release_and_are_not_are_told_from_it(copy: Path) -> None:
    says(copy, "2025.6.8")
    assert Release(copy).version == "2025.6.8+changed"
    with pytest.raises(UsageError, match="changed"):
        open_release(parse_suite("v3@2025.6.8"), copy)


def test_results_carry_the_release_that_was_really_read(copy: Path, tmp_path: Path) -> None:
    says(copy, "2025.5.1")
    release = open_release(parse_suite("v3"), copy)
    (tmp_path / "BFCL_v3_irrelevance_result.json").write_text('{"id": "irrelevance_0", "result": "No."}')
    summary = score_results(release, parse_suite("v3"), tmp_path / "BFCL_v3_irrelevance_result.json", "text")
    assert summary.suite == summary.made["suite"] == "v3@2025.5.1"


def test_of_several_wheels_the_one_that_was_asked_for_is_read_or_none(copy: Path, tmp_path: Path) -> None:
    folder = tmp_path / "wheels"
    folder.mkdir()
    packed(copy, folder / "bfcl_eval-2025.5.1-py3-none-any.whl")
    assert open_release(parse_suite("v3"), folder).path.name == "bfcl_eval-2025.5.1-py3-none-any.whl"
    with pytest.raises(UsageError, match=r"no wheel of release 2025\.6\.8, but bfcl_eval-2025\.5\.1"):
        open_release(parse_suite("v3@2025.6.8"), folder)
    packed(copy, folder / "bfcl_eval-2025.5.2-py3-none-any.whl")
    with pytest.raises(UsageError, match="no wheel of release"):
        open_release(parse_suite("v3"), folder)


def test_the_published_releases_are_known_by_their_data(official: tuple[object, Release]) -> None:
    suite, release = official
    assert release.version == suite.version  # type: ignore[attr-defined]
    assert release.digest == release.digest_of_files()
