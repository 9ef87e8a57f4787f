"""A user's own data: folders and tables of images with masks or classes."""

from vesalius.sources.folders.open import open_folder
from vesalius.sources.folders.source import FolderSource

__all__ = ["FolderSource", "open_folder"]
