"""Trials: running arms on tasks over seeds, and what that shows."""

from vesalius.trials.finding import Comparison, Cost, Finding, Gate, Score
from vesalius.trials.run import Run, run_trial
from vesalius.trials.trial import Arms, Cell, Trial
from vesalius.trials.verify import verify

__all__ = ["Arms", "Cell", "Comparison", "Cost", "Finding", "Gate", "Run", "Score", "Trial", "run_trial", "verify"]
