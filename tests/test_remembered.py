from vesalius.remembered import Remembered, forget


def test_a_call_is_made_once_while_it_is_kept():
    remembered, made = Remembered(2), []

    def ask(key):
        return remembered.get(key, lambda: made.append(key) or key * 2)

    assert [ask(key) for key in (1, 1, 2, 3, 2, 1)] == [2, 2, 4, 6, 4, 2]
    assert made == [1, 2, 3, 1]
    forget()
    ask(1)
    assert made == [1, 2, 3, 1, 1]
