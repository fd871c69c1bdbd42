"""What this process is in the middle of: found again by its address, and forgotten only when it is over."""

import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from replies.live_items import Registry


@dataclass
class Thing:
    id: str
    over: bool = True


def things(*ids: str, over: bool = True) -> list[Thing]:
    return [Thing(id, over) for id in ids]


def filled(keep: int, *items: Thing) -> Registry[Thing]:
    registry: Registry[Thing] = Registry(keep)
    for item in items:
        registry.add(item)
    return registry


def kept(registry: Registry[Thing], ids: str) -> str:
    return "".join(id for id in ids if registry.find(id))


def test_what_was_added_is_found_and_of_two_with_one_id_the_first_is_kept() -> None:
    first, second = things("a", "a")
    registry = filled(3, first)
    assert registry.find("a") is registry.add(second) is first
    assert registry.find("b") is registry.find("") is None
    assert len(registry) == 1


def test_beyond_the_limit_the_one_that_was_used_longest_ago_gives_way() -> None:
    registry = filled(3, *things(*"abcde"))
    assert len(registry) == 3
    assert kept(registry, "abcde") == "cde"
    registry.find("c")
    registry.add(Thing("f"))
    assert kept(registry, "cdef") == "cef"
    first, *others = things(*"abc")
    registry = filled(3, first, *others, first)  # adding again is use, and no second item
    del others
    registry.add(Thing("d"))
    assert kept(registry, "abcd") == "acd"


def test_what_somebody_still_has_is_found_however_many_came_since() -> None:
    (shown,) = things("a")
    registry = filled(2, shown, *things(*"bcd"))
    assert registry.find("a") is shown
    assert kept(registry, "abcd") == "ad"


def test_of_what_nobody_has_only_the_newest_stay_in_memory() -> None:
    registry: Registry[Thing] = Registry(2)
    there = [weakref.ref(registry.add(Thing(id))) for id in "abcd"]
    assert [thing() is not None for thing in there] == [False, False, True, True]


def test_what_is_in_progress_is_never_forgotten_and_gives_way_once_it_is_over() -> None:
    running = things(*"abcd", over=False)
    registry = filled(2, *running)
    registry.add(Thing("e"))  # the newest is kept, too
    assert kept(registry, "abcde") == "abcde"
    for thing in running:
        thing.over = True
    del running, thing
    registry.add(Thing("f"))
    assert kept(registry, "abcdef") == "ef"
    one_that_is_over_gives_way = filled(2, Thing("a", over=False), Thing("b"), Thing("c"))
    assert kept(one_that_is_over_gives_way, "abc") == "ac"


def test_many_threads_at_once() -> None:
    registry: Registry[Thing] = Registry(50)
    running = things(*(f"in progress {number}" for number in range(8)), over=False)

    def work(mine: Thing) -> None:
        registry.add(mine)
        for count in range(300):
            thing = Thing(f"{mine.id}-{count}")
            registry.add(thing)
            assert registry.find(thing.id) in (thing, None)
            assert registry.find(mine.id) is mine
            assert len(registry) <= 50 + 8

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, running))
    registry.add(Thing("last"))
    assert len(registry) == 50
    assert all(registry.find(thing.id) for thing in running)
