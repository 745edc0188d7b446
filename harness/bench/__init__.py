"""How long things take, measured so that anyone can repeat it: alternatives by turns in one process, and ratios."""
