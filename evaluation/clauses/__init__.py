"""The conditions of the gate's rule: pure functions from evidence and config to judged clauses."""
