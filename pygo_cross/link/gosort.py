# SPDX-License-Identifier: BSD-3-Clause
"""Sort as Go's sort.Slice does, down to the order in which it leaves equal elements.

Stock's linker sorts Mach-O symbols by name with sort.Slice, which is not stable, and a program has symbols of equal names (a function and
its ABI wrapper). Their order in the file is thus a result of the algorithm: pattern-defeating quicksort (O. Peters, arXiv 2106.05123)
with the parameters of Go's (src/sort/zsortfunc.go, src/sort/sort.go: insertion sort up to 12 elements, ninther from 50, at most 5 repairs
of an almost sorted range, heap sort when as many partitions as the length has bits were bad, and a xorshift generator seeded with the
length). A range's order depends on that range alone, so pending ranges are kept on a stack.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

_INSERTION_MAX: Final = 12
_NINTHER_MIN: Final = 50
_REPAIRS_MAX: Final = 5
_REPAIR_LENGTH_MIN: Final = 50
_SWAPS_MAX: Final = 12  # comparisons in choosing a pivot by ninther, each of which may find its pair out of order
_WORD: Final = (1 << 64) - 1


def sort_permutation(keys: Sequence[Any]) -> list[int]:
    """The indices of `keys` in the order into which sort.Slice brings the elements that have these keys."""
    numbers = {key: number for number, key in enumerate(sorted(set(keys)))}
    return _Sorter([numbers[key] for key in keys]).sort()


class _Sorter:
    """One sort: `items` holds indices into `rank` and is permuted in place."""

    __slots__ = ("items", "rank")

    def __init__(self, rank: list[int]) -> None:
        self.rank = rank
        self.items = list(range(len(rank)))

    def sort(self) -> list[int]:
        length = len(self.items)
        pending = [(0, length, length.bit_length())]
        while pending:
            low, high, budget = pending.pop()
            balanced = partitioned = True
            while True:
                if high - low <= _INSERTION_MAX:
                    self._insertion(low, high)
                    break
                if budget == 0:
                    self._heap(low, high)
                    break
                if not balanced:
                    self._scatter(low, high)
                    budget -= 1
                pivot, out_of_order = self._choose_pivot(low, high)
                if out_of_order == _SWAPS_MAX:  # looks descending: turn it round
                    self.items[low:high] = self.items[low:high][::-1]
                    pivot = low + high - 1 - pivot
                    out_of_order = 0
                if balanced and partitioned and out_of_order == 0 and self._repair(low, high):
                    break
                rank, items = self.rank, self.items
                if low > 0 and rank[items[low - 1]] >= rank[items[pivot]]:
                    low = self._partition_equal(low, high, pivot)
                    continue
                middle, partitioned = self._partition(low, high, pivot)
                below, above = middle - low, high - middle
                balanced = min(below, above) >= (high - low) // 8
                if below < above:
                    pending.append((low, middle, budget))
                    low = middle + 1
                else:
                    pending.append((middle + 1, high, budget))
                    high = middle
        return self.items

    def _insertion(self, low: int, high: int) -> None:
        """Insertion sort moves nothing past its equal, so any stable sort has its result."""
        self.items[low:high] = sorted(self.items[low:high], key=self.rank.__getitem__)

    def _heap(self, low: int, high: int) -> None:
        rank, items, length = self.rank, self.items, high - low

        def sink(root: int, end: int) -> None:
            while (child := 2 * root + 1) < end:
                if child + 1 < end and rank[items[low + child]] < rank[items[low + child + 1]]:
                    child += 1
                if rank[items[low + root]] >= rank[items[low + child]]:
                    return
                items[low + root], items[low + child] = items[low + child], items[low + root]
                root = child

        for root in range((length - 1) // 2, -1, -1):
            sink(root, length)
        for end in range(length - 1, -1, -1):
            items[low], items[low + end] = items[low + end], items[low]
            sink(0, end)

    def _scatter(self, low: int, high: int) -> None:
        """Exchange three elements of the middle with random ones, to break a pattern that led to a bad partition."""
        items, length = self.items, high - low
        state = length
        middle = low + length // 4 * 2
        for index in range(middle - 1, middle + 2):
            state ^= state << 13 & _WORD
            state ^= state >> 7
            state ^= state << 17 & _WORD
            other = state & ((1 << length.bit_length()) - 1)
            if other >= length:
                other -= length
            items[index], items[low + other] = items[low + other], items[index]

    def _choose_pivot(self, low: int, high: int) -> tuple[int, int]:
        """The place of the pivot, and how many of the pairs that were compared to find it were out of order."""
        quarter = (high - low) // 4
        places = [low + quarter, low + 2 * quarter, low + 3 * quarter]
        total = 0
        if high - low >= _NINTHER_MIN:
            for number, place in enumerate(places):
                places[number], swaps = self._median(place - 1, place, place + 1)
                total += swaps
        pivot, swaps = self._median(*places)
        return pivot, total + swaps

    def _median(self, one: int, two: int, three: int) -> tuple[int, int]:
        """Which of three places holds the median, and the exchanges it took to sort them."""
        rank, items, swaps = self.rank, self.items, 0
        if rank[items[two]] < rank[items[one]]:
            one, two = two, one
            swaps += 1
        if rank[items[three]] < rank[items[two]]:
            two = three
            swaps += 1
            if rank[items[two]] < rank[items[one]]:
                return one, swaps + 1
        return two, swaps

    def _repair(self, low: int, high: int) -> bool:
        """Mend a few neighbours of a range that looks sorted; whether it is sorted now."""
        rank, items = self.rank, self.items
        index = low + 1
        for _ in range(_REPAIRS_MAX):
            while index < high and rank[items[index]] >= rank[items[index - 1]]:
                index += 1
            if index == high:
                return True
            if high - low < _REPAIR_LENGTH_MIN:
                return False
            items[index - 1], items[index] = items[index], items[index - 1]
            if index - low >= 2:
                place = index - 1
                while place >= 1 and rank[items[place]] < rank[items[place - 1]]:
                    items[place - 1], items[place] = items[place], items[place - 1]
                    place -= 1
            if high - index >= 2:
                place = index + 1
                while place < high and rank[items[place]] < rank[items[place - 1]]:
                    items[place - 1], items[place] = items[place], items[place - 1]
                    place += 1
        return False

    def _partition(self, low: int, high: int, pivot: int) -> tuple[int, bool]:
        """Put smaller elements before the pivot, others behind; its new place, and whether nothing had to move for that."""
        rank, items = self.rank, self.items
        items[low], items[pivot] = items[pivot], items[low]
        bar = rank[items[low]]
        left, right = low + 1, high - 1
        untouched = True
        while True:
            while left <= right and rank[items[left]] < bar:
                left += 1
            while left <= right and rank[items[right]] >= bar:
                right -= 1
            if left > right:
                break
            items[left], items[right] = items[right], items[left]
            left += 1
            right -= 1
            untouched = False
        items[right], items[low] = items[low], items[right]
        return right, untouched

    def _partition_equal(self, low: int, high: int, pivot: int) -> int:
        """Put the elements equal to the pivot, which is the smallest of the range, first; the place behind them."""
        rank, items = self.rank, self.items
        items[low], items[pivot] = items[pivot], items[low]
        bar = rank[items[low]]
        left, right = low + 1, high - 1
        while True:
            while left <= right and rank[items[left]] <= bar:
                left += 1
            while left <= right and rank[items[right]] > bar:
                right -= 1
            if left > right:
                return left
            items[left], items[right] = items[right], items[left]
            left += 1
            right -= 1
