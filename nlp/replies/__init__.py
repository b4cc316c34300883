"""Parts of `nlp.reply`: commands, answers to questions, corrections in words, and the values they name."""
