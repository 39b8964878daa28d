# SPDX-License-Identifier: GPL-2.0-or-later
"""Threads, mutexes and condition variables. Their state is kept here, by the address of the guest's object, and not in the object.

Waiting on a condition is not broken off by a signal: the wait ends as a spurious wakeup, which POSIX allows and every caller must
expect, and
the handler runs once the mutex is held again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.kernel.calls import timespec
from pygo_cross.emulate.kernel.thread import SignalInfo, Thread, Wait, WaitQueue

if TYPE_CHECKING:
    from pygo_cross.emulate.darwin.process import DarwinProcess

_ETIMEDOUT: Final = 60
_DEFAULT_STACK: Final = 512 << 10
_KEYS_END: Final = 512


class Mutex:
    """A mutex: who holds it, and who waits for it."""

    __slots__ = ("owner", "queue")

    def __init__(self) -> None:
        self.owner: Thread | None = None
        self.queue = WaitQueue()


class Condition:
    """A condition variable: who waits for it, with which mutex."""

    __slots__ = ("waiting",)

    def __init__(self) -> None:
        self.waiting: dict[Thread, Mutex] = {}


def _mutex(p: DarwinProcess, address: int) -> Mutex:
    mutex = p.mutexes.get(address)
    if mutex is None:
        p.memory.check_write(address, 8)
        mutex = p.mutexes[address] = Mutex()
    return mutex


def _condition(p: DarwinProcess, address: int) -> Condition:
    condition = p.conditions.get(address)
    if condition is None:
        p.memory.check_write(address, 8)
        condition = p.conditions[address] = Condition()
    return condition


def _keep_waiting() -> None:
    """A signal does not end the wait for a mutex; it is taken afterwards."""


def _wait_for_mutex(p: DarwinProcess, t: Thread, mutex: Mutex, result: int) -> None:
    """Sleep until the mutex is free, take it, and return `result` from the call."""

    def retry() -> int | None:
        if mutex.owner is not None:
            return None
        mutex.owner = t
        return result

    p.wait(t, Wait("pthread_mutex_lock", (mutex.queue,), retry, interrupt=_keep_waiting))


def _relock(p: DarwinProcess, t: Thread, mutex: Mutex, result: int) -> None:
    """End a wait for a condition: the mutex first, then `result`."""
    p.sched.cancel(t)
    if mutex.owner is None:
        mutex.owner = t
        p.sched.wake(t, result)
    else:
        _wait_for_mutex(p, t, mutex, result)


def mutex_init(p: DarwinProcess, t: Thread, address: int, attributes: int) -> int:
    """pthread_mutex_init(3)."""
    p.memory.check_write(address, 64)
    p.mutexes[address] = Mutex()
    return 0


def mutex_destroy(p: DarwinProcess, t: Thread, address: int) -> int:
    """pthread_mutex_destroy(3)."""
    if _mutex(p, address).owner is not None:
        raise Errno("EBUSY")
    del p.mutexes[address]
    return 0


def mutex_lock(p: DarwinProcess, t: Thread, address: int) -> int | None:
    """pthread_mutex_lock(3)."""
    mutex = _mutex(p, address)
    if mutex.owner is None:
        mutex.owner = t
        return 0
    _wait_for_mutex(p, t, mutex, 0)
    return None


def mutex_trylock(p: DarwinProcess, t: Thread, address: int) -> int:
    """pthread_mutex_trylock(3)."""
    mutex = _mutex(p, address)
    if mutex.owner is not None:
        raise Errno("EBUSY")
    mutex.owner = t
    return 0


def _unlock(p: DarwinProcess, t: Thread, mutex: Mutex) -> None:
    if mutex.owner is not t:
        raise Errno("EPERM")
    mutex.owner = None
    if mutex.queue.threads:
        p.sched.notify(mutex.queue)


def mutex_unlock(p: DarwinProcess, t: Thread, address: int) -> int:
    """pthread_mutex_unlock(3)."""
    _unlock(p, t, _mutex(p, address))
    return 0


def cond_init(p: DarwinProcess, t: Thread, address: int, attributes: int) -> int:
    """pthread_cond_init(3)."""
    p.memory.check_write(address, 48)
    p.conditions[address] = Condition()
    return 0


def cond_destroy(p: DarwinProcess, t: Thread, address: int) -> int:
    """pthread_cond_destroy(3)."""
    p.conditions.pop(address, None)
    return 0


def _cond_wait(p: DarwinProcess, t: Thread, address: int, mutex_address: int, deadline: int | None) -> None:
    condition = _condition(p, address)
    mutex = _mutex(p, mutex_address)
    _unlock(p, t, mutex)
    condition.waiting[t] = mutex

    def leave(result: int) -> None:
        condition.waiting.pop(t, None)
        _relock(p, t, mutex, result)

    def timeout() -> int | None:
        leave(_ETIMEDOUT)
        return None

    p.wait(t, Wait("pthread_cond_wait", timeout=timeout, interrupt=lambda: leave(0)), deadline)


def cond_wait(p: DarwinProcess, t: Thread, address: int, mutex: int) -> None:
    """pthread_cond_wait(3)."""
    _cond_wait(p, t, address, mutex, None)


def cond_timedwait_relative(p: DarwinProcess, t: Thread, address: int, mutex: int, time: int) -> None:
    """pthread_cond_timedwait_relative_np(3)."""
    _cond_wait(p, t, address, mutex, p.sched.elapsed() + timespec(p, time))


def cond_timedwait(p: DarwinProcess, t: Thread, address: int, mutex: int, time: int) -> None:
    """pthread_cond_timedwait(3): until a time of day."""
    _cond_wait(p, t, address, mutex, p.sched.elapsed() + timespec(p, time) - p.sched.now())


def cond_signal(p: DarwinProcess, t: Thread, address: int) -> int:
    """pthread_cond_signal(3)."""
    condition = _condition(p, address)
    for thread, mutex in condition.waiting.items():
        del condition.waiting[thread]
        _relock(p, thread, mutex, 0)
        break
    return 0


def cond_broadcast(p: DarwinProcess, t: Thread, address: int) -> int:
    """pthread_cond_broadcast(3)."""
    condition = _condition(p, address)
    for thread, mutex in list(condition.waiting.items()):
        del condition.waiting[thread]
        _relock(p, thread, mutex, 0)
    return 0


def attr_init(p: DarwinProcess, t: Thread, attributes: int) -> int:
    """pthread_attr_init(3). The object's first word holds the stack's size."""
    p.memory.write(attributes, _DEFAULT_STACK.to_bytes(8, "little") + bytes(56))
    return 0


def attr_getstacksize(p: DarwinProcess, t: Thread, attributes: int, address: int) -> int:
    """pthread_attr_getstacksize(3)."""
    p.memory.put_u64(address, p.memory.u64(attributes))
    return 0


def attr_setstacksize(p: DarwinProcess, t: Thread, attributes: int, size: int) -> int:
    """pthread_attr_setstacksize(3)."""
    if size < 16384 or size % p.page:
        raise Errno("EINVAL")
    p.memory.put_u64(attributes, size)
    return 0


def create(p: DarwinProcess, t: Thread, out: int, attributes: int, function: int, argument: int) -> int:
    """pthread_create(3). A thread inherits its creator's signal mask."""
    size = p.memory.u64(attributes) if attributes else _DEFAULT_STACK
    if not 16384 <= size <= 1 << 30:
        raise Errno("EINVAL")
    p.memory.check_write(out, 8)
    thread = p.start_thread(function, argument, size, t.mask)
    p.memory.put_u64(out, thread.specific)
    return 0


def exit_thread(p: DarwinProcess, t: Thread, value: int) -> None:
    """pthread_exit(3)."""
    p.end_thread(t)


def self_(p: DarwinProcess, t: Thread) -> int:
    """pthread_self(3)."""
    return t.specific


def kill(p: DarwinProcess, t: Thread, pthread: int, number: int) -> int:
    """pthread_kill(3)."""
    if not 0 <= number < 32:
        raise Errno("EINVAL")
    for thread in p.threads.values():
        if thread.specific == pthread:
            if number:
                p.signals.send(thread, SignalInfo(number, 0, 0, p.pid))
            return 0
    raise Errno("ESRCH")


def key_create(p: DarwinProcess, t: Thread, out: int, destructor: int) -> int:
    """pthread_key_create(3). Destructors are not run: Go's are null."""
    if p.next_key >= _KEYS_END:
        raise Errno("EAGAIN")
    p.memory.put_u64(out, p.next_key)
    p.next_key += 1
    return 0


def setspecific(p: DarwinProcess, t: Thread, key: int, value: int) -> int:
    """pthread_setspecific(3)."""
    if not 256 <= key < p.next_key:
        raise Errno("EINVAL")
    p.memory.put_u64(t.specific + 8 * key, value)
    return 0


def getspecific(p: DarwinProcess, t: Thread, key: int) -> int:
    """pthread_getspecific(3)."""
    return p.memory.u64(t.specific + 8 * key) if 256 <= key < p.next_key else 0
