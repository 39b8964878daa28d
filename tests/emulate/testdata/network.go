// SPDX-License-Identifier: BSD-3-Clause

// Network talks to itself over loopback in every way that package net knows, and prints what does not depend on the system.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/rpc"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"syscall"
	"time"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// Reports an error by what it is, not by its text, which names ports.
func kind(err error) string {
	var timeout net.Error
	switch {
	case err == nil:
		return "none"
	case errors.Is(err, io.EOF):
		return "EOF"
	case errors.Is(err, net.ErrClosed):
		return "closed"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, syscall.ECONNRESET):
		return "reset"
	case errors.Is(err, syscall.EPIPE):
		return "broken pipe"
	case errors.Is(err, syscall.EADDRINUSE):
		return "in use"
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return "unreachable"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	}
	return err.Error()
}

func echo(network, address string) {
	listener, err := net.Listen(network, address)
	check(err)
	var servers sync.WaitGroup
	servers.Add(1)
	go func() {
		defer servers.Done()
		for {
			conn, err := listener.Accept()
			if err != nil {
				fmt.Println(network, "accept:", kind(err))
				return
			}
			servers.Add(1)
			go func() {
				defer servers.Done()
				defer conn.Close()
				_, err := io.Copy(conn, conn)
				check(err)
			}()
		}
	}()
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // a megabyte: more than the buffers of some systems
	var clients sync.WaitGroup
	for i := range 4 {
		clients.Add(1)
		go func() {
			defer clients.Done()
			conn, err := net.Dial(network, listener.Addr().String())
			check(err)
			defer conn.Close()
			go func() {
				_, err := conn.Write(data[:len(data)>>i])
				check(err)
				check(conn.(interface{ CloseWrite() error }).CloseWrite())
			}()
			back, err := io.ReadAll(conn)
			check(err)
			if !bytes.Equal(back, data[:len(data)>>i]) {
				fmt.Println("different")
			}
		}()
	}
	clients.Wait()
	listener.Close()
	servers.Wait()
	fmt.Println(network, "echo done")
}

func errorsOfTCP() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	address := listener.Addr().String()
	_, err = net.Listen("tcp", address)
	fmt.Println("listen twice:", kind(err))

	conn, err := net.Dial("tcp", address)
	check(err)
	other, err := listener.Accept()
	check(err)
	fmt.Println("addresses:", conn.LocalAddr().String() == other.RemoteAddr().String(), other.LocalAddr().String() == address)
	check(conn.SetReadDeadline(time.Now().Add(10 * time.Millisecond)))
	_, err = conn.Read(make([]byte, 1))
	fmt.Println("read past the deadline:", kind(err))
	check(conn.SetReadDeadline(time.Time{}))
	_, err = other.Write([]byte("unread"))
	check(err)
	check(conn.SetDeadline(time.Time{}))
	check(other.(*net.TCPConn).SetLinger(0))
	other.Close()
	data := make([]byte, 16)
	n, err := conn.Read(data)
	fmt.Printf("read before a reset: %q %s\n", data[:n], kind(err))
	_, err = conn.Read(data)
	fmt.Println("read after a reset:", kind(err))
	conn.Close()

	conn, err = net.Dial("tcp", address)
	check(err)
	other, err = listener.Accept()
	check(err)
	other.Close()
	_, err = io.ReadAll(conn)
	fmt.Println("read from a closed one:", kind(err))
	for err == nil {
		_, err = conn.Write(data)
	}
	fmt.Println("write to a closed one:", kind(err) == "broken pipe" || kind(err) == "reset")
	conn.Close()

	conn, err = net.Dial("tcp", address)
	check(err)
	other, err = listener.Accept()
	check(err)
	check(conn.SetWriteDeadline(time.Now().Add(50 * time.Millisecond)))
	chunk := make([]byte, 1<<20)
	for err == nil {
		_, err = conn.Write(chunk)
	}
	fmt.Println("write that nobody reads:", kind(err))
	conn.Close()
	other.Close()

	listener.Close()
	_, err = net.Dial("tcp", address)
	fmt.Println("nobody listens:", kind(err))
}

func datagrams() {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	check(err)
	client, err := net.Dial("udp", server.LocalAddr().String())
	check(err)
	for _, text := range []string{"one", "", "three"} {
		_, err = client.Write([]byte(text))
		check(err)
	}
	data := make([]byte, 3)
	for range 3 {
		n, from, err := server.ReadFrom(data)
		check(err)
		fmt.Printf("datagram %q %v\n", data[:n], from.String() == client.LocalAddr().String())
	}
	_, err = server.WriteTo([]byte("back"), client.LocalAddr())
	check(err)
	n, err := client.Read(data)
	fmt.Printf("%q %s\n", data[:n], kind(err))
	server.Close()
	_, err = client.Write([]byte("lost"))
	check(err)
	_, err = client.Read(data)
	fmt.Println("nobody there:", kind(err))
	client.Close()

	six, err := net.ListenPacket("udp", "[::1]:0")
	check(err)
	_, err = six.WriteTo([]byte("six"), six.LocalAddr())
	check(err)
	n, from, err := six.ReadFrom(data)
	check(err)
	fmt.Println(string(data[:n]), from.String() == six.LocalAddr().String())
	six.Close()

	group := &net.UDPAddr{IP: net.IPv4(224, 0, 0, 254), Port: 0}
	interfaces, err := net.Interfaces()
	check(err)
	member, err := net.ListenMulticastUDP("udp4", &interfaces[0], group)
	check(err)
	local, err := net.ListenPacket("udp4", "127.0.0.1:0")
	check(err)
	_, err = local.WriteTo([]byte("all"), &net.UDPAddr{IP: group.IP, Port: member.LocalAddr().(*net.UDPAddr).Port})
	check(err)
	check(member.SetReadDeadline(time.Now().Add(time.Second)))
	n, _, err = member.ReadFrom(data)
	fmt.Println("group:", string(data[:n]), kind(err))
}

func names(folder string) {
	server, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(folder, "server"), Net: "unixgram"})
	check(err)
	info, err := os.Stat(filepath.Join(folder, "server"))
	check(err)
	fmt.Println("socket in the tree:", info.Mode()&os.ModeSocket != 0)
	client, err := net.DialUnix("unixgram", nil, server.LocalAddr().(*net.UnixAddr))
	check(err)
	_, err = client.Write([]byte("hello"))
	check(err)
	data := make([]byte, 16)
	n, _, err := server.ReadFrom(data)
	check(err)
	fmt.Println(string(data[:n]))
	client.Close()
	server.Close()

	// An open file goes through a stream.
	listener, err := net.Listen("unix", filepath.Join(folder, "stream"))
	check(err)
	a, err := net.Dial("unix", listener.Addr().String())
	check(err)
	b, err := listener.Accept()
	check(err)
	file, err := os.CreateTemp(folder, "")
	check(err)
	_, err = file.WriteString("passed along")
	check(err)
	_, _, err = a.(*net.UnixConn).WriteMsgUnix([]byte("x"), syscall.UnixRights(int(file.Fd())), nil)
	check(err)
	control := make([]byte, 64)
	n, controls, _, _, err := b.(*net.UnixConn).ReadMsgUnix(data, control)
	check(err)
	messages, err := syscall.ParseSocketControlMessage(control[:controls])
	check(err)
	descriptors, err := syscall.ParseUnixRights(&messages[0])
	check(err)
	again := os.NewFile(uintptr(descriptors[0]), "again")
	_, err = again.Seek(0, io.SeekStart)
	check(err)
	text, err := io.ReadAll(again)
	check(err)
	fmt.Println(n, string(text))
	a.Close()
	_, err = b.Read(data)
	fmt.Println("read:", kind(err))
	_, err = b.Write(data)
	fmt.Println("write:", kind(err))
	listener.Close()
	_, err = os.Stat(filepath.Join(folder, "stream"))
	fmt.Println("gone with the listener:", errors.Is(err, os.ErrNotExist))

	addresses, err := net.InterfaceAddrs()
	check(err)
	list := []string{}
	for _, address := range addresses {
		if strings.HasPrefix(address.String(), "127.") || address.String() == "::1/128" {
			list = append(list, address.String())
		}
	}
	sort.Strings(list)
	fmt.Println(list)
	hosts, err := net.LookupHost("localhost")
	check(err)
	sort.Strings(hosts)
	fmt.Println(len(hosts) > 0 && hosts[len(hosts)-1] != "")
	port, err := net.LookupPort("tcp", "https")
	fmt.Println(port, kind(err))
}

type Arith struct{}

func (Arith) Add(args [2]int, sum *int) error {
	*sum = args[0] + args[1]
	return nil
}

func servers(folder string) {
	name := filepath.Join(folder, "file")
	content := bytes.Repeat([]byte("line of a file\n"), 20000)
	check(os.WriteFile(name, content, 0o644))
	mux := http.NewServeMux()
	mux.HandleFunc("/hello", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "hello, %s", r.FormValue("name")) })
	mux.HandleFunc("/file", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, name) })
	server := httptest.NewServer(mux)
	get := func(path string) []byte {
		answer, err := server.Client().Get(server.URL + path)
		check(err)
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		check(err)
		return body
	}
	var clients sync.WaitGroup
	for i := range 8 {
		clients.Add(1)
		go func() {
			defer clients.Done()
			if string(get(fmt.Sprintf("/hello?name=%d", i))) != fmt.Sprintf("hello, %d", i) {
				fmt.Println("different")
			}
		}()
	}
	clients.Wait()
	fmt.Println("file:", bytes.Equal(get("/file"), content))
	server.Close()

	listener, err := net.Listen("tcp", "localhost:0")
	check(err)
	calls := rpc.NewServer()
	check(calls.Register(Arith{}))
	go calls.Accept(listener)
	client, err := rpc.Dial("tcp", listener.Addr().String())
	check(err)
	var sum int
	check(client.Call("Arith.Add", [2]int{40, 2}, &sum))
	fmt.Println("rpc:", sum)
	client.Close()
	listener.Close()
}

// toFiles sends from sockets into a file and a device, which Go does by splice where there is one.
func toFiles(folder string) {
	for _, name := range []string{filepath.Join(folder, "file"), os.DevNull} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		check(err)
		go func() {
			conn, err := listener.Accept()
			check(err)
			_, err = conn.Write(bytes.Repeat([]byte("abc"), 50_000))
			check(err)
			check(conn.Close())
		}()
		conn, err := net.Dial("tcp", listener.Addr().String())
		check(err)
		file, err := os.Create(name)
		check(err)
		n, err := io.Copy(file, conn)
		fmt.Println(filepath.Base(name), n, err)
		info, err := file.Stat()
		check(err)
		fmt.Println(info.Mode().IsRegular(), !info.Mode().IsRegular() || info.Size() == n)
		check(file.Close())
		check(conn.Close())
		check(listener.Close())
	}
}

func main() {
	folder, err := os.MkdirTemp("", "n")
	check(err)
	defer os.RemoveAll(folder)
	echo("tcp", "127.0.0.1:0")
	echo("tcp", "[::1]:0")
	echo("tcp", ":0")
	echo("unix", filepath.Join(folder, "echo"))
	errorsOfTCP()
	datagrams()
	names(folder)
	servers(folder)
	toFiles(folder)
}
