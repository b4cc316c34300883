"""Pure domain rules: no session, no clock, no input or output. Times and rows come in as values."""
