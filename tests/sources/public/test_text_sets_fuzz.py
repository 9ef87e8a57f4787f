import gzip
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.sources.public.made_releases import MADE, write

from vesalius.errors import UserError
from vesalius.sources.public import public_set
from vesalius.sources.public.text_sets import TEXT_SETS


def read_or_refused(name, folder):
    """The records of a folder, uncached; a UserError is the only other outcome."""
    try:
        public_set._read.__wrapped__(TEXT_SETS[name].layout, folder)
    except UserError as error:
        assert str(error).endswith(".")


fuzz = settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ABCaid"), inner, max_size=3),
    max_leaves=6,
)
CELL = st.text(max_size=8) | st.sampled_from(["\0", '"', "\r", "\ud7ff", "A\nB", "-1", "9" * 30])


@pytest.mark.parametrize("name", MADE)
@fuzz
@given(data=st.data())
def test_any_bytes_are_records_or_one_sentence(tmp_path, name, data):
    path = data.draw(st.sampled_from(sorted(MADE[name])))
    junk = data.draw(st.binary(max_size=40))
    whole = gzip.decompress(MADE[name][path]) if path.endswith(".gz") else MADE[name][path]
    at = data.draw(st.integers(0, len(whole)))
    spoilt = data.draw(st.sampled_from([junk, whole[:at] + junk + whole[at:], whole[:at], whole[at:]]))
    zipped = path.endswith(".gz") and data.draw(st.booleans())
    write(name, tmp_path, {path: gzip.compress(spoilt) if zipped else spoilt})
    read_or_refused(name, tmp_path)


@pytest.mark.parametrize("name", MADE)
@fuzz
@given(data=st.data())
def test_any_values_in_the_place_of_others_are_records_or_one_sentence(tmp_path, name, data):
    path = data.draw(st.sampled_from(sorted(MADE[name])))
    whole = MADE[name][path]
    if path.endswith(".csv"):
        rows = [line.split(",") for line in whole.decode("utf-8-sig").splitlines()]
        row = data.draw(st.sampled_from(rows))
        row[data.draw(st.integers(0, len(row) - 1))] = data.draw(CELL)
        spoilt = "\n".join(",".join(row) for row in rows).encode()
    else:
        parsed = json.loads((gzip.decompress(whole) if path.endswith(".gz") else whole).splitlines()[0])
        spoilt = json.dumps(spoil(parsed, data)).encode()
        spoilt = gzip.compress(spoilt) if path.endswith(".gz") else spoilt
    write(name, tmp_path, {path: spoilt})
    read_or_refused(name, tmp_path)


def spoil(parsed, data):
    """The value with another somewhere within it."""
    if isinstance(parsed, dict | list) and parsed and data.draw(st.integers(0, 3)):
        key = data.draw(st.sampled_from(sorted(parsed) if isinstance(parsed, dict) else range(len(parsed))))
        changed = parsed.copy()
        changed[key] = spoil(parsed[key], data)
        return changed
    return data.draw(JSON)
