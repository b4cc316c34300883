"""Training of the weights that `nlp/fields` ships: `python -m benchmarks.training`."""
