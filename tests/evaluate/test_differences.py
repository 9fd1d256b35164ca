from __future__ import annotations

from lamforge.evaluate.differences import Made, compared


def test_what_is_too_much_for_a_page_is_cut_with_a_mark():
    wide = Made("look", {f"a{number}": number for number in range(230)})
    long = Made("look", {"at": "x" * 5000}, error="no " * 400)
    found = compared([wide, long], [long] * 203)
    assert [call["name"] for call in found["made"][199:]] == ["look", "… and 3 more calls; all are in rows.jsonl"]
    assert found["expected"][0]["arguments"][-1][0] == "… and 30 more arguments; all are in rows.jsonl"
    (argument,) = found["expected"][1]["arguments"]
    assert argument[1].endswith("… and 1,002 more characters; the whole is in rows.jsonl")
    assert found["made"][0]["mark"].endswith("… and 700 more characters; the whole is in rows.jsonl")
