from vesalius.language.evidence import First, Refined
from vesalius.language.medrgb import INSUFFICIENT, Sifted, copier, evidence_parted, sceptic
from vesalius.language.questions import Question
from vesalius.language.scripted import Scripted
from vesalius.language.steering import Ask

DOCUMENTS = ("rivers have fish.", "gout has pain.", "mumps has fever.")


def asked(*documents, options=("pain", "fever")):
    text = "\n".join(documents) + "\n\nWhat has gout?" if documents else "What has gout?"
    return Question(id="1", text=text, options=options, order=tuple(range(len(options))))


def judging(answerer):
    """A copier that finds a passage relevant and useful where it is about gout."""

    def score(prompt, continuation):
        if continuation in (" yes", " no"):
            return 0.0 if (continuation == " yes") == ("gout" in prompt.split("\n")[0]) else -9.0
        return answerer.score([prompt], [[continuation]])[0].likelihoods[0].log_probability

    return Scripted(lambda prompt, sampling, sample: answerer.generate([prompt], sampling)[0].text, score)


def test_only_what_is_judged_useful_is_read():
    strategy = Sifted(select=Refined(keep=9, words=50, rerank=False), then=Ask())
    backend = judging(copier())
    (said,) = strategy(backend, [asked(*DOCUMENTS)], [()], 0)
    assert said.letter == "A" and "rivers" not in backend.asked[-1] and "gout has pain." in backend.asked[-1]
    assert said.calls == 1 + 3 + 1


def test_where_nothing_is_left_the_information_is_insufficient_if_an_option_says_so():
    strategy = Sifted(select=Refined(keep=9, words=50, rerank=False), then=Ask())
    with_option = asked(*DOCUMENTS[::2], options=("pain", "fever", INSUFFICIENT))
    first, second = strategy(judging(copier()), [with_option, asked(*DOCUMENTS[::2])], [(), ()], 0)
    assert first.letter == "C" and second.letter is None


def test_without_documents_the_model_answers_from_memory():
    backend = copier()
    memory = Sifted(select=First(0), then=Ask(), abstain=False)
    memory(backend, [asked(*DOCUMENTS)], [()], 0)
    assert "gout has pain." not in backend.asked[0] and "What has gout?" in backend.asked[0]


def test_a_question_without_documents_has_none():
    documents, bare = evidence_parted(asked())
    assert documents == [] and bare == asked()


VIGNETTE = "A man of 50.\n\nHe has fever.\n\nWhat is it?"


def vignette(*documents):
    return Question(id="1", text="\n".join(documents) + f"\n\n{VIGNETTE}", options=("fever", "pain"), order=(0, 1))


def test_a_question_with_blank_lines_stays_whole():
    documents, bare = evidence_parted(vignette(*DOCUMENTS))
    assert [one.text for one in documents] == list(DOCUMENTS) and bare.text == VIGNETTE
    backend = copier()
    Sifted(select=First(1), then=Ask(), abstain=False)(backend, [vignette(*DOCUMENTS)], [()], 0)
    assert backend.asked[0].startswith(f"Question: {DOCUMENTS[0]}\n\n{VIGNETTE}\nA. fever")


def test_a_copier_believes_documents_rather_than_the_question_itself():
    (said,) = Ask()(copier(), [vignette(*DOCUMENTS[:2])], [()], 0)
    assert said.letter == "B"


def test_a_sceptic_sees_the_whole_question_and_no_document():
    seeds = range(8)
    said = [[Ask()(sceptic(seed), [vignette(one)], [()], 0)[0].letter for one in DOCUMENTS] for seed in seeds]
    assert all(len(set(own)) == 1 for own in said) and len({own[0] for own in said}) == 2
