// SPDX-License-Identifier: BSD-3-Clause

// Inherit serves from a child process on a listener that its parent made, and kills the child while a connection is open.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"syscall"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func child() {
	listener, err := net.FileListener(os.NewFile(3, "listener"))
	check(err)
	for {
		conn, err := listener.Accept()
		check(err)
		go func() {
			lines := bufio.NewScanner(conn)
			for lines.Scan() {
				fmt.Fprintf(conn, "%s from the child\n", lines.Text())
			}
			conn.Close()
		}()
	}
}

func main() {
	if len(os.Args) > 1 {
		child()
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	file, err := listener.(*net.TCPListener).File()
	check(err)
	address := listener.Addr().String()
	executable, err := os.Executable()
	check(err)
	command := exec.Command(executable, "child")
	command.ExtraFiles = []*os.File{file}
	command.Stderr = os.Stderr
	check(command.Start())
	// Only the child has it now.
	check(listener.Close())
	check(file.Close())
	conn, err := net.Dial("tcp", address)
	check(err)
	lines := bufio.NewReader(conn)
	for _, text := range []string{"one", "two"} {
		fmt.Fprintln(conn, text)
		line, err := lines.ReadString('\n')
		fmt.Printf("%q %v\n", line, err)
	}
	check(command.Process.Kill())
	fmt.Println(command.Wait())
	_, err = lines.ReadString('\n')
	fmt.Println(err == io.EOF)
	_, err = net.Dial("tcp", address)
	fmt.Println(errors.Is(err, syscall.ECONNREFUSED))
}
