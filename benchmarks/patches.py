"""Patches from volumes on disk beside MONAI's CacheDataset and RandCropByPosNegLabeld, on the same files.

    python benchmarks/patches.py [--volumes 6] [--side 256] [--patch 96]

Each side draws patches, half of them around a labelled voxel, in a process of its own with one thread. MONAI keeps the volumes in
memory, and with them, in the faster of its two forms, the indices of labelled and other voxels (FgBgToIndicesd). Ours reads
what it needs from memory-mapped files or from zarr in compressed chunks of 64³, and standardises, turns and mirrors each patch
besides. Memory is the peak of the process beyond what it had before it saw the data.
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from clock import Row, print_rows

DRAWS, BATCH = 40, 4
NAMES = ("image", "mask")


def write_volumes(folder: Path, volumes: int, side: int) -> None:
    """Noise in 16 bits, with a labelled ball in each, as numpy and as zarr files."""
    import zarr

    for index in range(volumes):
        random = np.random.default_rng(index)
        axes = np.ogrid[:side, :side, :side]
        ball = sum((axis - at) ** 2 for axis, at in zip(axes, random.uniform(0.3, 0.7, size=3) * side)) < (side / 8) ** 2
        noise = random.integers(-1000, 1000, size=(1, side, side, side), dtype=np.int16)
        for name, array in (("image", noise), ("mask", ball.astype(np.uint8))):
            np.save(folder / f"{name}{index}.npy", array)
            zarr.create_array(folder / f"{name}{index}.zarr", data=array, chunks=(1, 64, 64, 64)[-array.ndim :])


def by_mapped_files(folder: Path, volumes: int, patch: int) -> Callable[[], int]:
    """A draw of one batch, from memory-mapped files."""
    return by_vesalius(*([np.load(folder / f"{name}{n}.npy", mmap_mode="r") for n in range(volumes)] for name in NAMES), patch)


def by_zarr(folder: Path, volumes: int, patch: int) -> Callable[[], int]:
    """A draw of one batch, from zarr."""
    import zarr

    return by_vesalius(
        *([zarr.open_array(folder / f"{name}{n}.zarr", mode="r") for n in range(volumes)] for name in NAMES), patch
    )


def by_vesalius(images: list[Any], masks: list[Any], patch: int) -> Callable[[], int]:
    """A draw of one batch."""
    from vesalius.learners.intensity import Intensity
    from vesalius.learners.patches import PatchSampler

    intensities = [Intensity(np.zeros(1), np.full(1, 577.0))] * len(images)
    sampler = PatchSampler(images, masks, intensities, patch=(patch,) * 3, batch=BATCH, foreground=0.5)
    random = np.random.default_rng(0)
    return lambda: len(sampler.draw(random)[0])


def by_monai(folder: Path, volumes: int, patch: int, *, indices: bool) -> Callable[[], int]:
    """All patches of one volume, as many as a batch."""
    from monai.data import CacheDataset
    from monai.transforms import Compose, EnsureChannelFirstd, FgBgToIndicesd, LoadImaged, RandCropByPosNegLabeld

    files = [{"image": folder / f"image{n}.npy", "mask": folder / f"mask{n}.npy"} for n in range(volumes)]
    both = ("image", "mask")
    cached = [
        LoadImaged(both),
        EnsureChannelFirstd(both[:1], channel_dim=0),
        EnsureChannelFirstd(both[1:], channel_dim="no_channel"),
    ]
    keys = {}
    if indices:
        cached.append(FgBgToIndicesd("mask"))
        keys = {"fg_indices_key": "mask_fg_indices", "bg_indices_key": "mask_bg_indices"}
    crop = RandCropByPosNegLabeld(both, label_key="mask", spatial_size=(patch,) * 3, num_samples=BATCH, **keys)
    crop.set_random_state(0)
    data = CacheDataset(files, Compose([*cached, crop]), progress=False, num_workers=1)
    random = np.random.default_rng(0)
    return lambda: len(data[int(random.integers(volumes))])


def by_monai_with_indices(folder: Path, volumes: int, patch: int) -> Callable[[], int]:
    """The faster form."""
    return by_monai(folder, volumes, patch, indices=True)


def by_monai_without(folder: Path, volumes: int, patch: int) -> Callable[[], int]:
    """The form that holds less."""
    return by_monai(folder, volumes, patch, indices=False)


def measure(
    prepare: Callable[[Path, int, int], Callable[[], int]], folder: Path, volumes: int, patch: int
) -> tuple[float, float]:
    """Milliseconds a patch, and MiB of the peak beyond the libraries."""
    import torch

    torch.set_num_threads(1)
    if prepare is by_zarr:
        import zarr  # noqa: F401
    elif prepare is not by_mapped_files:
        import monai.data
        import monai.transforms  # noqa: F401 - so that what the library itself takes is not counted
    before = peak_mib()
    draw = prepare(folder, volumes, patch)
    draw()
    start, drawn = time.perf_counter(), 0
    for _ in range(DRAWS):
        drawn += draw()
    return 1e3 * (time.perf_counter() - start) / drawn, peak_mib() - before


def peak_mib() -> float:
    """Of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def rows(folder: Path, volumes: int, side: int, patch: int) -> Iterator[Row]:
    """Ours beside both forms of the peer."""
    results = {}
    for work in (by_mapped_files, by_zarr, by_monai_with_indices, by_monai_without):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            results[work] = pool.apply(measure, (work, folder, volumes, patch))
    for own in (by_mapped_files, by_zarr):
        for peer in (by_monai_with_indices, by_monai_without):
            (took, held), (peer_took, peer_held) = results[own], results[peer]
            what = f"a patch of {patch}³ from {volumes} volumes of {side}³, {own.__name__} beside {peer.__name__}".replace(
                "_", " "
            )
            yield f"{what}; memory {peer_held:,.0f} → {held:,.0f} MiB", peer_took, took


def main() -> None:
    """Write the volumes, and print a line for each form of the peer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--volumes", type=int, default=6)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--patch", type=int, default=96)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        write_volumes(Path(name), options.volumes, options.side)
        print_rows(rows(Path(name), options.volumes, options.side, options.patch))


if __name__ == "__main__":
    main()
