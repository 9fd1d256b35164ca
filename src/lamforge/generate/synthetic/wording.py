"""Values that are made of words: people, places, firms, goods, titles, free text. All are composed, few come twice."""

from __future__ import annotations

from random import Random
from typing import Any

from lamforge.generate.english import capitalised
from lamforge.generate.synthetic.phrases import pick, read_yaml

WORDS: dict[str, Any] = read_yaml("words.yaml")


def coined(rng: Random, least: int = 2, most: int = 3) -> str:
    """A word that does not exist, in lower case."""
    syllables = WORDS["syllables"]
    count = least + int(rng.random() * (most - least + 1))
    return "".join([pick(rng, syllables) for _ in range(count)]) + pick(rng, WORDS["endings"])


def first_name(rng: Random) -> str:
    return pick(rng, WORDS["first"]) if rng.random() < 0.7 else coined(rng, 2, 2).capitalize()


def proper_name(rng: Random) -> str:
    """What ships, rooms, horses and machines are called."""
    word, other = coined(rng, 1, 2).capitalize(), pick(rng, WORDS["company_words"])
    if rng.random() < 0.5:
        word, other = other, word
    ways = (
        word,
        f"{word} {pick(rng, WORDS['town_back']).capitalize()}",
        f"{pick(rng, WORDS['town_front'])} {word}",
        f"{word} {pick(rng, ('One', 'Two', 'North', 'South', 'East', 'West', 'II', 'Star', 'Junior', '4', '7', '12'))}",
        f"The {pick(rng, WORDS['adjective']).capitalize()} {word}",
        f"{pick(rng, 'ABCDEFGHKLMNPRST')}{pick(rng, ('', '-', ' '))}{1 + int(rng.random() * 60)}",
        f"{word} {pick(rng, ('and', 'of the', 'de', 'van'))} {other}",
    )
    return pick(rng, (word, *ways))


def last_name(rng: Random) -> str:
    if (kind := rng.random()) < 0.5:
        return pick(rng, WORDS["last"])
    if kind < 0.6:
        return f"{pick(rng, WORDS['last'])}-{pick(rng, WORDS['last'])}"
    return coined(rng).capitalize()


def person(rng: Random) -> str:
    if (kind := rng.random()) < 0.06:
        return f"{pick(rng, ('Dr.', 'Prof.', 'Mr.', 'Ms.', 'Mrs.'))} {last_name(rng)}"
    if kind < 0.12:
        return f"{first_name(rng)} {pick(rng, 'ABCDEFGHJKLMNPRST')}. {last_name(rng)}"
    return f"{first_name(rng)} {last_name(rng)}"


def town(rng: Random) -> str:
    if (kind := rng.random()) < 0.6:
        return pick(rng, WORDS["city"])
    if kind < 0.85:
        return pick(rng, WORDS["town_front"]) + pick(rng, WORDS["town_back"])
    return coined(rng).capitalize()


def street(rng: Random) -> str:
    name = pick(rng, WORDS["street"]) if rng.random() < 0.7 else coined(rng).capitalize()
    return f"{1 + int(rng.random() ** 2 * 400)} {name} {pick(rng, WORDS['street_kind'])}"


def address(rng: Random) -> str:
    if rng.random() < 0.5:
        return street(rng)
    return f"{street(rng)}, {town(rng)}"


def company(rng: Random) -> str:
    front = pick(rng, WORDS["company_words"]) if rng.random() < 0.6 else coined(rng).capitalize()
    if (kind := rng.random()) < 0.2:
        return f"{last_name(rng)} {pick(rng, WORDS['firm'])}"
    tail = pick(rng, WORDS["firm_tail"])
    return f"{front} {pick(rng, WORDS['firm'])}{' ' + tail if tail and kind < 0.5 else ''}"


def place_name(rng: Random) -> str:
    """A hotel, a restaurant, a hall, a shop."""
    front = pick(rng, WORDS["title_front" if rng.random() < 0.1 else "company_words"])
    back = pick(
        rng,
        ("House", "Inn", "Lodge", "Kitchen", "Corner", "Court", "Terrace", "Room", "Plaza", "Hall", "Garden", "View"),
    )
    return f"{'The ' if rng.random() < 0.2 else ''}{front if rng.random() < 0.7 else coined(rng).capitalize()} {back}"


def product(rng: Random) -> str:
    thing = pick(rng, WORDS["thing"])
    if (kind := rng.random()) < 0.5:
        return f"{pick(rng, WORDS['adjective'])} {thing}"
    if kind < 0.65:
        return f"{coined(rng).capitalize()} {thing}"
    return thing


def device(rng: Random) -> str:
    """What a machine is called by its owner."""
    front = pick(
        rng,
        (
            "kitchen",
            "bedroom",
            "hallway",
            "garage",
            "attic",
            "office",
            "porch",
            "cellar",
            "nursery",
            "hall",
            "north",
            "guest",
            "upstairs",
            "balcony",
        ),
    )
    return front if rng.random() < 0.5 else f"{front} {1 + int(rng.random() * 6)}"


def title(rng: Random) -> str:
    if (kind := rng.random()) < 0.5:
        return f"{pick(rng, WORDS['title_front'])} {pick(rng, WORDS['title_back'])}"
    if kind < 0.75:
        return f"{coined(rng).capitalize()} {pick(rng, WORDS['title_back'])}"
    return f"{pick(rng, WORDS['title_front'])} {pick(rng, WORDS['title_back'])} {2018 + int(rng.random() * 14)}"


def work(rng: Random) -> str:
    """A book, a film, a song."""
    if rng.random() < 0.2:
        return f"{coined(rng).capitalize()} and {coined(rng).capitalize()}"
    return f"{pick(rng, WORDS['work_front'])} {pick(rng, WORDS['work_back'])}"


def free_text(rng: Random) -> str:
    """2 to 10 words that nobody has to understand."""
    if (kind := rng.random()) < 0.3:
        return pick(rng, WORDS["text_short"])
    text = f"{pick(rng, WORDS['text_subject'])} {pick(rng, WORDS['text_verb'])}{pick(rng, WORDS['text_tail'])}"
    return capitalised(text) if kind < 0.6 else text


def topic(rng: Random) -> str:
    if (kind := rng.random()) < 0.55:
        return pick(rng, WORDS["topic"])
    if kind < 0.75:
        return f"{pick(rng, WORDS['adjective'])} {pick(rng, WORDS['thing'])}"
    tails = (
        "for beginners",
        f"in {pick(rng, WORDS['country'])}",
        f"near {town(rng)}",
        f"since {1980 + int(rng.random() * 45)}",
    )
    return f"{pick(rng, WORDS['topic'])} {pick(rng, tails)}"


def tag(rng: Random) -> str:
    return (
        pick(rng, WORDS["lowered"])
        if rng.random() < 0.4
        else pick(rng, (*WORDS["tech"], "urgent", "family", "draft", "private", "2nd-hand", "vip"))
    )
