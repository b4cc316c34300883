#!/usr/bin/env bash
# Prints the first Python on PATH that can carry waiqin (3.11 or newer, with venv), or says in words what is missing.
# PYTHON=/path/to/python chooses one by hand.
set -euo pipefail

fits='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'
for candidate in ${PYTHON:+"$PYTHON"} python3.11 python3.12 python3.13 python3 python; do
  if "$candidate" -c "$fits" >/dev/null 2>&1; then
    command -v "$candidate"
    exit 0
  fi
done

found="$(python3 --version 2>/dev/null || true)"
{
  echo "setup: waiqin needs Python 3.11 or newer with its venv module; found: ${found:-no python3}."
  echo "       Debian, Ubuntu: apt-get install python3 python3-venv. Others: python.org/downloads."
  echo "       If it is elsewhere: make PYTHON=/path/to/python3.11 …"
} >&2
exit 1
