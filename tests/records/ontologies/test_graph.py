import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vesalius.errors import UserError
from vesalius.records.ontologies import Graph


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Parents are of lower number, so that nothing goes round."""
    count = draw(st.integers(1, 12))
    links = {f"c{n}": [f"c{p}" for p in draw(st.sets(st.integers(0, n - 1), max_size=3))] if n else [] for n in range(count)}
    return Graph(title="drawn", parents_of=links, names={})


@given(graphs())
@settings(max_examples=60)
def test_ancestors_are_transitive_and_mirror_descendants(graph: Graph) -> None:
    for code in graph:
        above = set(graph.ancestors(code))
        assert code not in above
        assert above == set(graph.parents(code)).union(*(graph.ancestors(parent) for parent in graph.parents(code)))
        assert all(code in graph.descendants(higher) for higher in above)
        assert graph.depth(code) == (1 + min(map(graph.depth, graph.parents(code))) if graph.parents(code) else 0)


@given(graphs(), st.data())
@settings(max_examples=60)
def test_lowest_common_ancestors_are_shared_and_none_is_above_another(graph: Graph, data: st.DataObject) -> None:
    first, second = data.draw(st.sampled_from(list(graph))), data.draw(st.sampled_from(list(graph)))
    lowest = graph.lowest_common(first, second)
    shared = {first, *graph.ancestors(first)} & {second, *graph.ancestors(second)}
    assert set(lowest) <= shared
    assert not any(one in graph.ancestors(other) for one in lowest for other in lowest)
    assert all(code in lowest or any(code in graph.ancestors(one) for one in lowest) for code in shared)
    assert graph.lowest_common(first, first) == (first,)


def test_a_cycle_is_refused_and_named_without_what_hangs_below_it() -> None:
    links = {"root": [], "a": ["c"], "b": ["a"], "c": ["b"], "below": ["a"]}
    with pytest.raises(UserError, match="in a cycle") as told:
        Graph(title="bad", parents_of=links, names={})
    assert all(f"'{code}'" in str(told.value) for code in "abc")
    assert "below" not in str(told.value)


def test_a_code_that_is_its_own_parent_is_refused() -> None:
    with pytest.raises(UserError, match="'a' > 'a'"):
        Graph(title="bad", parents_of={"a": ["a"]}, names={})


def test_a_dangling_parent_is_refused() -> None:
    with pytest.raises(UserError, match="bad: 'a' has the parent 'b', which it lacks"):
        Graph(title="bad", parents_of={"a": ["b"]}, names={})


def test_an_unknown_code_is_told_in_a_sentence() -> None:
    graph = Graph(title="pets", parents_of={"cat": []}, names={})
    for question in (graph.name, graph.parents, graph.children, graph.ancestors, graph.descendants, graph.depth):
        with pytest.raises(UserError, match="pets: there is no code 'dog'"):
            question("dog")


def test_changing_what_was_given_does_not_change_the_graph() -> None:
    links = {"cat": [], "tom": ["cat"]}
    graph = Graph(title="pets", parents_of=links, names={})
    links["tom"].clear()
    links.clear()
    assert graph.ancestors("tom") == ("cat",)
