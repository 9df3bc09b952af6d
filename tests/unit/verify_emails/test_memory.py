"""What is remembered, for how long and of how many."""

from services.verify_emails.memory import Memory, Names


def test_values_hold_for_a_while_and_the_oldest_makes_way():
    now = [0.0]
    memory = Memory(10, most=2, clock=lambda: now[0])
    memory.put("a", 1)
    memory.put("b", 2, seconds=30)
    now[0] = 10.0
    assert (memory.get("a"), memory.get("b")) == (None, 2)
    memory.put("c", 3)
    memory.put("d", 4)
    assert [memory.get(key) for key in "abcd"] == [None, None, 3, 4]


def test_names():
    names = Names(10)
    names.add("mx.fr")
    assert "mx.fr" in names
    assert "mx2.fr" not in names
    gone = Names(0)
    gone.add("mx.fr")
    assert "mx.fr" not in gone
