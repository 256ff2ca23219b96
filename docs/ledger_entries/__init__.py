"""The ledger's entries; `sections` has them all, in the order of the notes."""
