"""One table a contract: a new learner, task, metric, source or system joins with one line."""
