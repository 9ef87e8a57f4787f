"""Files of FHIR resources as JSON documents: bundles, and NDJSON line by line, plain or gzipped."""

import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from vesalius.errors import UserError
from vesalius.progress import track
from vesalius.records.events.fhir_element import REMEDY

LINES = (".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz")
DOCUMENTS = (".json", ".json.gz")
_BATCH = 1 << 20


def fhir_files(source: Path) -> list[Path]:
    """The files with resources; those of patients first, so that subjects are in their order.

    Raises:
        UserError: if there is none.
    """
    names = (*LINES, *DOCUMENTS)
    if source.is_dir():
        files = [file for file in source.iterdir() if file.name.lower().endswith(names) and not file.name.startswith(".")]
    else:
        files = [source] if source.is_file() and source.name.lower().endswith(names) else []
    if not files:
        raise UserError(f"{source}: no FHIR file ({', '.join(names)}); name such a file or a folder of them.")
    return sorted(files, key=lambda file: (not file.name.startswith("Patient"), file.name))


def documents(file: Path, fault: Callable[[UserError], None]) -> Iterator[tuple[str, Any]]:
    """Each line of NDJSON, or the one document of a JSON file, with its place.

    About a megabyte of lines is held at a time.

    Args:
        file: one of ``fhir_files``.
        fault: told of a line that is no JSON.

    Raises:
        UserError: if the file can't be read, or is no JSON as a whole.
    """
    try:
        with gzip.GzipFile(file) if file.name.lower().endswith(".gz") else file.open("rb") as handle:
            if file.name.lower().endswith(DOCUMENTS):
                yield str(file), _parsed(handle.read(), str(file))
                return
            number = 0
            for lines in _batches(handle, file):
                for line in lines:
                    number += 1
                    if line.strip():
                        place = f"{file}, line {number}"
                        try:
                            values = _parsed(line, place)
                        except UserError as error:
                            fault(error)
                        else:
                            yield place, values
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UserError(f"{file}: damaged; obtain it again.") from error
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror}); name a file that can.") from error


def entry_of(entry: Any) -> tuple[str, Any]:
    """The full URL of a bundle's entry, blank where it has none, and its resource; one without an id has that of the URL.

    >>> entry_of({"fullUrl": "urn:uuid:0f-1", "resource": {"resourceType": "Patient"}})
    ('urn:uuid:0f-1', {'resourceType': 'Patient', 'id': '0f-1'})
    """
    url, resource = (entry.get("fullUrl"), entry.get("resource")) if isinstance(entry, dict) else (None, None)
    if not isinstance(url, str) or not url:
        return "", resource
    if isinstance(resource, dict):
        resource = {**resource, "id": resource.get("id") or re.split("[/:]", url)[-1]}
    return url, resource


def _batches(handle: IO[bytes] | gzip.GzipFile, file: Path) -> Iterator[list[bytes]]:
    """Lines of about a megabyte, so that progress can be told in megabytes."""
    batches = iter(lambda: handle.readlines(_BATCH), [])
    if file.name.lower().endswith(".gz"):
        return batches
    return track(batches, f"reading {file.name}", max(1, -(-file.stat().st_size // _BATCH)))


def _parsed(text: bytes, place: str) -> Any:
    try:
        return _DECODER.decode(str(text, "utf-8-sig"))
    except (ValueError, RecursionError) as error:
        at = f" (at character {error.pos + 1})" if isinstance(error, json.JSONDecodeError) else ""
        raise UserError(f"{place}: not JSON{at}; {REMEDY}.") from error


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)
