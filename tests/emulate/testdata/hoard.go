// SPDX-License-Identifier: BSD-3-Clause

// Hoard sends what nobody receives, through sockets that are passed in messages within messages, until the system has enough of it.
package main

import (
	"fmt"
	"syscall"
)

func main() {
	ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		panic(err)
	}
	for range 5000 {
		next, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
		if err != nil {
			panic(err)
		}
		// The sockets of before go into the new ones, and are known by nobody else.
		err = syscall.Sendmsg(next[0], make([]byte, 1000), syscall.UnixRights(ends[:]...), nil, 0)
		if err == syscall.ETOOMANYREFS {
			fmt.Println("enough")
			return
		}
		if err != nil {
			panic(err)
		}
		syscall.Close(ends[0])
		syscall.Close(ends[1])
		ends = next
	}
	fmt.Println("endless")
}
