"""What a model's files say of how they want to be talked to: a GGUF's metadata, or a Hugging Face folder's JSON.

Everything in them is data: sizes are bounded, nothing is executed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lamforge.engines.gguf_header import read_header
from lamforge.errors import ModelError, bounded

_MAX_FILE = 64 << 20  # bytes of one JSON file; the largest tokenizers take about 20 MB
_TOKENS = ("bos_token", "eos_token", "pad_token", "unk_token")
_GGUF_TOKENS = {"bos": "bos_token", "eos": "eos_token", "padding": "pad_token", "unknown": "unk_token"}
_TEMPLATE_KEY = "tokenizer.chat_template"


@dataclass(frozen=True)
class Claims:
    """What the files say."""

    kind: str  # "GGUF" or "Hugging Face folder"
    architecture: str  # such as "qwen2"; empty if they do not say
    format: str | None  # the format's id, if lamforge wrote them
    templates: dict[str, str]  # by name: "default", and "tool_use" in some; empty if there is none
    tokens: dict[str, str]  # what templates may print, such as {"bos_token": "<s>"}
    vocabulary: frozenset[str] | None  # tokens, the special ones at least; None if the files do not list them


def read_claims(path: Path) -> Claims:
    """What a GGUF file or a folder says of itself.

    Raises:
        ModelError: if it is neither, or cannot be read.
    """
    if path.is_dir():
        return _folder(path)
    if path.suffix == ".gguf":
        return _gguf(path)
    remedy = "Name a .gguf file, or a folder with config.json."
    raise ModelError("is neither a GGUF file nor a Hugging Face folder", where=path, remedy=remedy)


def _gguf(path: Path) -> Claims:
    header = read_header(path)
    ids = {name: header.metadata.get(f"tokenizer.ggml.{key}_token_id") for key, name in _GGUF_TOKENS.items()}
    named = {key: value for key, value in header.metadata.items() if key.startswith(_TEMPLATE_KEY)}
    return Claims(
        kind="GGUF",
        architecture=header.architecture,
        format=_text(header.metadata.get("lamforge.format")),
        templates=_templates({key[len(_TEMPLATE_KEY) + 1 :] or "default": value for key, value in named.items()}),
        tokens={
            name: header.tokens[at] for name, at in ids.items() if type(at) is int and 0 <= at < len(header.tokens)
        },
        vocabulary=frozenset(header.tokens),
    )


def _folder(path: Path) -> Claims:
    config, settings = _object(path / "config.json"), _object(path / "tokenizer_config.json")
    if not config and not settings:
        raise ModelError(
            "holds neither config.json nor tokenizer_config.json", where=path, remedy="Name a model's own folder."
        )
    return Claims(
        kind="Hugging Face folder",
        architecture=_text(config.get("model_type")) or "",
        format=_text(_object(path / "lamforge.json").get("format")),
        templates=_folder_templates(path, settings.get("chat_template")),
        tokens={name: token for name in _TOKENS if (token := _content(settings.get(name))) is not None},
        vocabulary=_added_tokens(_object(path / "tokenizer.json"), settings),
    )


def _folder_templates(path: Path, inside: Any) -> dict[str, str]:
    """Chat templates as transformers finds them: files win over tokenizer_config.json."""
    if isinstance(inside, list):
        inside = {_text(item.get("name")): item.get("template") for item in inside if isinstance(item, dict)}
    found = inside if isinstance(inside, dict) else {"default": inside}
    files = {"default": path / "chat_template.jinja"}
    files |= {file.stem: file for file in sorted((path / "additional_chat_templates").glob("*.jinja"))[:16]}
    found |= {name: _read(file) for name, file in files.items() if file.is_file()}
    return _templates(found)


def _templates(found: dict[Any, Any]) -> dict[str, str]:
    """Those that are texts; a single one is the default whatever its name."""
    texts = {str(name): text for name, text in found.items() if isinstance(text, str)}
    if texts and "default" not in texts:
        texts["default"] = next(iter(texts.values()))
    return texts


def _added_tokens(tokenizer: dict[str, Any], settings: dict[str, Any]) -> frozenset[str] | None:
    """The tokens that were added to the vocabulary's own, special ones among them; None if no file lists them."""
    listed = tokenizer.get("added_tokens")
    if not isinstance(listed, list):
        decoder = settings.get("added_tokens_decoder")
        listed = list(decoder.values()) if isinstance(decoder, dict) else None
    if listed is None:
        return None
    model = tokenizer.get("model")
    words = model.get("vocab") if isinstance(model, dict) else None
    return frozenset(filter(None, map(_content, listed))) | frozenset(words if isinstance(words, dict) else ())


def _object(path: Path) -> dict[str, Any]:
    """A file's JSON object; empty if there is no such file.

    Raises:
        ModelError: if it is too large or no JSON object.
    """
    if not path.is_file():
        return {}
    try:
        value = json.loads(_read(path))
    except (ValueError, RecursionError) as error:
        raise ModelError(f"is no JSON: {error}", where=path, remedy="Download it again.") from error
    if not isinstance(value, dict):
        raise ModelError(f"is no JSON object: {bounded(value)}", where=path, remedy="Download it again.")
    return value


def _read(path: Path) -> str:
    try:
        if (size := path.stat().st_size) > _MAX_FILE:
            raise ModelError(f"has {size} bytes; at most {_MAX_FILE} are read", where=path)
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise ModelError(f"cannot be read: {error.strerror}", where=path, remedy="Check the path.") from error


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _content(token: Any) -> str | None:
    """A token's text, which Hugging Face's files write as a string or in an object."""
    return _text(token.get("content") if isinstance(token, dict) else token)
