// Calls whose trace is known: files, pipes, a signal, an exit status.
package main

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	file, _ := os.OpenFile("/tmp/a\n\x01é", os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o640)
	file.WriteString("some text\n\tand more than thirty-two bytes of it")
	file.Seek(5, 0)
	buffer := make([]byte, 4)
	file.Read(buffer)
	file.Stat()
	file.Close()
	os.Open("/no/such/file")
	os.Mkdir("/tmp/d", 0o755)
	channel := make(chan os.Signal, 1)
	signal.Notify(channel, syscall.SIGUSR1)
	syscall.Kill(os.Getpid(), syscall.SIGUSR1)
	<-channel
	var ends [2]int
	syscall.Pipe(ends[:])
	done := make(chan bool)
	go func() {
		syscall.Read(ends[0], buffer)
		done <- true
	}()
	time.Sleep(time.Millisecond)
	syscall.Write(ends[1], []byte("xyz"))
	<-done
	os.Exit(7)
}
