"""The tokenizer trained on the data."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamforge.data import copied_words, rendered_texts
from lamforge.formats import get_format

pytest.importorskip("transformers")

from lamforge.train.tokenizer import train_tokenizer

FORMAT = get_format("xlam-qwen/always")


def train(texts: list[str], copied: set[str] | None = None, size: int = 600) -> Any:
    return train_tokenizer(texts, FORMAT, size, 2048, copied or set())


def ids(tokenizer: Any, text: str) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def test_the_same_texts_give_the_same_bytes(conversations: Path, tokenizer: Any, tmp_path: Path) -> None:
    again = train(list(rendered_texts([conversations], FORMAT)), copied_words([conversations]))
    written = []
    for name, one in (("first", tokenizer), ("second", again)):
        one.save_pretrained(tmp_path / name)
        written.append({file.name: file.read_bytes() for file in (tmp_path / name).iterdir()})
    assert written[0] == written[1]
    assert "tokenizer.json" in written[0]


def test_of_large_files_an_even_sample_is_read(conversations: Path) -> None:
    every = list(rendered_texts([conversations], FORMAT))
    size = conversations.stat().st_size
    assert list(rendered_texts([conversations], FORMAT, size=size)) == every
    assert list(rendered_texts([conversations], FORMAT, size=size // 3)) == every[::3]


def test_a_block_that_all_conversations_share_counts_once() -> None:
    system = "<|im_start|>system\njkqxz<|im_end|>"  # once is too rare to be learned
    texts = [f"{system}<|im_start|>user\nhello {word}<|im_end|>" for word in "abcd"]
    assert len(ids(train(texts), "jkqxz")) == len("jkqxz")
    assert len(ids(train(texts), "hello")) == 1


def test_special_tokens_are_single_tokens_wherever_they_stand(tokenizer: Any) -> None:
    for token in FORMAT.special_tokens:
        first, *middle, last = ids(tokenizer, f"{token}a {token}b{token}")
        assert first == last == tokenizer.convert_tokens_to_ids(token)
        assert middle.count(first) == 1
    assert tokenizer.eos_token == "<|im_end|>"
    assert tokenizer.pad_token not in (None, tokenizer.eos_token)


def test_no_token_is_added_to_a_text(tokenizer: Any) -> None:
    assert tokenizer("a")["input_ids"] == ids(tokenizer, "a")
    assert ids(tokenizer, "") == []


@given(text=st.text(st.characters(exclude_categories=("Cs",))))
def test_every_text_comes_back_in_its_composed_form(tokenizer: Any, text: str) -> None:
    assert tokenizer.decode(ids(tokenizer, text)) == unicodedata.normalize("NFC", text)


@given(number=st.integers(0, 10**12))
def test_digits_stand_one_by_one(tokenizer: Any, number: int) -> None:
    tokens = [tokenizer.decode([token]) for token in ids(tokenizer, f"L{number}")]
    assert tokens == ["L", *str(number)]


def test_digits_stand_one_by_one_however_common_a_number_is() -> None:
    assert len(ids(train(["2024 2024"] * 50), "2024")) == 4


def test_a_copied_word_is_the_same_tokens_after_a_blank_and_after_a_quote(tokenizer: Any, conversations: Path) -> None:
    words = copied_words([conversations])
    assert {"north", "south"} <= words
    for word in words:
        after = [ids(tokenizer, before + word)[1:] for before in (" ", '"', "\n", "(")]
        assert after == [ids(tokenizer, word)] * 4, word
    assert len(ids(tokenizer, "north")) == 1


def test_a_common_word_that_is_never_copied_is_joined_to_its_blank() -> None:
    texts = [f"the north wind {word}" for word in "abcdefgh"]
    assert len(ids(train(texts), " north")) == 1
    assert len(ids(train(texts, {"north"}), " north")) == 2
    assert len(ids(train(texts, {"north"}), " wind")) == 1


def test_the_vocabulary_is_no_larger_than_asked_and_every_id_is_used_once(tokenizer: Any) -> None:
    vocabulary = tokenizer.get_vocab()
    assert len(vocabulary) <= 600
    assert sorted(vocabulary.values()) == list(range(len(vocabulary)))


def test_merges_make_entries_of_the_vocabulary(tokenizer: Any) -> None:
    model = json.loads(tokenizer.backend_tokenizer.to_str())["model"]
    assert all(set(map("".join, [pair, pair[:1], pair[1:]])) <= set(model["vocab"]) for pair in model["merges"])


def test_the_chat_template_renders_what_the_format_renders(tokenizer: Any) -> None:
    messages = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]
    assert tokenizer.apply_chat_template(messages, tokenize=False) == FORMAT.render(messages)
