"""Values that are strings of signs: ids of many shapes, mail addresses, numbers of telephones, files, hosts."""

from __future__ import annotations

from random import Random

from lamforge.generate.synthetic.phrases import pick
from lamforge.generate.synthetic.wording import WORDS, coined, first_name, last_name

_SHAPES = (
    "AA-9999",
    "A9999",
    "AAA-999",
    "9999-AA",
    "AA999999",
    "999999",
    "AAA99-99",
    "A-99999",
    "#9999",
    "AA_9999",
    "aaa999",
    "A9A9A9",
    "99-9999",
    "AA-99-AA",
    "hhhhhhhh",
    "#A99999",
    "AAAA9999",
)
_LITERAL = "\x01"  # an A that stands for itself
_LETTERS, _DIGITS, _HEX = "ABCDEFGHJKLMNPQRSTUVWXYZ", "0123456789", "0123456789abcdef"


def shaped(rng: Random, shape: str) -> str:
    """A letter for each A or a, a digit for each 9, hex for each h; the first digit of a run is no zero."""
    out: list[str] = []
    for sign in shape:
        if sign == "9":
            out.append(pick(rng, _DIGITS[1:] if not out or not out[-1].isdigit() else _DIGITS))
        elif sign == "A":
            out.append(pick(rng, _LETTERS))
        elif sign == "a":
            out.append(pick(rng, _LETTERS).lower())
        else:
            out.append(pick(rng, _HEX) if sign == "h" else sign)
    return "".join(out)


def id_shape(rng: Random, words: str) -> str:
    """How the ids of something look: half the time they start with its own letters."""
    if rng.random() < 0.5:
        letters = "".join(word[0] for word in words.split())[:2] if " " in words else words[: pick(rng, (1, 2, 3))]
        letters = letters.upper().replace("A", _LITERAL)
        return letters + pick(rng, ("-9999", "9999", "-99999", "999", "_999", "-999", "99999", "-9999-9"))
    return pick(rng, _SHAPES)


def code(rng: Random, shape: str) -> str:
    return shaped(rng, shape).replace(_LITERAL, "A")


def email(rng: Random) -> str:
    first, last = first_name(rng).lower(), last_name(rng).lower().replace("-", "")
    user = pick(
        rng,
        (
            f"{first}.{last}",
            f"{first[0]}{last}",
            f"{first}{1 + int(rng.random() * 99)}",
            f"{last}_{first}",
            first,
            f"{first}-{last[0]}",
        ),
    )
    host = (
        pick(rng, WORDS["domain"])
        if rng.random() < 0.3
        else f"{coined(rng)}.{pick(rng, ('com', 'org', 'net', 'io', 'de', 'co.uk', 'fr'))}"
    )
    return f"{user}@{host}"


def username(rng: Random) -> str:
    first, last = first_name(rng).lower(), last_name(rng).lower().replace("-", "")
    return pick(
        rng,
        (
            f"{first[0]}{last}",
            f"{first}_{last[0]}",
            f"{first}{int(rng.random() * 100):02d}",
            f"{first}.{last}",
            coined(rng),
            f"{coined(rng)}{int(rng.random() * 999)}",
        ),
    )


def phone(rng: Random) -> str:
    return shaped(
        rng,
        pick(
            rng,
            (
                "+1 999 555 0999",
                "+44 20 9999 9999",
                "+49 30 999999",
                "999-555-0999",
                "0999 999999",
                "+33 1 99 99 99 99",
                "(999) 555-0999",
                "+4799999999",
            ),
        ),
    )


def file_name(rng: Random) -> str:
    stem = pick(rng, WORDS["file_stem"])
    tail = pick(
        rng,
        (
            "",
            "",
            f"_{2015 + int(rng.random() * 15)}",
            f"-{int(rng.random() * 30)}",
            f"_{coined(rng)}",
            "_final",
            f"_v{1 + int(rng.random() * 9)}",
        ),
    )
    return f"{stem}{tail}.{pick(rng, WORDS['file_ext'])}"


def folder(rng: Random) -> str:
    parts = [
        pick(rng, WORDS["folder"]),
        *(coined(rng) if rng.random() < 0.5 else pick(rng, WORDS["folder"]) for _ in range(int(rng.random() * 3))),
    ]
    return "/" + "/".join(parts)


def path(rng: Random) -> str:
    return f"{folder(rng)}/{file_name(rng)}"


def host(rng: Random) -> str:
    name = f"{pick(rng, WORDS['host'])}{pick(rng, ('', '-'))}{1 + int(rng.random() * 40):02d}"
    return name if rng.random() < 0.5 else f"{name}.{coined(rng)}.{pick(rng, ('net', 'internal', 'local', 'com'))}"


def ip(rng: Random) -> str:
    """An address of version 4, of a private network most of the time."""
    front = pick(rng, ((10,), (172, 16), (192, 168), (192, 168), (203, 0)))
    return ".".join(map(str, (*front, *(1 + int(rng.random() * 253) for _ in range(4 - len(front))))))


def url(rng: Random) -> str:
    tail = pick(
        rng, ("", f"/{coined(rng)}", f"/{pick(rng, WORDS['tech'])}/{int(rng.random() * 999)}", f"/{file_name(rng)}")
    )
    front, back = pick(rng, ("www.", "", "docs.", "shop.")), pick(rng, ("com", "org", "net", "io"))
    return f"https://{front}{coined(rng)}.{back}{tail}"


def branch(rng: Random) -> str:
    return pick(
        rng,
        (
            "main",
            "develop",
            f"feature/{coined(rng)}",
            f"fix/{pick(rng, WORDS['tech'])}-{int(rng.random() * 400)}",
            f"release/{version(rng)}",
            f"{pick(rng, WORDS['tech'])}-{coined(rng)}",
        ),
    )


def version(rng: Random) -> str:
    return f"{pick(rng, ('', 'v'))}{int(rng.random() * 9)}.{int(rng.random() * 20)}.{int(rng.random() * 12)}"


def identifier(rng: Random) -> str:
    """A name in a database or a program."""
    return pick(
        rng,
        (
            f"{pick(rng, WORDS['tech'])}_{pick(rng, WORDS['host'])}",
            f"{coined(rng)}_{pick(rng, ('id', 'log', 'data', 'v2', 'tmp'))}",
            pick(rng, WORDS["tech"]) + "s",
            coined(rng),
        ),
    )
