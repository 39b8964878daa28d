package main

import (
	"fmt"
	"os"
	"syscall"
)

// Reserves 4 GiB of address space for reading, makes two pages of it writable, gives it back, then makes all of another writable.
func main() {
	reserve := func() []byte {
		data, err := syscall.Mmap(-1, 0, 4<<30, syscall.PROT_READ, syscall.MAP_PRIVATE|syscall.MAP_ANON)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return data
	}
	data := reserve()
	fmt.Println(data[0], data[3<<30+5])
	err := syscall.Mprotect(data[1<<30:1<<30+32768], syscall.PROT_READ|syscall.PROT_WRITE)
	data[1<<30+100] = 7
	fmt.Println(err, data[1<<30+100], data[1<<30+32768])
	fmt.Println(syscall.Mprotect(data, syscall.PROT_NONE), syscall.Munmap(data))
	if err := syscall.Mprotect(reserve(), syscall.PROT_READ|syscall.PROT_WRITE); err != nil {
		fmt.Println(err)
		os.Exit(2)
	}
}
