"""Stage, obstacle, tags and preparations of one visit note: what it says beside who and when."""
