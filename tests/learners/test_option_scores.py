from collections import Counter

import pytest

from vesalius.errors import UserError
from vesalius.language.retrieval import Document
from vesalius.learners.option_scores import Chance, OptionScores, by_association, by_search
from vesalius.records import Choices, Record, Text

CORPUS = [
    Document("gout", "Gout", "Gout is treated with colchicine."),
    Document("asthma", "Asthma", "Asthma is treated with salbutamol, seldom with colchicine."),
]


def asked(name, text="What is asthma treated with?", options=("colchicine", "salbutamol", "heparin")):
    return Record(id=name, subject_id=name, fields={"question": Text(text), "options": Choices(options)})


def letters(make, records):
    return [prediction.value for prediction in OptionScores(make).predict(records)]


@pytest.mark.parametrize("rule", [by_search, by_association])
def test_a_rule_finds_what_stands_beside_the_question(rule):
    assert letters(lambda: rule(CORPUS), [asked("1")]) == ["B"]


def test_retrieval_scores_an_option_by_its_best_documents():
    one, two = (by_search(CORPUS, top=top)("asthma", ["salbutamol", "colchicine"]) for top in (1, 2))
    assert one[0] > one[1]
    assert two[1] > one[1] and two[0] == one[0]


def test_options_that_score_alike_are_chosen_alike_often():
    chosen = Counter(letters(lambda: lambda question, options: [1.0, 1.0, 0.0], [asked(str(number)) for number in range(400)]))
    assert chosen["C"] == 0 and min(chosen["A"], chosen["B"]) > 150


def test_chance_has_no_favourite_and_follows_from_the_seed(tmp_path):
    records = [asked(str(number), f"Question {number}?") for number in range(600)]

    def chosen(learner):
        return [prediction.value for prediction in learner.predict(records)]

    first = chosen(Chance(seed=0))
    assert first == chosen(Chance(seed=0)) != chosen(Chance(seed=1))
    assert min(Counter(first).values()) > 150
    Chance(seed=0).save(tmp_path)
    loaded = Chance(seed=1)
    loaded.load(tmp_path)
    assert chosen(loaded) == first
    (tmp_path / "seed.json").write_text("{}")
    with pytest.raises(UserError, match=r"seed\.json"):
        loaded.load(tmp_path)
