"""Dates in what reps say: finding them, working days, and choosing the note's follow-up day."""

from nlp.dates.choose import follow_up
from nlp.dates.mention import DateMention
from nlp.dates.scan import find_dates, resolve_first
from nlp.dates.workdays import WorkCalendar, default_calendar

__all__ = ["DateMention", "WorkCalendar", "default_calendar", "find_dates", "follow_up", "resolve_first"]
