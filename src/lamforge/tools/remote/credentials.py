"""Credentials: read from the environment when a request is sent, and never shown again."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from lamforge.errors import UsageError
from lamforge.tools.remote.bindings import Auth
from lamforge.tools.remote.requests import Request

_HIDDEN = "[secret]"
_SHORTEST = 6  # characters of a secret that is looked for in an answer; shorter ones stand in ordinary text


def authorise(request: Request, wanted: Iterable[Auth]) -> list[str]:
    """Adds credentials to a request; returns the secrets in it, as `without` wants them.

    Raises:
        UsageError: naming the environment variable that is not set.
    """
    secrets = []
    for auth in wanted:
        secret = os.environ.get(auth.env)
        if not secret:
            if auth.optional:
                continue
            raise UsageError(
                f"the environment variable {auth.env} is not set",
                remedy=f"The server wants it for {auth.type} authentication: export {auth.env}=...",
            )
        secrets.append(secret)
        if auth.type == "query":
            request.query.append((auth.name, secret))
        elif auth.type == "cookie":
            request.cookies[auth.name] = quote(secret, safe="")
        elif auth.type == "header":
            request.headers[auth.name] = secret
        elif auth.type == "basic":
            secrets.append(secret.partition(":")[2])
            request.headers["Authorization"] = "Basic " + base64.b64encode(secret.encode()).decode()
        else:
            request.headers["Authorization"] = f"Bearer {secret}"
    return secrets


def secrets_of(known: Iterable[Auth]) -> list[str]:
    """The secrets that are set for credentials."""
    return [secret for auth in known if (secret := os.environ.get(auth.env))]


def without(secrets: list[str], text: str) -> str:
    """A text in which no secret stands any more, neither as it is nor as JSON, URLs or headers spell it."""
    for secret in secrets:
        for spelling in _spellings(secret) if len(secret) >= _SHORTEST else ():
            text = text.replace(spelling, _HIDDEN)
    return text


def _spellings(secret: str) -> list[str]:
    """The longest first: one may be a part of another."""
    written = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    quoted = {quote(secret), quote(secret, safe=""), quote_plus(secret)}
    encoded = base64.b64encode(secret.encode()).decode()
    return sorted({secret, encoded, *written, *quoted}, key=lambda each: (-len(each), each))
