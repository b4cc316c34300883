"""The fault lab (DECISIONS 17): seeded days of virtual reps against real server processes, a ledger outside them."""
