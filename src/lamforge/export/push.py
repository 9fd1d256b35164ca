"""A folder to a repository of the Hugging Face hub: large files first, then all of it in one commit.

Until the commit nothing is visible; large files that arrived are not sent again, so the same call resumes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from lamforge.engines.hub import endpoint, offline
from lamforge.errors import LamforgeError, OutputError, UsageError, bounded
from lamforge.export.licences import front_matter

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
_MODEL = (
    "*.safetensors",
    "*.safetensors.index.json",
    "*.gguf",
    "*.jinja",
    "config.json",
    "generation_config.json",
    "adapter_config.json",
    "tokenizer*.json",
    "special_tokens_map.json",
    "lamforge.json",
    "recipe.yaml",
    "result.json",
    "loss.jsonl",
    "loss.png",
    "parity.json",
    "parity-folder.json",
    "README.md",
    "NOTICE",
    "LICENSE*",
    "gguf/*.gguf",
    "gguf/parity.json",
)
_DATASET = ("README.md", "LICENSE*", "*.jsonl", "*.jsonl.gz", "*.parquet", "data/*.jsonl", "data/*.parquet", "*.yaml")
_LARGE = 1 << 20  # bytes from which a file is sent by itself, for progress

Progress = Callable[[int, int, str], None]  # (bytes sent, bytes of all files, file)


class Piece(NamedTuple):
    """A file and its place in the repository."""

    path: Path
    name: str
    size: int


class Pushed(NamedTuple):
    """What stands on the hub now."""

    url: str
    commit: str
    files: list[str]
    bytes: int


def plan_push(folder: Path, repository: str, *, dataset: bool = False) -> list[Piece]:
    """What would be sent: a model's or a data set's files, and nothing else that lies in the folder.

    Raises:
        UsageError: if the repository's name is wrong, the folder holds nothing to push, or its card has no licence.
    """
    if not _NAME.fullmatch(repository):
        raise UsageError(f"{bounded(repository)} is no repository", remedy="Write OWNER/NAME.")
    found = {path for pattern in (_DATASET if dataset else _MODEL) for path in folder.glob(pattern) if path.is_file()}
    named = {_remote_name(path, folder): path for path in sorted(found, reverse=True)}
    pieces = [Piece(path, name, path.stat().st_size) for name, path in sorted(named.items())]
    weights = (".jsonl", ".gz", ".parquet") if dataset else (".safetensors", ".gguf")
    if not any(piece.name.endswith(weights) for piece in pieces):
        raise UsageError(f"holds no {'data' if dataset else 'model'}", where=folder)
    if not front_matter(folder / "README.md").get("license"):
        remedy = (
            "Write README.md with a license in its front matter."
            if dataset
            else (f"Set `license` in {folder / 'recipe.yaml'}, then: lamforge export card {folder}")
        )
        raise UsageError("has no card that names a licence", where=folder, remedy=remedy)
    return pieces


def push(
    folder: Path,
    repository: str,
    *,
    dataset: bool = False,
    private: bool = True,
    progress: Progress | None = None,
) -> Pushed:
    """Sends a folder's files; the same call goes on after an interruption.

    The account is that of `HF_TOKEN`, or of a login that huggingface_hub remembers.

    Raises:
        UsageError: see `plan_push`; or if there is no account.
        OutputError: if the hub refuses or cannot be reached; the repository is then as it was.
    """
    pieces = plan_push(folder, repository, dataset=dataset)
    if offline():
        raise UsageError("HF_HUB_OFFLINE is set, so nothing can be pushed", remedy="Unset it.")
    from huggingface_hub import CommitOperationAdd, HfApi, get_token
    from huggingface_hub.errors import HfHubHTTPError

    token = os.environ.get("HF_TOKEN") or get_token()
    if not token:
        raise UsageError(
            "there is no account to push to", remedy="Set HF_TOKEN to a token that may write, or run `hf auth login`."
        )
    api, kind = HfApi(endpoint=endpoint(), token=token), "dataset" if dataset else "model"
    try:
        url = api.create_repo(repository, repo_type=kind, private=private, exist_ok=True)
        operations = [CommitOperationAdd(piece.name, str(piece.path)) for piece in pieces]
        _send_large(api, repository, kind, pieces, operations, progress)
        made = api.create_commit(repository, operations, commit_message="Pushed by lamforge", repo_type=kind)
    except LamforgeError:
        raise
    except HfHubHTTPError as error:
        status = getattr(error.response, "status_code", None)
        remedy = "Check that HF_TOKEN may write there." if status in (401, 403) else "The same command goes on."
        raise OutputError(_told("the hub refuses", error, token), where=repository, remedy=remedy) from None
    except Exception as error:  # the client has no common class for all that can be wrong on the way
        raise OutputError(
            _told("the hub cannot be reached", error, token), where=repository, remedy="The same command goes on."
        ) from None
    total = sum(piece.size for piece in pieces)
    if progress is not None:
        progress(total, total, "committed")
    return Pushed(str(url), str(made.oid), [piece.name for piece in pieces], total)


def _send_large(
    api: Any, repository: str, kind: str, pieces: list[Piece], operations: list[Any], progress: Progress | None
) -> None:
    """Sends the large files one by one; the hub takes none that it has."""
    sent, total = 0, sum(piece.size for piece in pieces)
    for piece, operation in zip(pieces, operations, strict=True):
        if piece.size >= _LARGE:
            if progress is not None:
                progress(sent, total, piece.name)
            api.preupload_lfs_files(repository, [operation], repo_type=kind, free_memory=False)
        sent += piece.size


def _remote_name(path: Path, folder: Path) -> str:
    """GGUF files stand at the top of a repository, where other programs look for them."""
    return path.name if path.suffix == ".gguf" else path.relative_to(folder).as_posix()


def _told(what: str, error: Exception, token: str) -> str:
    """An error's text without the token, bounded."""
    return f"{what}: {bounded(str(error).replace(token, '***'))}"
