import numpy as np
import pytest
import torch
from peft import PeftModel
from tests.learners.language_model.tiny import KINDS, tiny
from transformers import AutoModelForCausalLM, AutoTokenizer

from vesalius.errors import UserError
from vesalius.language.questions import Question
from vesalius.language.retrieval import Bm25, Document
from vesalius.learners.language_model.networks import opened_network
from vesalius.learners.language_model.process_reward.evidence import Evidence
from vesalius.learners.language_model.process_reward.reward import Labelling, Reward, Training
from vesalius.learners.language_model.process_reward.solutions import asked
from vesalius.learners.language_model.process_reward.verifier import Judged, Verifier
from vesalius.learners.language_model.supervised import with_lora
from vesalius.metrics import METRICS

PROMPT = "the heart is a organ . pain of the liver ? A aspirin B drug :"
CHAINS = ((" A is a drug .", " pain is in the heart .", " A ."), (" B is .", " B ."), (" A is a drug .", " B ."))
LABELS = ((1.0, 1.0, 1.0), (0.0, None), (1.0, 0.3))
EXAMPLE = Judged(prompt=PROMPT, chains=CHAINS, labels=LABELS)


def trained(verifier, steps=30):
    verifier.train([EXAMPLE], steps=steps, batch=1, learning_rate=2e-2, seed=0)
    return verifier


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_shared_is_run_once_and_steps_score_as_in_a_plain_text(kind, tmp_path):
    folder = tiny(kind, tmp_path)
    network, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    verifier = Verifier(network, tokenizer)
    torch.nn.init.normal_(verifier.head.weight)
    for chain, found in zip(CHAINS, verifier.logits(PROMPT, CHAINS), strict=True):
        tokens = [tokenizer(PROMPT + "".join(chain[:count]))["input_ids"] for count in range(1, len(chain) + 1)]
        states = network(torch.tensor([tokens[-1]]), output_hidden_states=True).hidden_states[-1][0]
        plain = verifier.head(states[[len(one) - 1 for one in tokens]])[:, 0]
        assert torch.allclose(found, plain, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("kind", ["qwen", "gemma"])
def test_a_verifier_learns_soft_labels_and_is_kept_in_plain_files(kind, tmp_path):
    folder, kept = tiny(kind, tmp_path), tmp_path / "kept"
    kept.mkdir()
    verifier = Verifier(*opened_network(folder))
    assert verifier.scores(PROMPT, CHAINS) == [[0.5] * 3, [0.5] * 2, [0.5] * 2]
    scores = trained(verifier).scores(PROMPT, CHAINS)
    known = [(score, label) for own in zip(scores, LABELS, strict=True) for score, label in zip(*own, strict=True)]
    assert all(score == pytest.approx(label, abs=0.25) for score, label in known if label is not None)
    assert 0.05 < scores[2][1] < 0.55
    verifier.save(kept)
    other = Verifier(*opened_network(folder))
    other.load(kept)
    assert other.scores(PROMPT, CHAINS) == scores
    AutoModelForCausalLM.from_pretrained(kept / "network")


def test_an_adapter_alone_is_trained_and_plain_peft_loads_it(tmp_path):
    folder, kept = tiny("qwen", tmp_path), tmp_path / "kept"
    kept.mkdir()

    def adapted():
        network, tokenizer = opened_network(folder)
        return Verifier(with_lora(network, 4), tokenizer)

    verifier = adapted()
    whole = Verifier(*opened_network(folder))
    assert 0 < verifier.trained_parameters < whole.trained_parameters
    scores = trained(verifier, 5).scores(PROMPT, CHAINS)
    verifier.save(kept)
    other = adapted()
    other.load(kept)
    assert other.scores(PROMPT, CHAINS) == [pytest.approx(own, abs=1e-5) for own in scores] and scores[0][0] > 0.55
    PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(folder), str(kept / "network"))


def test_bad_input_is_told(tmp_path):
    verifier = Verifier(*opened_network(tiny("gpt2", tmp_path)))
    with pytest.raises(UserError, match="no step has a label"):
        verifier.train(
            [Judged(prompt=PROMPT, chains=CHAINS[1:2], labels=((None, None),))], steps=1, batch=1, learning_rate=1, seed=0
        )
    with pytest.raises(UserError, match="no verifier"):
        verifier.load(tmp_path)
    with pytest.raises(UserError, match="where the verifier takes"):
        verifier.scores(PROMPT * 100, CHAINS)
    with pytest.raises(UserError, match="fit it or load it"):
        Reward(lambda: opened_network(tiny("gpt2", tmp_path)), Training(steps=1)).scores([], [])


# the names of the cases are one unknown word to the model; what the document of each says is all that tells them apart
CASES = [Question(id=f"case{number}", text=f"case{number}", options=("A", "B"), order=(0, 1)) for number in range(24)]
INDEX = Bm25([Document(one.id, "", f"{one.id} is {'fever' if place % 2 else 'cough'} .") for place, one in enumerate(CASES)])
STEP = (" A .",)


def auroc(evidence, folder):
    """Of the steps of cases that the verifier was not trained on."""
    reward = Reward(lambda: opened_network(folder), Training(steps=15, batch=2, learning_rate=1e-2), evidence=evidence)
    reward.fit([Labelling(one, (STEP,), ((float(place % 2),),)) for place, one in enumerate(CASES[:12])])
    scores = [one.scores[0][0] for one in reward.scores(CASES[12:], [[STEP]] * 12)]
    return METRICS["auroc"].function(np.array(scores), np.array([place % 2 for place in range(12)], dtype=float))


def test_what_only_the_evidence_tells_is_learnt_with_evidence_and_never_without(tmp_path):
    folder = tiny("llama", tmp_path)
    assert auroc(Evidence(INDEX, count=1), folder) == 1.0
    assert auroc(None, folder) == 0.5


def test_evidence_is_left_out_where_there_is_no_room(tmp_path):
    folder = tiny("gpt2", tmp_path)
    index = Bm25([Document("long", "", "fever " * 2000), Document("short", "", "fever .")])
    question = Question(id="q", text="fever", options=("A", "B"), order=(0, 1))
    found = Evidence(index, count=2).of([question])[0]
    assert {one.id for one in found} == {"long", "short"}
    reward = Reward(lambda: opened_network(folder), Training(steps=1, batch=1), evidence=Evidence(index, count=2))
    reward.fit([Labelling(question, (STEP,), ((1.0,),))])
    assert len(reward.scores([question], [[STEP]])[0].scores[0]) == 1


def test_training_follows_from_its_seed_where_there_is_dropout_and_leaves_the_random_state(tmp_path):
    folder = tiny("gpt2", tmp_path)

    def scores(state):
        verifier = Verifier(*opened_network(folder))
        torch.manual_seed(state)
        before = torch.get_rng_state()
        found = trained(verifier, 3).scores(PROMPT, CHAINS)
        assert torch.equal(torch.get_rng_state(), before)
        return found

    assert scores(1) == scores(2)


def test_what_is_read_is_told_with_the_prompt_once(tmp_path):
    network, tokenizer = opened_network(tiny("llama", tmp_path))
    question = Question(id="q", text="fever", options=("A", "B"), order=(0, 1))
    reward = Reward(lambda: (network, tokenizer), Training(steps=1, batch=1))
    reward.fit([Labelling(question, (STEP,), ((1.0,),))])
    chains = [(" A is a drug .", " A ."), (" B .",), (" B .",)]
    read, nothing = reward.scores([question, question], [chains, [()]])
    prompt = len(tokenizer(asked(question))["input_ids"])
    assert (read.tokens, read.calls) == (prompt + 7 + 2, 1)
    assert (nothing.scores, nothing.tokens, nothing.calls) == ([[]], 0, 0)
