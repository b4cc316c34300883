"""`python -m bot.cli` is the `waiqin` command."""

import sys

from bot.cli.program import main

sys.exit(main())
