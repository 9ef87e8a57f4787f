"""Which option a text chooses: one parser for everything that a model, an agent or a file of old answers may say.

A text is answered only where it settles on one option; anything else keeps its own outcome. Every pattern scans the text once and
looks at most a bounded stretch around a place, so that time grows linearly with length.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vesalius.language._options_named import (
    CONFLICT,
    LETTER,
    SEVERAL,
    conclusions,
    letter_at,
    letters_in,
    normal,
    options_at,
    same_text,
    tidy,
)
from vesalius.language.thoughts import is_thinking, without_thoughts
from vesalius.records import Choices
from vesalius.tasks import Outcome

NO_SINGLE_OPTION = "no single option"
OUTSIDE = "letter outside the options"
UNENDED = "a thought that was not ended"

MISSING = frozenset({"nan", "none", "null", "<na>"})
"""How tables and programs write that there is no text."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a text chooses.

    Attributes:
        letter: the option's letter; None unless the outcome is ``answered``.
        outcome: as a prediction has it.
        rule: name of the rule that decided.
    """

    letter: str | None
    outcome: Outcome
    rule: str


Rule = Callable[[str, Sequence[str]], Answer | None]
"""From tidied text and normalised options, a decision, or None to leave it to the next rule."""


def parse_choice(text: str | None, options: Sequence[str]) -> Answer:
    r"""The one option that a text settles on.

    Thoughts (``<think>``) that were ended are not looked at. The rules, of which the first that applies decides:

    1. *nothing there*: no text, no letter or digit in it, or a marker of a missing value (``nan``, ``None``) → ``empty``.
    2. *service failure*: a timeout or error message of an endpoint → ``failed``; its content filter → ``refused``.
    3. *answer field*: JSON, whole, broken or truncated, with a quoted ``answer_choice``, ``answer``, ... : the rules below
       read its value alone; fields that disagree → ``unparsed``.
    4. *option text*: nothing but the text of exactly one option, with or without its letter in front.
    5. *letter alone*: ``B``, ``(b)``, ``**B.**``, ``option B``; two letters → ``unparsed``.
    6. *stated conclusion*: ``the answer is B``, ``Answer: B``, ``\boxed{B}``, ``not A, so D``, ``B is correct``, ``I choose B``,
       a letter alone on the last line. A conclusion that is negated, conditional or part of a refusal is none. Several that
       disagree, ``B and C``, or a letter whose text is another option's → ``unparsed``.
    7. *declined*: the text says that it cannot or will not answer, or asks for what is missing → ``refused``.
    8. *label in front*: the text begins with ``B. text``, ``(B) text``, ``Yes, ...``; a list of labelled options, or a text that
       is another option's → ``unparsed``.
    9. Anything else → ``unparsed``: ``None of the above`` where no option says so, ``It is not A``, prose that begins with the
       article A.

    A letter that no option has is never an answer.

    Args:
        text: what was said.
        options: texts of the options, in the order of their letters.

    Returns:
        The answer; ``letter`` is one of the options' or None.

    Raises:
        ValueError: if there are not 2 to 26 options.

    >>> drugs = ("Aspirin", "Heparin", "Warfarin", "Alteplase")
    >>> parse_choice('{"answer_choice": "B. Heparin"', drugs)
    Answer(letter='B', outcome='answered', rule='answer field: option text')
    >>> parse_choice("Not A, so D.", drugs).letter
    'D'
    >>> parse_choice("It is not A.", drugs).outcome, parse_choice("As an AI, I cannot help with that.", drugs).outcome
    ('unparsed', 'refused')
    """
    known = tuple(normal(option) for option in Choices(tuple(options)).options)
    if text and is_thinking(text):
        return Answer(None, "unparsed", UNENDED)
    return _first(_RULES, tidy(without_thoughts(text or "")), known)


def _first(rules: Sequence[Rule], text: str, options: Sequence[str]) -> Answer:
    for rule in rules:
        answer = rule(text, options)
        if answer is not None:
            return answer
    return Answer(None, "unparsed", NO_SINGLE_OPTION)


def _decide(found: set[str], options: Sequence[str], rule: str) -> Answer | None:
    """One letter that an option has is the answer; None if nothing was found."""
    if not found:
        return None
    if len(found) > 1:
        return Answer(None, "unparsed", "contradictory conclusions")
    (only,) = found
    if only in (SEVERAL, CONFLICT):
        return Answer(None, "unparsed", only)
    return Answer(only, "answered", rule) if ord(only) - ord("A") < len(options) else Answer(None, "unparsed", OUTSIDE)


def _nothing_there(text: str, options: Sequence[str]) -> Answer | None:
    return Answer(None, "empty", "nothing there") if not re.search(r"[^\W_]", text) else None


def _missing_marker(text: str, options: Sequence[str]) -> Answer | None:
    return Answer(None, "empty", "nothing there") if text.casefold() in MISSING else None


_FAILURE = re.compile(
    r"request timed out|error communicating with|error code: ?[45]\d\d|rate limit (?:reached|exceeded)|'content'$|"
    r"httpsconnectionpool|traceback \(most recent call last\)",
    re.IGNORECASE,
)
_FILTERED = re.compile(r"the response was filtered", re.IGNORECASE)


def _service_failure(text: str, options: Sequence[str]) -> Answer | None:
    if _FILTERED.match(text):
        return Answer(None, "refused", "content filter")
    return Answer(None, "failed", "service failure") if _FAILURE.match(text) else None


_FIELD = re.compile(
    r"""\\?["'](?P<key>answer_choice|final_answer|correct_answer|answer|choice)\\?["']\s?:\s?
    (?: \\"(?P<escaped>[^"\\]*) | "(?P<double>(?:[^"\\]|\\.)*) | '(?P<single>(?:[^'\\]|\\.)*)
      | \[(?P<list>[^\]]*) | (?P<bare>[^,}\n]*) )""",
    re.VERBOSE | re.IGNORECASE,
)


def _answer_field(text: str, options: Sequence[str]) -> Answer | None:
    fields = list(_FIELD.finditer(text))
    if not fields:
        return None
    keys = [field["key"].casefold() for field in fields]
    # A schema that names its field after the choice means that one, whatever an "answer" beside it explains.
    meant = "answer_choice" if "answer_choice" in keys else keys[-1]
    answers = [_first(_VALUE_RULES, _value(field), options) for key, field in zip(keys, fields, strict=True) if key == meant]
    if len({answer.letter for answer in answers}) > 1:
        return Answer(None, "unparsed", "answer field: contradictory conclusions")
    return Answer(answers[-1].letter, answers[-1].outcome, f"answer field: {answers[-1].rule}")


def _value(field: re.Match[str]) -> str:
    """What an answer field holds, its escapes resolved; a bare null is nothing."""
    if field["bare"] is not None:
        return "" if field["bare"].strip().casefold() in MISSING else tidy(field["bare"])
    held = next(field[kind] for kind in ("escaped", "double", "single", "list") if field[kind] is not None)
    coded = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), held)
    return tidy(re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], coded))


def _option_text(text: str, options: Sequence[str]) -> Answer | None:
    same = same_text(text, options)
    if len(same) == 1:
        return _decide(same, options, "option text")
    label = re.match(r"\(?([A-Za-z])[.):] ?(?=\S)", text)
    if label is None:
        return None
    letter, rest = label[1].upper(), text[label.end() :]
    if letter in _own(rest, options):
        return _decide({letter}, options, "option text")
    return Answer(None, "unparsed", CONFLICT) if same_text(rest, options) else None


def _own(rest: str, options: Sequence[str]) -> set[str]:
    """As ``same_text``; behind its label an option may also be a single letter."""
    return {letter for letter, option in zip(Choices(tuple(options)).letters, options, strict=True) if option == normal(rest)}


def _letter_alone(text: str, options: Sequence[str]) -> Answer | None:
    letters = letters_in(text)
    return _decide({SEVERAL} if len(letters) > 1 else letters, options, "letter alone")


def _stated_conclusion(text: str, options: Sequence[str]) -> Answer | None:
    return _decide(set(conclusions(text, options)), options, "stated conclusion")


_DECLINED = re.compile(
    r"""\bas[ ]an[ ](?:ai|artificial)\b | \b(?:i'm|i[ ]am)[ ](?:sorry|unable|not[ ]able)
    | \bi[ ](?:cannot|can't|won't|will[ ]not|decline|refuse)\b
    | \b(?:cannot|can't|could[ ]not|couldn't|unable[ ]to|not[ ]possible[ ]to|impossible[ ]to)[ ](?:\w+[ ]){0,3}?
      (?:help|assist|answer|determined?|select|choose|provide|decide)\b
    | \b(?:please|could[ ]you)[ ](?:please[ ])?(?:provide|supply|specify) | \bneed[ ](?:more|additional)[ ](?:information|context)
    | \b(?:not[ ]enough|insufficient|lack[ ]of)[ ](?:\w+[ ]){0,2}?(?:information|context|data)\b
    | \binformation[ ](?:is[ ])?(?:not[ ](?:available|provided|sufficient)|insufficient)
    | \bdo(?:es)?[ ]not[ ](?:provide|contain)[ ](?:enough|sufficient|the[ ]necessary)
    """,
    re.VERBOSE | re.IGNORECASE,
)


def _declined(text: str, options: Sequence[str]) -> Answer | None:
    return Answer(None, "refused", "declined") if _DECLINED.search(text) else None


_LABEL = re.compile(r"(?<![\w-])\(?([A-Z])[.):](?= )")
_LABEL_IN_PLACE = re.compile(r"(?:^|[\n,;.:(]|\b(?:and|or)\b)[ (]{0,2}([A-Z])[.):](?= )")
_DENIED_AFTER = re.compile(r"[.):,; -]{0,3}(?:is )?(?:incorrect|wrong|not|false|rejected|excluded|unlikely|no)\b", re.IGNORECASE)


def _label_in_front(text: str, options: Sequence[str]) -> Answer | None:
    first = {chr(ord("A") + index) for index in range(min(3, len(options)))}
    if len(set(_LABEL_IN_PLACE.findall(text))) > 1 or first <= set(_LABEL.findall(text)):
        return Answer(None, "unparsed", SEVERAL)
    found = letter_at(text, 0, options)
    letter = LETTER.match(text)
    if found is None or (
        letter and found not in (CONFLICT, *options_at(text[letter.end() :], options)) and _DENIED_AFTER.match(text, letter.end())
    ):
        return None
    return _decide({found}, options, "label in front")


_VALUE_RULES: tuple[Rule, ...] = (_nothing_there, _option_text, _letter_alone, _stated_conclusion, _declined, _label_in_front)
_RULES: tuple[Rule, ...] = (_nothing_there, _missing_marker, _service_failure, _answer_field, *_VALUE_RULES[1:])
