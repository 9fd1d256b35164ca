"""Times of day in a server's answers: they are other ones in every replay."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

_NEAR = timedelta(seconds=90)  # clocks differ a little
_LONGEST = 40  # characters of a time that is written out


def clock_field(value: Any, now: datetime, field: str = "") -> str | None:
    """The name of the first field inside a JSON value that holds the time that it is now, or None.

    Args:
        now: With its time zone.
    """
    if isinstance(value, dict):
        return next((found for key, item in value.items() if (found := clock_field(item, now, key))), None)
    if isinstance(value, list):
        return next((found for item in value if (found := clock_field(item, now, field))), None)
    return field if any(abs(time - now) < _NEAR for time in _times(value, now)) else None


def _times(value: Any, now: datetime) -> list[datetime]:
    """What a value says as a time; one without a zone may be meant here or in UTC."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = value / 1000 if abs(value) > 1e11 else value
        return [datetime.fromtimestamp(seconds, timezone.utc)] if 1e9 < seconds < 1e10 else []
    if not isinstance(value, str) or len(value) > _LONGEST or ":" not in value:
        return []
    for read in (lambda text: datetime.fromisoformat(text.replace("Z", "+00:00")), parsedate_to_datetime):
        try:
            time = read(value)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        if time.tzinfo is not None:
            return [time]
        return [time.replace(tzinfo=timezone.utc), time.replace(tzinfo=now.astimezone().tzinfo)]
    return []
