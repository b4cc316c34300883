"""Other libraries on the same cases, in the same run: dates (JioNLP, dateparser, recognizers-text), names (rapidfuzz)."""
