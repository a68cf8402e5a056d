"""A block type of a user's own."""
from prefect.blocks.core import Block


class Lighthouse(Block):
    """Where ships look."""

    height: int = 30
    keeper: str = "nobody"
