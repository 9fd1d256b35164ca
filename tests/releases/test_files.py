import gzip
import zipfile

import pytest

from lamforge.errors import DataError
from lamforge.releases import Files


@pytest.fixture
def both(tmp_path):
    """The same files as a folder and as an archive."""
    folder, wheel = tmp_path / "folder", tmp_path / "x.whl"
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "one.json").write_text('{"n": 1}')
    (folder / "a" / "two.json.gz").write_bytes(gzip.compress(b"[2]"))
    (folder / "aside.txt").write_text("x")
    with zipfile.ZipFile(wheel, "w") as archive:
        for file in folder.rglob("*"):
            archive.write(file, file.relative_to(folder))
    return Files(folder), Files(wheel)


def test_a_folder_and_a_wheel_are_read_alike(both):
    for files in both:
        assert files.names() == ["a/b/one.json", "a/two.json.gz", "aside.txt"]
        assert files.names("a") == ["a/b/one.json", "a/two.json.gz"]
        assert (files.has("aside.txt"), files.has("a/b"), files.has("b")) == (True, False, False)
        assert (files.json("a/b/one.json"), files.json("a/two.json.gz"), files.text("aside.txt")) == (
            {"n": 1},
            [2],
            "x",
        )
    assert both[0].digest == both[1].digest


def test_the_digest_is_of_what_was_read_in_any_order(both):
    first, second = both
    empty = first.digest
    first.bytes("aside.txt")
    one = first.digest
    first.bytes("a/b/one.json")
    second.bytes("a/b/one.json")
    second.bytes("aside.txt")
    assert len({empty, one, first.digest}) == 3
    assert first.digest == second.digest


@pytest.mark.parametrize("place", [0, 1])
def test_what_cannot_be_read_is_named_with_its_place(both, place):
    with pytest.raises(DataError, match=r"a/none: is missing"):
        both[place].bytes("a/none")
    with pytest.raises(DataError, match="is not JSON"):
        both[place].json("aside.txt")


def test_a_file_that_unpacks_to_more_than_the_limit_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.whl", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("large", b"\0" * 10_000)
        archive.writestr("packed.gz", gzip.compress(b"\0" * 10_000))
    files = Files(tmp_path / "x.whl", limit=1000)
    for name in ("large", "packed.gz"):
        with pytest.raises(DataError, match="is larger"):
            files.bytes(name)


def test_what_is_neither_folder_nor_wheel_is_refused_with_a_remedy(tmp_path):
    (tmp_path / "x.whl").write_text("x")
    with pytest.raises(DataError, match="is no wheel"):
        Files(tmp_path / "x.whl", remedy="Pass another.")
    with pytest.raises(DataError, match="does not exist") as caught:
        Files(tmp_path / "y", remedy="Pass another.")
    assert caught.value.remedy == "Pass another."
