import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vesalius.learners.chunks import ChunkCache, Chunked


class Counted:
    """An array in chunks that counts how often each value is read."""

    def __init__(self, values, chunks):
        self.values, self.chunks, self.shape, self.dtype = values, chunks, values.shape, values.dtype
        self.reads, self.calls = np.zeros(values.shape, dtype=int), 0

    def __getitem__(self, window):
        self.reads[window] += 1
        self.calls += 1
        return self.values[window]


def stored(size=(20, 17, 9), chunks=(8, 8, 4)):
    return Counted(np.random.default_rng(0).integers(-1000, 1000, size=size).astype(np.int16), chunks)


@given(st.data(), st.sampled_from([0, 0.001, 64]))
def test_windows_are_those_of_the_array(data, memory_mib):
    array, cache = stored(), ChunkCache(memory_mib)
    chunked = Chunked(array, cache)
    for _ in range(5):
        bounds = [sorted(data.draw(st.tuples(st.integers(0, size), st.integers(0, size)))) for size in array.shape]
        window = tuple(slice(start, stop) for start, stop in bounds)
        assert (chunked[window] == array.values[window]).all()
        assert cache.held_bytes <= memory_mib * 2**20


def test_a_chunk_is_decoded_once_while_there_is_room():
    array = stored()
    chunked = Chunked(array, ChunkCache())
    for start in range(12):
        chunked[start : start + 8, 3:12, 0:9]
    assert array.reads.max() == 1
    assert array.calls == 3  # one for each new row of chunks, whole
    assert (array.reads[:, :16].min(), array.reads[:, 16:].max()) == (1, 0)


def test_the_chunk_that_was_used_last_stays():
    array = stored(size=(32,), chunks=(8,))
    chunked = Chunked(array, ChunkCache(2 * 8 * 2 / 2**20))  # room for two chunks
    for start in (0, 8, 0, 16, 0, 8):
        chunked[slice(start, start + 8),]
    assert array.reads[[0, 8, 16, 24]].tolist() == [1, 2, 1, 0]


def test_arrays_that_share_a_cache_keep_to_their_own():
    cache = ChunkCache()
    one, other = Chunked(stored(), cache), Chunked(Counted(stored().values + 1, (8, 8, 4)), cache)
    window = (slice(0, 9),) * 3
    assert (one[window] + 1 == other[window]).all()
    assert (one[window] + 1 == other[window]).all()


def test_what_was_given_can_be_changed_without_harm():
    chunked = Chunked(stored(), ChunkCache())
    first = chunked[0:8, 0:8, 0:4]
    before = first.copy()
    first[...] = 0
    assert (chunked[0:8, 0:8, 0:4] == before).all()


def test_zarr_is_read_through_the_cache(tmp_path):
    zarr = pytest.importorskip("zarr")
    values = np.arange(1000, dtype=np.int32).reshape(10, 10, 10)
    array = zarr.create_array(tmp_path / "values.zarr", data=values, chunks=(4, 4, 4))
    cache = ChunkCache()
    assert (Chunked(array, cache)[1:9, 2:3, 0:10] == values[1:9, 2:3]).all()
    assert cache.held_bytes > 0
