"""Where a text names an option: by its letter, by its text, and whether what is said there is meant."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from string import ascii_uppercase

SEVERAL = "several letters"
CONFLICT = "letter and text differ"

BEFORE, AFTER = 160, 240
"""Characters looked at on either side of a place."""


def tidy(text: str) -> str:
    r"""Full-width forms, typographic quotes, markdown and runs of white space made plain; lines kept.

    >>> tidy("**Ｂ**  \n\n done")
    'B\ndone'
    """
    plain = unicodedata.normalize("NFKC", text)
    plain = plain.replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"').replace("\u200b", "")
    plain = re.sub(r"(?<!\w)_|_(?!\w)", "", plain.replace("*", "").replace("`", "").replace("__", ""))
    lines = (" ".join(line.split()) for line in plain.splitlines())
    return "\n".join(line for line in lines if line)


def normal(text: str) -> str:
    """Text for comparison: one line, case folded, no quotes around it, no full stop after it, no hyphen between letters.

    >>> normal("H-Index.")
    'h index'
    """
    folded = " ".join(tidy(text).split()).casefold().strip(" \"'").rstrip(" .,;")
    return re.sub(r"(?<=[a-z])-(?=[a-z])", " ", folded)


def same_text(text: str, options: Sequence[str]) -> set[str]:
    """Letters of the options that read exactly so; a single letter names an option, it is not its text.

    >>> same_text("Heparin.", ("aspirin", "heparin"))
    {'B'}
    """
    wanted = normal(text)
    if len(wanted) == 1 and wanted.isalpha():
        return set()
    return {chr(ord("A") + index) for index, option in enumerate(options) if option == wanted}


_NOUN_FIRST = re.compile(r"^(?:the )?(?:answer|option|choice|letter)s?\b", re.IGNORECASE)
_JOINING = re.compile(r"[\s.,:;()\[\]{}\"'/&>|-]*\Z")


def letters_in(text: str) -> set[str]:
    """The letters of a short text that is nothing but letters and what joins them; empty if it is more.

    >>> sorted(letters_in("A or (b)")), letters_in("A patient"), letters_in("N/A")
    (['A', 'B'], set(), set())
    """
    if len(text) > BEFORE or re.search(r"[-.']\w|\w-", text.strip()) or text.casefold() == "n/a":
        return set()
    words = {word.upper() for word in re.findall(r"\w+", _NOUN_FIRST.sub("", text))}
    letters = words & {*ascii_uppercase}
    joined = words <= letters | {"AND", "OR", "BOTH", "EITHER", "OPTION"}
    return letters if joined and _JOINING.match(re.sub(r"\w+", "", text)) else set()


_CUE = re.compile(
    r"""\\boxed\s?\{ (?:\\text(?:bf)?\{)?
    | 答案(?:是|为|:)*
    | <answer>
    | \b(?:ans|answer|option|choice|response|output|selection|conclusion)
      (?:[ ](?:choice|option|output|letter|selection))?
      (?:[ ](?:to|for|of|in|based|given|among|from|here|i[ ]choose)\b[^\n?.]{0,120}?)?
      \)?(?: [ ]?:[ \n]? | \n | [ ]-[ ] | [ ]?=[ ]?
         | [ ](?:is|was|(?:would|will|should|must)(?:[ ][a-z]+)?[ ]be|appears[ ]to[ ]be|seems[ ]to[ ]be|as)(?![\w'])
           (?:[ ](?:most[ ]likely|most[ ]probably|likely|probably|clearly|definitely|therefore|thus|indeed|simply|just))?
           [ ]?:?[ \n]?)
    | \bi(?:'d|'ll|[ ]would|[ ]will|[ ]therefore)?(?:[ ]have[ ]to)?
      [ ](?:choose|chose|select|selected|pick|picked|go[ ]with|opt[ ]for)\b[ ]?:?[ \n]?
    | (?P<weak> \bit(?:'s|[ ]is|[ ]must[ ]be)[ ] | \b(?:so|therefore|thus|hence)\b,?[ ] | (?:→|=>|->)[ ]? )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"(?:^|[.,;:!?(\n] ?|\b(?i:option|choice|answer|letter|so|thus|therefore|hence|that|think|believe) )"
    r"\(?(?P<letter>[A-Z])\b[.)]? (?:is|seems|appears) "
    r"(?:clearly |indeed |therefore |also )?(?:the )?(?:most )?(?:correct|right|best|likely|appropriate)"
    r"(?: (?:answer|option|choice))?(?=[.,;:!\n]|$| because| since| as )"
)
LETTER = re.compile(
    r"(?!n/a\b|N/A\b)[ (\"'\[{<:$]{0,4}(?:(?:the |an? )?(?:option|choice|letter|answer|text)\b[ :({]{0,2})?"
    r"[(\"'\[{]{0,2}(?P<letter>[A-Za-z])"
    r"(?=\Z|[.](?![a-z]|[A-Z][.])|[):,;!\]}\"<>/&\n\\$]|'(?!\w)| [-–—(\[] ?| (?:because|since|as|due|given)\b)",
)
_UNMARKED = re.compile(r"[ (\"']{0,2}(?P<letter>[A-Z]) ")
_OF_THE_ABOVE = re.compile(r"[.):, -]{1,3}(?:none|all) of the (?:above|options|choices)\b", re.IGNORECASE)
_ANOTHER = re.compile(
    r"[\"')\]. ]{0,3}(?:,|/|&|\+|>| and| or)+ ?(?:option |choice |answer )?[(\"']?([A-HJ-Z])"
    r"(?=\Z|[.):,;!\]}\"'/&>\n]|(?: and| or)\b)"
    r"|[.)]?(?:[^.\n]|[.](?=\d)){1,120}?(?:,|/| and| or) \(?([A-Z])[.)] ",
)
_NEGATION = re.compile(
    r"\b(?:not|no|never|neither|nor|none|cannot|without|unlikely|doubt|if|whether|unless|eliminate|exclude)\b|n't\b",
    re.IGNORECASE,
)
_REFUSAL_BEFORE = re.compile(r"\b(?:cannot|unable|refuse|decline|won't|can't|will not)\b", re.IGNORECASE)
_TURN = re.compile(r"\b(?:but|however|so|therefore|thus|hence|nevertheless|still|yet)\b|=>|->|→", re.IGNORECASE)
_BOUNDARY = re.compile(r"\Z|[.,](?!\d)|[;:!)\]}\"'<]| (?:because|since|as|due|given|- |\()")


def _denied(text: str, place: int) -> bool:
    """Whether what stands at the place is negated or conditional in its clause, or refused in its sentence."""
    sentence = re.split(r"[.!?\n]", text[max(0, place - BEFORE) : place])[-1]
    turned = _TURN.split(sentence)[-1]
    return bool(_REFUSAL_BEFORE.search(turned) or _NEGATION.search(re.split(r"[,;:]", turned)[-1]))


def options_at(text: str, options: Sequence[str]) -> set[str]:
    """Letters of the options whose text is the longest with which this one begins.

    >>> options_at("Heparin and warfarin, at once", ("heparin", "heparin and warfarin"))
    {'B'}
    """
    start = " ".join(text.split()).lstrip(" \"'([{:.)-").casefold()
    start = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", start)
    longest = 0
    found: set[str] = set()
    for index, option in enumerate(options):
        whole = len(option) > 1 or option.isdigit()
        if whole and len(option) >= longest and start.startswith(option) and _BOUNDARY.match(start, len(option)):
            found = {chr(ord("A") + index)} | (found if len(option) == longest else set())
            longest = len(option)
    return found


def letter_at(text: str, place: int, options: Sequence[str]) -> str | None:
    """The letter that stands at the place, by itself or as the text of its option; None if there is none.

    >>> letter_at("It is B.", 6, ("aspirin", "heparin")), letter_at("It is heparin.", 6, ("aspirin", "heparin"))
    ('B', 'B')
    >>> letter_at("B. Aspirin", 0, ("aspirin", "heparin")), letter_at("A patient", 0, ("aspirin", "heparin"))
    ('letter and text differ', None)
    """
    stretch = text[place : place + AFTER + max(map(len, options))]
    by_text = options_at(stretch, options)
    if len(by_text) == 1:
        return next(iter(by_text))
    match = LETTER.match(stretch) or _UNMARKED.match(stretch)
    if match is None:
        return None
    letter, rest = match["letter"].upper(), stretch[match.end("letter") :]
    told = options_at(rest, options)
    if letter in told:
        return letter
    another = _ANOTHER.match(rest)
    if another and (another[1] or another[2]) != letter:
        return SEVERAL
    species = re.match(r"[.] [a-z]+", rest)
    if match.re is _UNMARKED or (species and any(letter.lower() + species[0] in option for option in options)):
        return None
    return CONFLICT if told or _OF_THE_ABOVE.match(rest) else letter


_WEAKLY_CUED = re.compile(r"[ (\"']{0,2}(?:(?i:option|choice|answer) )?[A-Z]\b(?![.] [a-z])")


def conclusions(text: str, options: Sequence[str]) -> Iterator[str]:
    """What each conclusion stated in a tidied text settles on: a letter, ``SEVERAL`` or ``CONFLICT``.

    >>> list(conclusions("Not A, so D. The answer is D.", ("w", "x", "y", "z")))
    ['D', 'D']
    """
    for cue in _CUE.finditer(text):
        # Behind "so" or "it is" stands anything: only a capital of an option counts there, and no "C. difficile".
        told = options_at(text[cue.end() : cue.end() + AFTER], options)
        if cue["weak"] and not told and not _WEAKLY_CUED.match(text, cue.end()):
            continue
        found = letter_at(text, cue.end(), options)
        beyond = found is not None and found in ascii_uppercase[len(options) :]
        if found and not (beyond and (cue["weak"] or found == "I")) and not _denied(text, cue.start()):
            yield found
    for subject in _SUBJECT.finditer(text):
        if not _denied(text, subject.start("letter")):
            yield subject["letter"]
    before, _, last = text.rpartition("\n")
    if before and not letters_in(before.rpartition("\n")[2]):
        yield from letters_in(last)
