"""Conversations in the forms that others write them down in: read and written, one file per form."""

from lamforge.data.exchange.converted import Converted
from lamforge.data.exchange.draft import Draft, Unconvertible
from lamforge.data.exchange.exporting import export_data, lossless, said, writable
from lamforge.data.exchange.importing import import_data
from lamforge.data.exchange.registry import FORMS, Form, form_named, form_of

__all__ = [
    "FORMS",
    "Converted",
    "Draft",
    "Form",
    "Unconvertible",
    "export_data",
    "form_named",
    "form_of",
    "import_data",
    "lossless",
    "said",
    "writable",
]
