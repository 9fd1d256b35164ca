"""Models of the Hugging Face hub: which file of a repository to take, and fetching it, whole and unchanged.

Files lie in the hub's own cache, where other programs find them, too; `HF_ENDPOINT`, `HF_TOKEN`, `HF_HOME` and
`HF_HUB_OFFLINE` mean what they mean elsewhere.
"""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from lamforge.errors import ModelError, UsageError, bounded
from lamforge.messages import file_sha256

PREFIX = "hf:"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
_PART = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$")
_PREFERRED = ("Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0", "Q4_K_S", "Q5_K_S", "Q4_0", "F16", "BF16", "F32")
_NO_MODELS = ("mmproj", "imatrix", "lora")  # what a file's name says if it is no model by itself
_SHA256 = re.compile(r"[0-9a-f]{64}")
_CHECKED = ".lamforge-sha256"  # folder in the cache: files that were checked, with what they looked like then


class Remote(NamedTuple):
    """A file of a repository."""

    name: str
    sha256: str | None  # of files that the hub keeps as large ones


def fetch(spec: str) -> tuple[Path, str]:
    """The local path of "hf:owner/name", or of "hf:owner/name:FILE", where FILE may be an encoding such as Q8_0.

    Returns:
        The path, and a sentence that says which file it is.
    Raises:
        UsageError: if the spec has another form.
        ModelError: if there is no such model or file, it cannot be fetched, or arrives changed.
    """
    repository, _, wanted = spec.removeprefix(PREFIX).partition(":")
    if not _NAME.fullmatch(repository):
        raise UsageError(
            f"{bounded(spec)} names no model of the hub", remedy="Write hf:owner/name or hf:owner/name:FILE."
        )
    if offline():
        return _cached(spec, repository, wanted, "HF_HUB_OFFLINE is set")
    from huggingface_hub import HfApi
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

    try:
        info = HfApi(endpoint=endpoint()).model_info(repository, files_metadata=True, timeout=30)
    except GatedRepoError as error:
        raise _gated(spec) from error
    except RepositoryNotFoundError as error:
        raise ModelError(
            "the hub has no such model, or does not show it to you",
            where=spec,
            remedy="Check the name; for a private model set HF_TOKEN.",
        ) from error
    except HfHubHTTPError as error:
        raise ModelError(f"the hub refuses: {bounded(str(error))}", where=spec, remedy="Try again later.") from error
    except Exception as error:  # the client has no common class for all that can be wrong on the way
        return _cached(spec, repository, wanted, f"the hub cannot be reached ({type(error).__name__})")
    files = [Remote(row.rfilename, row.lfs.sha256 if row.lfs else None) for row in info.siblings or ()]
    chosen = choose(files, wanted, spec)
    return _download(spec, repository, chosen, info.sha), f"{chosen.name} of {repository}"


def choose(files: list[Remote], wanted: str, spec: str) -> Remote:
    """The file that is meant: the one named, one of the encoding named, or the one that suits most machines.

    Raises:
        ModelError: if there is none.
    """
    models = [file for file in files if is_model(file.name)]
    found = [file for file in models if file.name == wanted or PurePosixPath(file.name).name == wanted]
    names = ", ".join(sorted(file.name for file in models)[:12])
    if not models:
        raise ModelError(
            "it has no GGUF file",
            where=spec,
            remedy="Fetch it with huggingface_hub and make one: `lamforge export gguf FOLDER`.",
        )
    if wanted and not found:
        found = [file for file in models if encoding(file.name) == wanted.upper()]
    if wanted and not found:
        raise ModelError(f"it has no file {bounded(wanted)}", where=spec, remedy=f"It has {names}.")
    chosen = min(found or models, key=_rank)
    if _PART.search(chosen.name):
        raise ModelError(
            f"{chosen.name} is one of several parts", where=spec, remedy="Join them with llama.cpp's gguf-split."
        )
    return chosen


def is_model(name: str) -> bool:
    """Whether a file of a repository is a model that can be opened by itself."""
    path = PurePosixPath(name)
    safe = not path.is_absolute() and ".." not in path.parts
    return safe and path.suffix == ".gguf" and not any(word in path.name.lower() for word in _NO_MODELS)


def encoding(name: str) -> str:
    """What a file's name says its weights are encoded in, such as "Q4_K_M"; empty if nothing."""
    stem = _PART.sub(".gguf", name).removesuffix(".gguf").upper()
    found = (kind for kind in _PREFERRED if stem.endswith((f"-{kind}", f".{kind}", f"_{kind}")))
    return max(found, key=len, default="")


def _rank(file: Remote) -> tuple[int, int, str]:
    kind = encoding(file.name)
    place = _PREFERRED.index(kind) if kind else len(_PREFERRED)
    return (bool(_PART.search(file.name)), place, file.name)


def endpoint() -> str | None:
    """The hub's address, if it is not the public one."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or None


def offline() -> bool:
    """Whether the user wants no connection."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")


def cache() -> Path:
    """The folder of the hub's cache."""
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")) / "huggingface"
    return Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub").expanduser()


def _download(spec: str, repository: str, file: Remote, revision: str | None) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import GatedRepoError

    try:
        path = Path(hf_hub_download(repository, file.name, revision=revision, cache_dir=cache(), endpoint=endpoint()))
    except GatedRepoError as error:
        raise _gated(spec) from error
    except Exception as error:  # the client has no common class for all that can be wrong on the way
        raise ModelError(
            f"{file.name} could not be fetched: {bounded(str(error))}",
            where=spec,
            remedy="The same command goes on where this one stopped.",
        ) from error
    _check(path, file, spec)
    return path


def _check(path: Path, file: Remote, spec: str) -> None:
    """Hashes a file once, and again only if it has changed since.

    Raises:
        ModelError: if it is not what the hub says; the file is then removed.
    """
    found = _changed(path, file.sha256)
    if found is not None:
        path.resolve().unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        raise ModelError(
            f"{file.name} arrived changed: its SHA-256 is {found[:12]}…, the hub says {str(file.sha256)[:12]}…",
            where=spec,
            remedy="It was removed; the same command fetches it again.",
        )


def _changed(path: Path, sha256: str | None) -> str | None:
    """The hash of a file that has another than it should; None if it is as it should be, or that is not known."""
    if sha256 is None or not _SHA256.fullmatch(sha256):
        return None
    stat = path.stat()
    looks, note = f"{stat.st_size} {stat.st_mtime_ns}", cache() / _CHECKED / sha256
    if note.is_file() and note.read_text(encoding="utf-8") == looks:
        return None
    if (found := file_sha256(path)) != sha256:
        return found
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(looks, encoding="utf-8")
    return None


def _cached(spec: str, repository: str, wanted: str, why: str) -> tuple[Path, str]:
    """What an earlier call left in the cache, the latest revision first.

    The cache names a large file by its SHA-256, so that it can be checked without a connection.
    """
    snapshots = cache() / f"models--{repository.replace('/', '--')}" / "snapshots"
    folders = sorted(snapshots.iterdir(), key=lambda path: path.stat().st_mtime) if snapshots.is_dir() else []
    for folder in reversed(folders):
        files = [
            Remote(str(path.relative_to(folder)), None) for path in sorted(folder.rglob("*.gguf")) if path.exists()
        ]
        if files and (
            not wanted or any(wanted in file.name or encoding(file.name) == wanted.upper() for file in files)
        ):
            chosen = choose(files, wanted, spec)
            path = folder / chosen.name
            known = path.resolve().name
            found = _changed(path, known)
            if found is not None:
                hashes = f"its SHA-256 is {found[:12]}…, it was {known[:12]}…"
                raise ModelError(
                    f"{chosen.name} was changed in the cache: {hashes}; {why}",
                    where=path,
                    remedy="Remove it, and fetch it again with a connection.",
                )
            unchecked = "" if _SHA256.fullmatch(known) else ", which does not say its hash"
            return path, f"{chosen.name} of {repository}, from the cache{unchecked}: {why}"
    raise ModelError(
        f"{why}, and nothing of it was fetched before",
        where=spec,
        remedy="Connect once, or copy the .gguf file here and pass its path.",
    )


def _gated(spec: str) -> Any:
    return ModelError(
        "its makers want you to accept their licence first",
        where=spec,
        remedy="Accept it on the model's page, then set HF_TOKEN to a token of that account.",
    )
