"""Tests of the page behind a signed link."""
