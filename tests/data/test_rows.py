"""Trajectories to token rows: what is trained, what is left out, what is refused."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lamforge.data import Row, Rows, copied_words, data_hash, make_rows, read_trajectories, rendered_texts
from lamforge.data.rows import conversation
from lamforge.errors import DataError
from lamforge.formats import get_format
from lamforge.messages import Message, Trajectory

FORMAT = get_format("xlam-qwen/always")
VERDICT = {"format": True, "execution": True, "policy": True, "state": True, "outputs": True}
TOOL = {"type": "function", "function": {"name": "look", "description": "", "parameters": {"type": "object"}}}
CALL = {"function": {"name": "look", "arguments": {"where": ["under the bed"], "what": {"name": "Größe 5"}}}}
DIALOGUE = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Look!"},
    {"role": "assistant", "tool_calls": [CALL]},
    {"role": "tool", "content": "nothing <b>", "tool_call_id": ""},
    {"role": "assistant", "content": "Nothing — 無."},
    {"role": "user", "content": "Thanks, bye."},
    {"role": "assistant", "content": ""},
]


def trajectory(messages: list[dict[str, Any]] | None = None, reward: int = 1, name: str = "one") -> dict[str, Any]:
    record = {"schema": 1, "trajectory_id": name, "task_id": "t", "domain": "d", "tools": [TOOL], "reward": reward}
    record |= {"verdict": VERDICT, "state_diff": [], "agent": "a", "user": "u", "seed": 0, "ended": "stop"}
    return {**record, "messages": DIALOGUE if messages is None else messages}


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def lines(*records: dict[str, Any] | str, name: str = "data.jsonl") -> Path:
        path = tmp_path / name
        texts = (record if isinstance(record, str) else json.dumps(record) for record in records)
        path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8", errors="surrogateescape")
        return path

    return lines


def trained_texts(row: Row, tokenizer: Any) -> list[str]:
    """The text of each run of trained tokens."""
    runs = groupby(zip(row.tokens, row.trained, strict=True), key=lambda pair: pair[1])
    return [tokenizer.decode([token for token, _ in run]) for trained, run in runs if trained]


def whole(data: Rows, row: Row, tokenizer: Any) -> str:
    return str(tokenizer.decode(data.prefixes[row.prefix] + row.tokens))


def test_exactly_what_the_assistant_wrote_and_its_stop_token_is_trained(
    write: Callable[..., Path], tokenizer: Any
) -> None:
    data = make_rows([write(trajectory())], FORMAT, tokenizer, 2048)
    assert trained_texts(data.rows[0], tokenizer) == [
        '[{"name": "look", "arguments": {"where": ["under the bed"], "what": {"name": "Größe 5"}}}]<|im_end|>',
        "Nothing — 無.<|im_end|>",
        "<|im_end|>",
    ]
    assert data.trained_tokens == sum(data.rows[0].trained)


def test_the_trained_tokens_of_real_conversations_are_the_formats_spans(conversations: Path, tokenizer: Any) -> None:
    data = make_rows([conversations], FORMAT, tokenizer, 2048)
    read = list(read_trajectories(conversations))
    assert len(data.rows) == len(read) == 40
    for row, one in zip(data.rows, read, strict=True):
        messages, tools = conversation(one, FORMAT)
        text = FORMAT.render(messages, tools)
        assert whole(data, row, tokenizer) == text
        spans = FORMAT.spans(messages, tools)
        assert trained_texts(row, tokenizer) == [text[span.start : span.end] for span in spans]
        assert len(spans) == sum(message.role == "assistant" for message in messages)


@given(texts=st.lists(st.text(st.characters(exclude_categories=("Cs",)), max_size=20), min_size=3, max_size=3))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_said_the_mask_is_exact(write: Callable[..., Path], tokenizer: Any, texts: list[str]) -> None:
    roles = ("user", "assistant", "user")
    messages = [{"role": role, "content": text} for role, text in zip(roles, texts, strict=True)]
    messages.append({"role": "assistant", "content": texts[0]})
    data = make_rows([write(trajectory(messages))], FORMAT, tokenizer, 2048)
    said = [unicodedata.normalize("NFC", text.strip()) + "<|im_end|>" for text in (texts[1], texts[0])]
    assert trained_texts(data.rows[0], tokenizer) == said


def test_conversations_of_one_domain_share_their_prefix(conversations: Path, tokenizer: Any) -> None:
    data = make_rows([conversations], FORMAT, tokenizer, 2048)
    assert len(data.prefixes) == 1
    assert data.unique_tokens == len(data.prefixes[0]) + sum(len(row.tokens) for row in data.rows)


def test_a_conversation_without_a_system_message_has_an_empty_prefix(
    write: Callable[..., Path], tokenizer: Any
) -> None:
    path = write(trajectory(), trajectory(DIALOGUE[1:], name="two"))
    data = make_rows([path], FORMAT, tokenizer, 2048)
    assert [bool(data.prefixes[row.prefix]) for row in data.rows] == [True, False]
    assert whole(data, data.rows[1], tokenizer) == FORMAT.render(
        [Message.model_validate(message) for message in DIALOGUE[1:]], [TOOL["function"]]
    )


def test_a_conversation_that_is_too_long_is_dropped_and_counted_never_cut(
    write: Callable[..., Path], tokenizer: Any
) -> None:
    long = [*DIALOGUE, {"role": "user", "content": "more"}, {"role": "assistant", "content": "More."}]
    path = write(trajectory(), trajectory(long, name="long"))
    both = make_rows([path], FORMAT, tokenizer, 2048)
    lengths = [len(both.prefixes[row.prefix]) + len(row.tokens) for row in both.rows]
    assert make_rows([path], FORMAT, tokenizer, lengths[1]).dropped == []
    shorter = make_rows([path], FORMAT, tokenizer, lengths[1] - 1)
    assert shorter.dropped == ["long"]
    assert shorter.rows == both.rows[:1]
    with pytest.raises(DataError, match=f"all 2 conversations are longer than {lengths[0] - 1} tokens"):
        make_rows([path], FORMAT, tokenizer, lengths[0] - 1)


def test_failed_conversations_are_left_out(write: Callable[..., Path], tokenizer: Any) -> None:
    failed = trajectory([*DIALOGUE[:5], *DIALOGUE[3:5]], reward=0, name="failed")
    data = make_rows([write(failed, trajectory())], FORMAT, tokenizer, 2048)
    assert [whole(data, row, tokenizer).count("Nothing") for row in data.rows] == [1]
    with pytest.raises(DataError, match=r"only\.jsonl: nothing to train on: no conversation but failed ones"):
        make_rows([write(failed, name="only.jsonl")], FORMAT, tokenizer, 2048)


@pytest.mark.parametrize(
    "line",
    [
        '{"schema": 1',
        "\udcff",
        "[]",
        '{"schema": 1}',
        json.dumps(trajectory() | {"reward": 2}),
        json.dumps({**trajectory(), "x": 1}),
    ],
)
def test_a_broken_line_is_named_by_file_and_number(write: Callable[..., Path], tokenizer: Any, line: str) -> None:
    path = write(trajectory(), "", line)
    with pytest.raises(DataError) as caught:
        make_rows([path], FORMAT, tokenizer, 2048)
    assert str(caught.value).startswith(f"{path}:3: ")


def test_a_conversation_in_which_the_assistant_says_nothing_is_refused(
    write: Callable[..., Path], tokenizer: Any
) -> None:
    for messages in ([], DIALOGUE[:2]):
        with pytest.raises(DataError, match="mute: no assistant message"):
            make_rows([write(trajectory(messages, name="mute"))], FORMAT, tokenizer, 2048)


def test_an_empty_file_is_nothing_to_train_on(write: Callable[..., Path], tokenizer: Any) -> None:
    with pytest.raises(DataError, match="nothing to train on"):
        make_rows([write("", "")], FORMAT, tokenizer, 2048)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, tokenizer: Any) -> None:
    with pytest.raises(DataError, match=r"absent\.jsonl: cannot be read"):
        make_rows([tmp_path / "absent.jsonl"], FORMAT, tokenizer, 2048)


def test_the_words_to_copy_are_those_in_arguments_not_their_keys(write: Callable[..., Path]) -> None:
    assert copied_words([write(trajectory())]) == {"under", "the", "bed", "Größe"}


def test_the_texts_for_the_tokenizer_are_the_rendered_conversations(write: Callable[..., Path]) -> None:
    one = Trajectory.model_validate(trajectory())
    assert list(rendered_texts([write(trajectory())], FORMAT)) == [FORMAT.render(one.messages, [TOOL["function"]])]


def test_other_bytes_give_another_hash_of_the_data(write: Callable[..., Path]) -> None:
    path = write(trajectory())
    before = data_hash([path])
    assert data_hash([write(trajectory())]) == before
    assert data_hash([write(trajectory(name="two"))]) != before
    with pytest.raises(DataError, match=r"none\.jsonl: cannot be read"):
        data_hash([path.with_name("none.jsonl")])
