"""What learners that ask a language model, and train none, have in common."""

from collections.abc import Callable
from functools import cached_property

from vesalius.language.backend import Backend


class AsksModel:
    """The model is made when it is first needed, and nothing of it is trained or kept.

    Args:
        backend: makes the model.
    """

    def __init__(self, backend: Callable[[], Backend]) -> None:
        self._make = backend

    @cached_property
    def backend(self) -> Backend:
        """The model that is asked."""
        return self._make()

    @property
    def trained_parameters(self) -> int:
        """None is trained."""
        return 0
