"""The official checkers beside ours: answers made to differ on, and whether they do."""
