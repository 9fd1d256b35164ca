"""`python -m lamforge`."""

from lamforge.cli import main

main()
