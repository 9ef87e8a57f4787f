"""The stemmer of Porter (1980), "An algorithm for suffix stripping", Program 14(3): English words to stems."""

from itertools import pairwise

_STEP_2 = {
    "ational": "ate", "tional": "tion", "enci": "ence", "anci": "ance", "izer": "ize", "abli": "able", "alli": "al",
    "entli": "ent", "eli": "e", "ousli": "ous", "ization": "ize", "ation": "ate", "ator": "ate", "alism": "al",
    "iveness": "ive", "fulness": "ful", "ousness": "ous", "aliti": "al", "iviti": "ive", "biliti": "ble",
}  # fmt: skip
_STEP_3 = {"icate": "ic", "ative": "", "alize": "al", "iciti": "ic", "ical": "ic", "ful": "", "ness": ""}
_STEP_4 = (
    "ement", "ance", "ence", "able", "ible", "ment", "ant", "ent", "ion", "ism", "ate", "iti", "ous", "ive", "ize",
    "al", "er", "ic", "ou",
)  # fmt: skip
_BY_LENGTH_2 = sorted(_STEP_2, key=len, reverse=True)
_BY_LENGTH_3 = sorted(_STEP_3, key=len, reverse=True)


def porter_stem(word: str) -> str:
    """The stem of a lower-case English word; words of one or two letters stay as they are.

    >>> [porter_stem(word) for word in ("caresses", "relational", "hopping", "opacities")]
    ['caress', 'relat', 'hop', 'opac']
    """
    if len(word) <= 2:
        return word
    for step in (_plurals, _past, _final_y, _double_suffixes, _suffixes, _residual_suffixes, _tidy):
        word = step(word)
    return word


def _is_consonant(word: str, place: int) -> bool:
    if word[place] in "aeiou":
        return False
    return word[place] != "y" or place == 0 or not _is_consonant(word, place - 1)


def _measure(stem: str) -> int:
    """How often a vowel is followed by a consonant, Porter's m."""
    kinds = [_is_consonant(stem, place) for place in range(len(stem))]
    return sum(after and not before for before, after in pairwise(kinds))


def _has_vowel(stem: str) -> bool:
    return not all(_is_consonant(stem, place) for place in range(len(stem)))


def _ends_double(word: str) -> bool:
    return len(word) > 1 and word[-1] == word[-2] and _is_consonant(word, len(word) - 1)


def _ends_short(word: str) -> bool:
    """Consonant, vowel, consonant that is not w, x or y, Porter's *o."""
    if len(word) < 3 or word[-1] in "wxy":
        return False
    return [_is_consonant(word, len(word) - back) for back in (3, 2, 1)] == [True, False, True]


def _plurals(word: str) -> str:
    for ending, kept in (("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", "")):
        if word.endswith(ending):
            return word.removesuffix(ending) + kept
    return word


def _past(word: str) -> str:
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    for ending in ("ed", "ing"):
        if word.endswith(ending):
            stem = word.removesuffix(ending)
            return _restored(stem) if _has_vowel(stem) else word
    return word


def _restored(stem: str) -> str:
    if stem.endswith(("at", "bl", "iz")):
        return stem + "e"
    if _ends_double(stem) and stem[-1] not in "lsz":
        return stem[:-1]
    return stem + "e" if _measure(stem) == 1 and _ends_short(stem) else stem


def _final_y(word: str) -> str:
    return word[:-1] + "i" if word.endswith("y") and _has_vowel(word[:-1]) else word


def _replaced(word: str, endings: list[str], table: dict[str, str]) -> str:
    for ending in endings:
        if word.endswith(ending):
            stem = word.removesuffix(ending)
            return stem + table[ending] if _measure(stem) > 0 else word
    return word


def _double_suffixes(word: str) -> str:
    return _replaced(word, _BY_LENGTH_2, _STEP_2)


def _suffixes(word: str) -> str:
    return _replaced(word, _BY_LENGTH_3, _STEP_3)


def _residual_suffixes(word: str) -> str:
    for ending in _STEP_4:
        if word.endswith(ending):
            stem = word.removesuffix(ending)
            allowed = _measure(stem) > 1 and (ending != "ion" or stem.endswith(("s", "t")))
            return stem if allowed else word
    return word


def _tidy(word: str) -> str:
    if word.endswith("e"):
        stem = word[:-1]
        if _measure(stem) > 1 or (_measure(stem) == 1 and not _ends_short(stem)):
            word = stem
    return word[:-1] if word.endswith("ll") and _measure(word) > 1 else word
