"""Training of causal language models: examples, supervised and continued training by trl, adapters by peft, and the learner."""
