"""Other libraries on the same cases, in the same run: JioNLP, dateparser, recognizers-text for dates, rapidfuzz."""
