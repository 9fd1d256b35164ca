from __future__ import annotations

import pytest

from lamforge.errors import OutputError
from lamforge.journal import write_atomically


@pytest.mark.parametrize("content", ["grün\n", "grün\n".encode(), ["grü", "n\n"], iter([b"gr\xc3\xbcn", "\n"])])
def test_text_bytes_and_pieces_are_written_as_they_are(tmp_path, content):
    path = tmp_path / "file.txt"
    path.write_text("an older and longer content")
    write_atomically(path, content)
    assert path.read_bytes() == b"gr\xc3\xbcn\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_half_way_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")

    def pieces():
        yield "half of the new"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, pieces())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_an_output_error_with_a_remedy(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(OutputError) as caught:
        write_atomically(tmp_path / "file" / "report.json", "{}")
    assert "report.json" in str(caught.value)
    assert caught.value.remedy
