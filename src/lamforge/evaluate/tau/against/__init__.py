"""The official code beside ours: calls and conversations made to differ on, and whether they do."""
