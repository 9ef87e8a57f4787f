"""Small folders of a user's own data."""

import json
from pathlib import Path

import nibabel
import nrrd
import numpy as np
from PIL import Image as pillow

AFFINE = np.diag([1.0, 1.0, 2.0, 1.0])


def picture(path: Path, pixels: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pillow.fromarray(pixels).save(path)
    return path


def nifti(path: Path, voxels: np.ndarray, affine: np.ndarray = AFFINE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.Nifti1Image(voxels, affine).to_filename(path)
    return path


def write_nrrd(path: Path, voxels: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    header = {"space": "right-anterior-superior", "space directions": AFFINE[:3, :3], "space origin": AFFINE[:3, 3]}
    nrrd.write(str(path), voxels, header)
    return path


def blob(number: int, size: tuple[int, ...]) -> np.ndarray:
    """A mask of one box whose place depends on the number."""
    mask = np.zeros(size, np.uint8)
    mask[tuple(slice(1 + number % 3, 5 + number % 3) for _ in size)] = 1
    return mask


def noise(number: int, size: tuple[int, ...], dtype=np.int16) -> np.ndarray:
    return np.random.default_rng(number).integers(0, 100, size).astype(dtype)


def image_of(mask: np.ndarray, number: int, dtype=np.uint8) -> np.ndarray:
    return (noise(number, mask.shape) // 2 + 120 * mask).astype(dtype)


def pictures(folder: Path, count: int = 6, size=(16, 20), masks: str = "masks", white: int = 1) -> Path:
    for number in range(count):
        mask = blob(number, size)
        picture(folder / "images" / f"case{number}.png", image_of(mask, number))
        picture(folder / masks / f"case{number}.png", mask * white)
    return folder


def volumes(folder: Path, count: int = 5, size=(8, 9, 10)) -> Path:
    for number in range(count):
        mask = blob(number, size)
        nifti(folder / "images" / f"case{number}.nii.gz", image_of(mask, number, np.int16))
        nifti(folder / "masks" / f"case{number}.nii.gz", mask)
    return folder


def nnunet(folder: Path, count: int = 3, channels=("T1", "T2"), labels=None, size=(8, 9, 10)) -> Path:
    for number in range(count):
        mask = blob(number, size)
        for channel in range(len(channels)):
            nifti(folder / "imagesTr" / f"case{number}_{channel:04d}.nii.gz", image_of(mask, number + channel, np.int16))
        nifti(folder / "labelsTr" / f"case{number}.nii.gz", mask)
    content = {
        "channel_names": {str(place): name for place, name in enumerate(channels)},
        "labels": labels or {"background": 0, "tumour": 1},
        "numTraining": count,
        "file_ending": ".nii.gz",
    }
    (folder / "dataset.json").write_text(json.dumps(content))
    return folder


def decathlon(folder: Path, count: int = 3, channels: int = 1, size=(8, 9, 10)) -> Path:
    listed = []
    for number in range(count):
        mask = blob(number, size)
        image = image_of(mask, number, np.int16)
        voxels = image if channels == 1 else np.stack([image + place for place in range(channels)], axis=-1)
        nifti(folder / "imagesTr" / f"case_{number:03d}.nii.gz", voxels)
        nifti(folder / "labelsTr" / f"case_{number:03d}.nii.gz", mask)
        listed.append({"image": f"./imagesTr/case_{number:03d}.nii.gz", "label": f"./labelsTr/case_{number:03d}.nii.gz"})
    content = {
        "name": "Made",
        "modality": {str(place): f"MR{place}" for place in range(channels)},
        "labels": {"0": "background", "1": "tumour"},
        "numTraining": count,
        "training": listed,
        "test": ["./imagesTs/case_900.nii.gz"],
    }
    (folder / "dataset.json").write_text(json.dumps(content))
    return folder


def classes(folder: Path, count: int = 6, size=(16, 20)) -> Path:
    for place, label in enumerate(("ill", "well")):
        for number in range(count):
            picture(folder / label / f"{number}.png", noise(number, size, np.uint8) + np.uint8(100 * place))
    return folder
