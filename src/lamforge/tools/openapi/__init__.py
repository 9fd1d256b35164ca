"""OpenAPI 3.0 and 3.1 documents as tools."""

from lamforge.tools.openapi.document import Document, fetch, is_url, read_text
from lamforge.tools.openapi.operations import read_operations
from lamforge.tools.openapi.text import parse_text

__all__ = ["Document", "fetch", "is_url", "parse_text", "read_operations", "read_text"]
