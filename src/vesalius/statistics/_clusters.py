"""Records grouped by independent unit: the one place that decides who is resampled with whom."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vesalius.statistics._checks import FloatArray, IndexArray


@dataclass(frozen=True, slots=True)
class Clusters:
    """The cluster of every record, with what resampling needs.

    `order` lists the records cluster by cluster; cluster g owns `order[starts[g] : starts[g] + sizes[g]]`.
    """

    codes: IndexArray
    sizes: IndexArray
    order: IndexArray
    starts: IndexArray

    @property
    def count(self) -> int:
        """Number of clusters."""
        return len(self.sizes)

    @property
    def singletons(self) -> bool:
        """Every record stands alone."""
        return self.count == len(self.codes)

    def sum(self, values: FloatArray) -> FloatArray:
        """Sums by cluster over the last axis."""
        if self.singletons:
            return values[..., self.order]
        return np.add.reduceat(values[..., self.order], self.starts, axis=-1)

    def records_of(self, chosen: IndexArray) -> IndexArray:
        """The records of the chosen clusters, each as often as it was chosen."""
        if self.singletons:
            return self.order[chosen]
        sizes = self.sizes[chosen]
        ends = np.cumsum(sizes)
        shifts = np.repeat(self.starts[chosen] - ends + sizes, sizes)
        return np.asarray(self.order[np.arange(ends[-1]) + shifts])

    def resample(self, generator: np.random.Generator) -> IndexArray:
        """The records of as many clusters as there are, drawn with replacement."""
        return self.records_of(generator.integers(0, self.count, self.count))


def group(clusters: ArrayLike | None, n: int) -> Clusters:
    """Groups n records by the cluster labels; without labels every record stands alone."""
    if clusters is None:
        everyone = np.arange(n)
        return Clusters(everyone, np.ones(n, dtype=np.intp), everyone, everyone)
    labels = np.asarray(clusters)
    if labels.shape != (n,):
        raise ValueError(f"clusters must hold one label for each of the {n} records, not have shape {labels.shape}.")
    if labels.dtype.kind == "O":
        if any(label is None or label != label for label in labels.tolist()):
            raise ValueError("clusters holds missing labels; give every record the subject that it belongs to.")
        labels = labels.astype(str)
    if labels.dtype.kind == "f" and np.isnan(labels).any():
        raise ValueError("clusters holds NaN; give every record the subject that it belongs to.")
    codes = np.unique(labels, return_inverse=True)[1]
    sizes = np.bincount(codes)
    return Clusters(codes, sizes, np.argsort(codes, kind="stable"), np.cumsum(sizes) - sizes)


def check_several(clusters: Clusters) -> None:
    """One unit has no spread to estimate."""
    if clusters.count < 2:
        raise ValueError("All records belong to one cluster, so their spread can't be estimated; two clusters are the least.")
