// SPDX-License-Identifier: BSD-3-Clause

//go:build linux

// Sockets makes system calls on sockets and prints what came of each: errors, counts, flags, poll bits. Linux is the oracle.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

func say(what string, values ...any) { fmt.Println(append([]any{what + ":"}, values...)...) }

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func name(err error) string {
	if err == nil {
		return "ok"
	}
	if errno, ok := err.(syscall.Errno); ok {
		return fmt.Sprint(int(errno))
	}
	return err.Error()
}

func tcp(flags int) int { return must(syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|flags, 0)) }

var any4 = &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}

func listener(backlog int) (int, *syscall.SockaddrInet4) {
	fd := tcp(0)
	check(syscall.Bind(fd, any4))
	check(syscall.Listen(fd, backlog))
	return fd, must(syscall.Getsockname(fd)).(*syscall.SockaddrInet4)
}

// A connection: the side that connected, and the one that was accepted.
func pair() (int, int) {
	fd, address := listener(5)
	client := tcp(0)
	check(syscall.Connect(client, address))
	server, _, err := syscall.Accept(fd)
	check(err)
	check(syscall.Close(fd))
	return client, server
}

type pollFd struct {
	fd      int32
	events  int16
	revents int16
}

func poll(fd int) string {
	entry := pollFd{fd: int32(fd), events: 0x2005}
	zero := syscall.Timespec{}
	_, _, errno := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&entry)), 1, uintptr(unsafe.Pointer(&zero)), 0, 0, 0)
	if errno != 0 {
		return errno.Error()
	}
	text := ""
	for _, bit := range []struct {
		mask int16
		name string
	}{{1, "in"}, {4, "out"}, {8, "err"}, {16, "hup"}, {32, "nval"}, {0x2000, "rdhup"}} {
		if entry.revents&bit.mask != 0 {
			text += " " + bit.name
		}
	}
	return strings.TrimSpace(text)
}

func recv(fd, size, flags int) string {
	data := make([]byte, size)
	n, _, err := syscall.Recvfrom(fd, data, flags)
	if err != nil {
		return name(err)
	}
	return fmt.Sprintf("%d %q", n, data[:min(n, size)])
}

func send(fd int, text string, flags int) string {
	n, err := syscall.SendmsgN(fd, []byte(text), nil, nil, flags)
	if err != nil {
		return name(err)
	}
	return fmt.Sprint(n)
}

func option(fd, level, number int) string {
	value, err := syscall.GetsockoptInt(fd, level, number)
	if err != nil {
		return name(err)
	}
	return fmt.Sprint(value)
}

func readable(fd int) int32 {
	var count int32
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), 0x541B, uintptr(unsafe.Pointer(&count)))
	if errno != 0 {
		return -int32(errno)
	}
	return count
}

const noSignal = syscall.MSG_NOSIGNAL

func streams() {
	fresh := tcp(0)
	say("fresh", poll(fresh), recv(fresh, 1, 0), send(fresh, "x", noSignal), name(syscall.Shutdown(fresh, 2)))
	_, err := syscall.Getpeername(fresh)
	say("no peer", name(err))
	_, _, err = syscall.Accept(fresh)
	say("not listening", name(err))
	say("socket options", option(fresh, 1, 3), option(fresh, 1, 4), option(fresh, 1, 30), option(fresh, 1, 38), option(fresh, 1, 39))
	say("more options", option(fresh, 6, 1), option(fresh, 6, 4), option(fresh, 6, 5), option(fresh, 6, 6), option(fresh, 0, 2), option(fresh, 41, 26))
	check(syscall.SetsockoptInt(fresh, 1, syscall.SO_SNDBUF, 10000))
	check(syscall.SetsockoptInt(fresh, 1, syscall.SO_RCVBUF, 1))
	say("buffers", option(fresh, 1, syscall.SO_SNDBUF), option(fresh, 1, syscall.SO_RCVBUF))
	say("unknown option", option(fresh, 6, 4000), name(syscall.SetsockoptInt(fresh, 6, 4, 0)), name(syscall.SetsockoptInt(fresh, 6, 4, 40000)))
	say("bind elsewhere", name(syscall.Bind(fresh, &syscall.SockaddrInet4{Addr: [4]byte{192, 0, 2, 1}})))
	check(syscall.Bind(fresh, any4))
	say("bind twice", name(syscall.Bind(fresh, any4)))
	syscall.Close(fresh)

	a, b := pair()
	say("connected", poll(a), poll(b), readable(a))
	say("again", name(syscall.Connect(a, any4)), name(syscall.Listen(a, 1)))
	say("send", send(a, "hello world", 0), readable(b), poll(b))
	say("peek", recv(b, 5, syscall.MSG_PEEK), recv(b, 5, syscall.MSG_PEEK|syscall.MSG_DONTWAIT), readable(b))
	say("receive", recv(b, 5, 0), recv(b, 100, 0), recv(b, 1, syscall.MSG_DONTWAIT), recv(b, 0, syscall.MSG_DONTWAIT))
	go func() {
		time.Sleep(20 * time.Millisecond)
		send(a, "one", 0)
		time.Sleep(20 * time.Millisecond)
		send(a, "two", 0)
	}()
	say("wait for all", recv(b, 6, syscall.MSG_WAITALL))
	check(syscall.Shutdown(a, syscall.SHUT_WR))
	say("half closed", poll(a), "/", poll(b), "/", recv(b, 1, 0), send(a, "x", noSignal), send(b, "back", 0), recv(a, 10, 0))
	check(syscall.Shutdown(b, syscall.SHUT_WR))
	say("both", poll(a), "/", poll(b), "/", recv(a, 1, 0), send(b, "x", noSignal))
	syscall.Close(a)
	syscall.Close(b)

	a, b = pair()
	send(a, "unread", 0)
	syscall.Close(b)
	say("reset by unread data", poll(a), "/", option(a, 1, 4), poll(a), "/", recv(a, 1, 0), send(a, "x", noSignal))
	_, err = syscall.Getpeername(a)
	say("after that", name(err), name(syscall.Shutdown(a, 2)))
	syscall.Close(a)

	a, b = pair()
	syscall.Close(b)
	say("closed", poll(a), "/", recv(a, 1, 0), send(a, "x", noSignal))
	time.Sleep(10 * time.Millisecond)
	say("and reset", poll(a), "/", send(a, "x", noSignal), send(a, "x", noSignal), recv(a, 1, 0))
	syscall.Close(a)

	a, b = pair()
	check(syscall.SetsockoptLinger(b, 1, syscall.SO_LINGER, &syscall.Linger{Onoff: 1}))
	send(b, "last", 0)
	syscall.Close(b)
	say("linger 0", poll(a), "/", recv(a, 10, 0), recv(a, 10, 0), recv(a, 10, 0))
	syscall.Close(a)

	a, b = pair()
	check(syscall.Shutdown(a, syscall.SHUT_RD))
	say("no reading", poll(a), "/", recv(a, 1, 0), send(b, "still", 0), recv(a, 10, 0), recv(a, 10, 0), poll(b))
	syscall.Close(a)
	syscall.Close(b)

	fd, address := listener(1)
	say("listening", poll(fd), "/", recv(fd, 1, 0), send(fd, "x", noSignal), option(fd, 1, 30))
	c := tcp(syscall.SOCK_NONBLOCK)
	say("connecting", name(syscall.Connect(c, address)), name(syscall.Connect(c, address)), name(syscall.Connect(c, address)), poll(c), "/", poll(fd))
	_, _, err = syscall.Accept(fd)
	say("accepted", name(err))
	d := tcp(0)
	say("bound in between", name(syscall.Bind(d, address)))
	check(syscall.SetsockoptInt(d, 1, syscall.SO_REUSEADDR, 1))
	say("with reuse of one", name(syscall.Bind(d, address)))
	syscall.Close(fd)
	syscall.Close(d)
	r := tcp(syscall.SOCK_NONBLOCK)
	err = syscall.Connect(r, address)
	time.Sleep(10 * time.Millisecond)
	say("refused", name(err), poll(r), "/", option(r, 1, 4), option(r, 1, 4), poll(r))
	r = tcp(0)
	say("refused at once", name(syscall.Connect(r, address)), poll(r), "/", recv(r, 1, 0))
	syscall.Close(r)

	one, two := tcp(0), tcp(0)
	for _, fd := range []int{one, two} {
		check(syscall.SetsockoptInt(fd, 1, 15, 1))
	}
	check(syscall.Bind(one, any4))
	shared := must(syscall.Getsockname(one))
	say("shared port", name(syscall.Bind(two, shared)), name(syscall.Listen(one, 1)), name(syscall.Listen(two, 1)))
	wild := tcp(0)
	say("wildcard over it", name(syscall.Bind(wild, &syscall.SockaddrInet4{Port: shared.(*syscall.SockaddrInet4).Port})))
	six := must(syscall.Socket(syscall.AF_INET6, syscall.SOCK_STREAM, 0))
	say("dual stack over it", name(syscall.Bind(six, &syscall.SockaddrInet6{Port: shared.(*syscall.SockaddrInet4).Port})))
	check(syscall.SetsockoptInt(six, 41, 26, 1))
	say("only six", name(syscall.Bind(six, &syscall.SockaddrInet6{Port: shared.(*syscall.SockaddrInet4).Port})))
	four := must(syscall.Socket(syscall.AF_INET6, syscall.SOCK_STREAM, 0))
	check(syscall.Bind(four, &syscall.SockaddrInet6{Addr: [16]byte{10: 255, 11: 255, 12: 127, 15: 1}}))
	say("mapped", must(syscall.Getsockname(four)).(*syscall.SockaddrInet6).Addr)
	say("families", name(syscall.Connect(one, &syscall.SockaddrInet6{Port: 1})), name(syscall.Bind(tcp(0), &syscall.SockaddrUnix{Name: "a name that is long enough"})))
	_, err = syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, syscall.IPPROTO_UDP)
	say("mismatch", name(err))
	_, err = syscall.Socket(syscall.AF_INET, 77, 0)
	say("no such type", name(err))
	_, err = syscall.Socket(250, syscall.SOCK_STREAM, 0)
	say("no such family", name(err))
	_, err = syscall.Socketpair(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	say("pair of internet sockets", name(err))
	say("not a socket", name(syscall.Listen(0, 1)), name(syscall.Listen(999, 1)))

	// A stream that is full has room again once the reader took enough.
	a, b = pair()
	check(syscall.SetNonblock(a, true))
	chunk := make([]byte, 65536)
	for err = nil; err == nil; {
		_, err = syscall.Write(a, chunk)
	}
	say("full", name(err), poll(a), "/", poll(b))
	check(syscall.SetNonblock(b, true))
	for err = nil; err == nil; {
		_, err = syscall.Read(b, chunk)
	}
	time.Sleep(10 * time.Millisecond)
	say("drained", name(err), poll(a), "/", poll(b))
	limit := syscall.Timeval{Usec: 20000}
	check(syscall.SetNonblock(b, false))
	check(syscall.SetsockoptTimeval(b, 1, syscall.SO_RCVTIMEO, &limit))
	for err = nil; err == nil; {
		_, err = syscall.Read(b, chunk)
	}
	say("time limit", name(err), recv(b, 1, 0))
}

func datagrams() {
	udp := func() int { return must(syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)) }
	a, b := udp(), udp()
	check(syscall.Bind(a, any4))
	address := must(syscall.Getsockname(a))
	say("unconnected", send(b, "x", 0), recv(b, 1, syscall.MSG_DONTWAIT), poll(b))
	check(syscall.Sendto(b, []byte("first datagram"), 0, address))
	check(syscall.Sendto(b, []byte("second"), 0, address))
	check(syscall.Sendto(b, nil, 0, address))
	say("waiting", readable(a), poll(a))
	say("cut", recv(a, 5, syscall.MSG_PEEK), recv(a, 5, syscall.MSG_PEEK|syscall.MSG_TRUNC), recv(a, 5, 0), readable(a))
	data := make([]byte, 3)
	n, _, flags, from, err := syscall.Recvmsg(a, data, nil, 0)
	say("message", n, string(data), flags, from != nil, name(err))
	say("empty", recv(a, 5, 0), recv(a, 5, syscall.MSG_DONTWAIT))
	say("too long", name(syscall.Sendto(b, make([]byte, 65508), 0, address)), name(syscall.Sendto(b, make([]byte, 65507), 0, address)))
	say("whole", recv(a, 1, syscall.MSG_TRUNC))
	check(syscall.Connect(b, address))
	say("connected", send(b, "to one", 0), recv(a, 10, 0))
	check(syscall.Close(a))
	say("nobody", send(b, "x", 0), poll(b), "/", recv(b, 1, 0), poll(b), "/", send(b, "x", 0), send(b, "x", 0), option(b, 1, 4))
	say("shut", name(syscall.Shutdown(b, 2)), poll(b), "/", recv(b, 1, 0), send(b, "x", noSignal))
	say("port 0", name(syscall.Sendto(udp(), []byte("x"), 0, any4)), name(syscall.Sendto(udp(), []byte("x"), 0, &syscall.SockaddrInet4{Addr: [4]byte{255, 255, 255, 255}, Port: 9})))
	say("listen", name(syscall.Listen(b, 1)))
	_, _, err = syscall.Accept(b)
	say("accept", name(err))
}

func unix() {
	for _, kind := range []int{syscall.SOCK_STREAM, syscall.SOCK_DGRAM, syscall.SOCK_SEQPACKET} {
		ends := must(syscall.Socketpair(syscall.AF_UNIX, kind, 0))
		a, b := ends[0], ends[1]
		say("pair", kind, poll(a), option(a, 1, 3), option(a, 1, 39), send(a, "one", 0), send(a, "two", 0), readable(b), recv(b, 2, 0), recv(b, 10, 0), recv(b, 10, syscall.MSG_DONTWAIT))
		say("empty", send(a, "", 0), recv(b, 10, syscall.MSG_DONTWAIT))
		cred, err := syscall.GetsockoptUcred(a, 1, syscall.SO_PEERCRED)
		say("peer", cred.Pid == int32(os.Getpid()), cred.Uid == uint32(os.Getuid()), name(err))
		check(syscall.SetsockoptInt(b, 1, syscall.SO_PASSCRED, 1))
		rights := syscall.UnixRights(0, 1)
		check(syscall.Sendmsg(a, []byte("with files"), rights, nil, 0))
		send(a, "and more", 0)
		control := make([]byte, 256)
		data := make([]byte, 64)
		n, size, flags, from, err := syscall.Recvmsg(b, data, control, syscall.MSG_CMSG_CLOEXEC)
		messages := must(syscall.ParseSocketControlMessage(control[:size]))
		say("message", n, size, flags, from, len(messages), name(err))
		for _, message := range messages {
			say("control", message.Header.Level, message.Header.Type, len(message.Data))
			if message.Header.Type == syscall.SCM_RIGHTS {
				for _, fd := range must(syscall.ParseUnixRights(&message)) {
					closing, _, _ := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_GETFD, 0)
					say("passed", closing)
					syscall.Close(fd)
				}
			}
		}
		say("rest", recv(b, 64, syscall.MSG_DONTWAIT))
		check(syscall.SetsockoptInt(b, 1, syscall.SO_PASSCRED, 0))
		check(syscall.Sendmsg(a, []byte("y"), rights, nil, 0))
		_, size, flags, _, err = syscall.Recvmsg(b, data, control[:4], 0)
		say("no room for control", size, flags, name(err))
		check(syscall.Shutdown(a, syscall.SHUT_WR))
		say("half", poll(a), "/", poll(b), "/", send(a, "x", noSignal), recv(b, 1, syscall.MSG_DONTWAIT))
		send(b, "unread", 0)
		syscall.Close(a)
		say("closed", poll(b), "/", recv(b, 1, syscall.MSG_DONTWAIT), recv(b, 1, syscall.MSG_DONTWAIT), send(b, "x", noSignal))
		syscall.Close(b)
	}
	folder := must(os.MkdirTemp("", "u"))
	defer os.RemoveAll(folder)
	path := &syscall.SockaddrUnix{Name: folder + "/s"}
	stream := func() int { return must(syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)) }
	client := stream()
	say("fresh", poll(client), "/", recv(client, 1, 0), send(client, "x", noSignal), name(syscall.Listen(client, 1)))
	say("no such name", name(syscall.Connect(client, path)), name(syscall.Connect(client, &syscall.SockaddrUnix{Name: "@none"})))
	server := stream()
	check(syscall.Bind(server, path))
	say("bound", name(syscall.Bind(stream(), path)), name(syscall.Connect(client, path)), poll(server))
	check(syscall.Listen(server, 0))
	say("listening", poll(server), name(syscall.Connect(client, path)), poll(client), "/", poll(server))
	other := must(syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK, 0))
	say("backlog full", name(syscall.Connect(other, path)))
	datagram := must(syscall.Socket(syscall.AF_UNIX, syscall.SOCK_DGRAM, 0))
	say("wrong kind", name(syscall.Connect(datagram, path)))
	fd, from, err := syscall.Accept(server)
	say("accepted", from.(*syscall.SockaddrUnix).Name, name(err), must(syscall.Getsockname(fd)).(*syscall.SockaddrUnix).Name == path.Name, must(syscall.Getpeername(client)).(*syscall.SockaddrUnix).Name == path.Name)
	check(os.WriteFile(folder+"/f", nil, 0o644))
	say("a file", name(syscall.Connect(datagram, &syscall.SockaddrUnix{Name: folder + "/f"})))
	_, err = os.Open(path.Name)
	say("opened", err.(*os.PathError).Err)
	check(syscall.Unlink(path.Name))
	say("unlinked", name(syscall.Connect(other, path)))
	abstract := stream()
	secret := &syscall.SockaddrUnix{Name: fmt.Sprintf("@pygo-cross-%d", os.Getpid())}
	check(syscall.Bind(abstract, secret))
	say("abstract", must(syscall.Getsockname(abstract)).(*syscall.SockaddrUnix).Name == secret.Name, name(syscall.Bind(stream(), secret)))

	// Datagrams: a receiver's queue has an end.
	check(syscall.Bind(datagram, &syscall.SockaddrUnix{Name: folder + "/d"}))
	sender := must(syscall.Socket(syscall.AF_UNIX, syscall.SOCK_DGRAM|syscall.SOCK_NONBLOCK, 0))
	say("no destination", send(sender, "x", 0))
	check(syscall.Connect(sender, &syscall.SockaddrUnix{Name: folder + "/d"}))
	count := 0
	for err = nil; err == nil; count++ {
		_, err = syscall.Write(sender, []byte("x"))
	}
	say("queue", count > 5 && count < 2000, name(err), poll(sender), "/", poll(datagram))
	recv(datagram, 1, 0)
	say("one taken", send(sender, "x", 0))
	syscall.Close(datagram)
	say("receiver gone", send(sender, "x", 0), send(sender, "x", 0), poll(sender))
}

type events struct {
	epoll int
}

func (e events) add(fd int, mask uint32) error {
	event := syscall.EpollEvent{Events: mask, Fd: int32(fd)}
	return syscall.EpollCtl(e.epoll, syscall.EPOLL_CTL_ADD, fd, &event)
}

func (e events) wait() string {
	list := make([]syscall.EpollEvent, 8)
	n, err := syscall.EpollWait(e.epoll, list, 0)
	if err != nil {
		return name(err)
	}
	text := []string{}
	for _, event := range list[:n] {
		text = append(text, fmt.Sprintf("%#x", event.Events))
	}
	return strings.Join(text, " ")
}

func edges() {
	const all = syscall.EPOLLIN | syscall.EPOLLOUT | syscall.EPOLLRDHUP | 1<<31
	e := events{must(syscall.EpollCreate1(0))}
	a, b := pair()
	say("add", name(e.add(a, all)), name(e.add(a, all)), e.wait(), "/", e.wait())
	send(b, "one", 0)
	say("data", e.wait(), "/", e.wait())
	send(b, "two", 0)
	say("more data", e.wait(), "/", e.wait())
	recv(a, 3, 0)
	say("some read", e.wait())
	recv(a, 3, 0)
	check(syscall.Shutdown(b, syscall.SHUT_WR))
	say("end", e.wait(), "/", e.wait())
	check(syscall.SetNonblock(a, true))
	chunk := make([]byte, 65536)
	var err error
	for err == nil {
		_, err = syscall.Write(a, chunk)
	}
	e.wait()
	check(syscall.SetNonblock(b, true))
	for err = nil; err == nil; {
		_, err = syscall.Read(b, chunk)
	}
	time.Sleep(10 * time.Millisecond)
	say("room", e.wait(), "/", e.wait())
	for i := range 3 {
		_ = i
		time.Sleep(time.Millisecond)
		for err = nil; err == nil; {
			_, err = syscall.Read(b, chunk)
		}
	}
	syscall.Close(b)
	say("closed", e.wait(), "/", e.wait())
	syscall.Close(a)
	say("gone", e.wait(), name(e.add(a, all)))

	level := events{must(syscall.EpollCreate1(0))}
	c, d := pair()
	check(level.add(c, syscall.EPOLLIN))
	say("level", level.wait(), "/", send(d, "x", 0), level.wait(), level.wait(), recv(c, 1, 0), level.wait())
	once := events{must(syscall.EpollCreate1(0))}
	check(once.add(c, syscall.EPOLLIN|syscall.EPOLLONESHOT))
	send(d, "x", 0)
	say("one shot", once.wait(), "/", once.wait())
	event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(c)}
	check(syscall.EpollCtl(once.epoll, syscall.EPOLL_CTL_MOD, c, &event))
	say("armed again", once.wait(), "/", once.wait())
	nested := events{must(syscall.EpollCreate1(0))}
	check(nested.add(once.epoll, syscall.EPOLLIN))
	say("nested", nested.wait())
	check(syscall.EpollCtl(once.epoll, syscall.EPOLL_CTL_DEL, c, nil))
	say("deleted", once.wait(), "/", name(syscall.EpollCtl(once.epoll, syscall.EPOLL_CTL_DEL, c, nil)))
	file := must(os.CreateTemp("", ""))
	defer os.Remove(file.Name())
	say("a file", name(level.add(int(file.Fd()), 1)))
}

func transfers() {
	file := must(os.CreateTemp("", ""))
	defer os.Remove(file.Name())
	must(file.WriteString("0123456789"))
	a, b := pair()
	offset := int64(2)
	n, err := syscall.Sendfile(a, int(file.Fd()), &offset, 4)
	say("sendfile", n, offset, name(err), recv(b, 10, 0))
	must(file.Seek(7, 0))
	n, err = syscall.Sendfile(a, int(file.Fd()), nil, 100)
	position := must(file.Seek(0, 1))
	say("from the position", n, position, name(err), recv(b, 10, 0))
	_, err = syscall.Sendfile(a, b, nil, 1)
	say("not from a socket", name(err))
	var ends [2]int
	check(syscall.Pipe(ends[:]))
	send(a, "through a pipe", 0)
	m, err := syscall.Splice(b, nil, ends[1], nil, 100, 0)
	say("splice", m, name(err), readable(ends[0]))
	m, err = syscall.Splice(ends[0], nil, b, nil, 7, 0)
	say("back", m, name(err), recv(a, 100, 0), readable(ends[0]))
	_, err = syscall.Splice(a, nil, b, nil, 1, 0)
	say("no pipe", name(err))
	check(syscall.SetNonblock(b, true))
	m, err = syscall.Splice(b, nil, ends[1], nil, 100, 0)
	say("nothing", m, name(err))
	check(syscall.Shutdown(a, syscall.SHUT_WR))
	m, err = syscall.Splice(b, nil, ends[1], nil, 100, 0)
	say("end", m, name(err))
	at := int64(1)
	m, err = syscall.Splice(ends[0], nil, int(file.Fd()), &at, 100, 0)
	text := must(os.ReadFile(file.Name()))
	say("into a file", m, at, name(err), string(text))
}

// A signal that is blocked but for the time of a wait ends the wait.
func masks() {
	arrived := make(chan os.Signal, 1)
	signal.Notify(arrived, syscall.SIGUSR1)
	all := uint64(1) << (syscall.SIGUSR1 - 1)
	none := uint64(0)
	var old uint64
	syscall.Syscall6(syscall.SYS_RT_SIGPROCMASK, 0, uintptr(unsafe.Pointer(&all)), uintptr(unsafe.Pointer(&old)), 8, 0, 0)
	check(syscall.Tgkill(os.Getpid(), syscall.Gettid(), syscall.SIGUSR1))
	limit := syscall.Timespec{Nsec: 20_000_000}
	n, _, errno := syscall.Syscall6(syscall.SYS_PPOLL, 0, 0, uintptr(unsafe.Pointer(&limit)), 0, 0, 0)
	say("blocked", n, errno == 0, len(arrived))
	interrupted := false
	for len(arrived) == 0 {
		// The runtime's own signals end a wait, too, and what one of them is handed on by comes a little later.
		limit = syscall.Timespec{Nsec: 50_000_000}
		_, _, errno = syscall.Syscall6(syscall.SYS_PPOLL, 0, 0, uintptr(unsafe.Pointer(&limit)), uintptr(unsafe.Pointer(&none)), 8, 0)
		interrupted = interrupted || errno == syscall.EINTR
	}
	say("let through", interrupted, len(arrived))
	var now uint64
	syscall.Syscall6(syscall.SYS_RT_SIGPROCMASK, 0, 0, uintptr(unsafe.Pointer(&now)), 8, 0, 0)
	say("blocked again", now&all != 0)
	syscall.Syscall6(syscall.SYS_RT_SIGPROCMASK, 2, uintptr(unsafe.Pointer(&old)), 0, 8, 0, 0)
}

func main() {
	runtime.LockOSThread()
	masks()
	streams()
	datagrams()
	unix()
	edges()
	transfers()
}
