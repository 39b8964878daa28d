// Linux's signal and timer calls, called directly. The output must be that of a native run.

package main

import (
	"fmt"
	"runtime"
	"syscall"
	"unsafe"
)

type info struct {
	signo, errno, code int32
	_                  int32
	first, second      int32
	value              uint64
	_                  [96]byte
}

type stack struct {
	pointer uintptr
	flags   int32
	_       int32
	size    uintptr
}

type event struct {
	value               uint64
	signo, notify, tid_ int32
	_                   [44]byte
}

func call(n uintptr, arguments ...any) (uintptr, syscall.Errno) {
	var a [6]uintptr
	for i, argument := range arguments {
		switch v := argument.(type) {
		case int:
			a[i] = uintptr(v)
		case uintptr:
			a[i] = v
		case *uint64:
			a[i] = uintptr(unsafe.Pointer(v))
		case *info:
			a[i] = uintptr(unsafe.Pointer(v))
		case *stack:
			a[i] = uintptr(unsafe.Pointer(v))
		case *event:
			a[i] = uintptr(unsafe.Pointer(v))
		case *[4]int64:
			a[i] = uintptr(unsafe.Pointer(v))
		case *[2]int64:
			a[i] = uintptr(unsafe.Pointer(v))
		case *int32:
			a[i] = uintptr(unsafe.Pointer(v))
		case nil:
		}
	}
	r, _, e := syscall.RawSyscall6(n, a[0], a[1], a[2], a[3], a[4], a[5])
	return r, e
}

const all = ^uint64(0)

var memory [32768]byte

func wait(set uint64, seconds, nanoseconds int64) {
	var i info
	r, e := call(syscall.SYS_RT_SIGTIMEDWAIT, &set, &i, &[2]int64{seconds, nanoseconds}, 8)
	if e != 0 {
		fmt.Println("wait", e)
		return
	}
	own := i.first == int32(syscall.Getpid())
	fmt.Println("wait", r, i.signo, i.errno, i.code, own, i.value)
}

func main() {
	runtime.LockOSThread()
	set := uint64(1<<(syscall.SIGUSR1-1) | 1<<(syscall.SIGUSR2-1) | 1<<(syscall.SIGALRM-1) | 1<<(40-1) | 1<<(syscall.SIGPROF-1))
	pid, tid := syscall.Getpid(), syscall.Gettid()
	_, e := call(syscall.SYS_RT_SIGPROCMASK, 0, &set, nil, 8)
	fmt.Println("block", e)

	// Pending once, and in the order of numbers; the real-time ones queue.
	call(syscall.SYS_TGKILL, pid, tid, int(syscall.SIGUSR2))
	call(syscall.SYS_TGKILL, pid, tid, int(syscall.SIGUSR2))
	call(syscall.SYS_TGKILL, pid, tid, int(syscall.SIGUSR1))
	var pending uint64
	_, e = call(syscall.SYS_RT_SIGPENDING, &pending, 8)
	fmt.Println("pending", pending&set, e)
	for v := range 3 {
		_, e = call(syscall.SYS_RT_TGSIGQUEUEINFO, pid, tid, 40, &info{code: -1, first: int32(pid), value: uint64(v + 100)})
		fmt.Println("queue", e)
	}
	_, e = call(syscall.SYS_RT_TGSIGQUEUEINFO, pid, tid+100000, 40, &info{code: -1})
	fmt.Println("queue", e)
	for range 6 {
		wait(set, 0, 0)
	}
	wait(set, 0, 1000)

	// Interval timers and POSIX timers.
	_, e = call(syscall.SYS_SETITIMER, 0, &[4]int64{0, 0, 0, 5000}, nil)
	fmt.Println("setitimer", e)
	wait(set, 1, 0)
	_, e = call(syscall.SYS_SETITIMER, 7, &[4]int64{}, nil)
	fmt.Println("setitimer", e)
	_, e = call(syscall.SYS_SETITIMER, 0, &[4]int64{0, 1000000, 0, 1}, nil)
	fmt.Println("setitimer", e)
	var timer int32
	_, e = call(syscall.SYS_TIMER_CREATE, 1, &event{value: 4711, signo: 40, notify: 4, tid_: int32(tid)}, &timer)
	fmt.Println("timer_create", e)
	_, e = call(syscall.SYS_TIMER_SETTIME, int(timer), 0, &[4]int64{0, 2_000_000, 0, 1_000_000}, nil)
	fmt.Println("timer_settime", e)
	wait(1<<39, 1, 0)
	wait(1<<39, 1, 0)
	var left [4]int64
	_, e = call(syscall.SYS_TIMER_GETTIME, int(timer), &left)
	fmt.Println("timer_gettime", left[0], left[1], left[2], left[3] > 0 && left[3] <= 2_000_000, e)
	_, e = call(syscall.SYS_TIMER_DELETE, int(timer))
	fmt.Println("timer_delete", e)
	_, e = call(syscall.SYS_TIMER_DELETE, int(timer))
	fmt.Println("timer_delete", e)
	_, e = call(syscall.SYS_TIMER_CREATE, 1, &event{signo: 99}, &timer)
	fmt.Println("timer_create", e)
	_, e = call(syscall.SYS_TIMER_CREATE, 3, &event{value: 1, signo: 27, notify: 4, tid_: int32(tid)}, &timer)
	fmt.Println("timer_create", e)
	_, e = call(syscall.SYS_TIMER_SETTIME, int(timer), 0, &[4]int64{0, 0, 0, 2_000_000}, nil)
	for pending = 0; pending&(1<<26) == 0; {
		call(syscall.SYS_RT_SIGPENDING, &pending, 8)
	}
	wait(1<<26, 1, 0)

	// The alternate stack.
	var old stack
	_, e = call(syscall.SYS_SIGALTSTACK, nil, &old)
	fmt.Println("altstack", old.flags, old.size, e)
	for _, s := range []stack{{flags: 8}, {size: 100}, {flags: 1, size: 16384}, {flags: 2}, {flags: -1 << 31, size: 16384}} {
		if s.size != 0 {
			s.pointer = uintptr(unsafe.Pointer(&memory))
		}
		_, e = call(syscall.SYS_SIGALTSTACK, &s, nil)
		var now stack
		call(syscall.SYS_SIGALTSTACK, nil, &now)
		fmt.Println("altstack", e, now.flags, now.size)
	}
	call(syscall.SYS_SIGALTSTACK, &old, nil)

	// What may not be done.
	_, e = call(syscall.SYS_RT_SIGACTION, 9, &[4]int64{1}, nil, 8)
	fmt.Println("action", e)
	_, e = call(syscall.SYS_RT_SIGACTION, 65, nil, nil, 8)
	fmt.Println("action", e)
	_, e = call(syscall.SYS_RT_SIGACTION, 10, nil, nil, 7)
	fmt.Println("action", e)
	_, e = call(syscall.SYS_RT_SIGPROCMASK, 3, &set, nil, 8)
	fmt.Println("mask", e)
	_, e = call(syscall.SYS_TGKILL, pid, tid, 65)
	fmt.Println("tgkill", e)
	_, e = call(syscall.SYS_KILL, 999999, 0)
	fmt.Println("kill", e)

	// A signal ends a sleep, which tells what was left.
	one := uint64(1 << (syscall.SIGALRM - 1))
	call(syscall.SYS_RT_SIGPROCMASK, 1, &one, nil, 8)
	call(syscall.SYS_SETITIMER, 0, &[4]int64{0, 0, 0, 20000}, nil)
	var rest [2]int64
	_, e = call(syscall.SYS_NANOSLEEP, &[2]int64{5, 0}, &rest)
	fmt.Println("sleep", e, rest[0])
	call(syscall.SYS_SETITIMER, 0, &[4]int64{0, 0, 0, 20000}, nil)
	suspended := all &^ one
	_, e = call(syscall.SYS_RT_SIGSUSPEND, &suspended, 8)
	var now uint64
	call(syscall.SYS_RT_SIGPROCMASK, 0, nil, &now, 8)
	fmt.Println("suspend", e, now&set)
}
