// Signals and timers as programs use them. The output must not depend on the target, nor on whether it runs natively.

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"sync"
	"syscall"
	"time"
)

func notify() {
	c := make(chan os.Signal, 10)
	signal.Notify(c, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGHUP)
	for _, s := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGHUP, syscall.SIGUSR2} {
		syscall.Kill(syscall.Getpid(), s)
		fmt.Println("got", <-c)
	}
	signal.Ignore(syscall.SIGUSR1)
	fmt.Println("ignored", signal.Ignored(syscall.SIGUSR1))
	syscall.Kill(syscall.Getpid(), syscall.SIGUSR1)
	signal.Stop(c)
	signal.Reset()
	syscall.Kill(syscall.Getpid(), syscall.SIGURG) // ignored by default
	select {
	case s := <-c:
		fmt.Println("unexpected", s)
	case <-time.After(10 * time.Millisecond):
	}

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	syscall.Kill(syscall.Getpid(), syscall.SIGTERM)
	<-ctx.Done()
	stop()
	fmt.Println(ctx.Err())
}

type fault struct {
	name string
	do   func()
}

var sink byte
var zero int

//go:noinline
func load(p *byte) { sink = *p }

//go:noinline
func deep(n int) int {
	var a [100]int
	for i := range a {
		a[i] = n
	}
	if n == 0 {
		return a[50]
	}
	return deep(n-1) + a[n%100]
}

func faults() {
	debug.SetPanicOnFault(true)
	page := syscall.Getpagesize()
	none, _ := syscall.Mmap(-1, 0, page, syscall.PROT_NONE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	only, _ := syscall.Mmap(-1, 0, page, syscall.PROT_READ, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	file, _ := os.CreateTemp("", "fault")
	defer os.Remove(file.Name())
	file.Write(make([]byte, 100))
	short, _ := syscall.Mmap(int(file.Fd()), 0, 3*page, syscall.PROT_READ, syscall.MAP_PRIVATE)
	for _, f := range []fault{
		{"behind", func() { load(&short[2*page+30]) }},
		{"within", func() { load(&short[50]) }},
		{"nil", func() { load(nil) }},
		{"none", func() { load(&none[10]) }},
		{"write", func() { only[20] = 1 }},
		{"division", func() { fmt.Println(1 / zero) }},
		{"fine", func() { sink = only[0] }},
	} {
		for range 3 {
			func() {
				defer func() {
					err, _ := recover().(error)
					var at interface{ Addr() uintptr }
					if errors.As(err, &at) {
						fmt.Println(f.name, "fault", at.Addr() == 0, at.Addr()%uintptr(page))
					} else {
						fmt.Println(f.name, err)
					}
				}()
				f.do()
			}()
		}
	}
	fmt.Println(deep(20000))
}

// preempt lets loops without calls be interrupted by the collector, in many goroutines.
func preempt() {
	var stop, done sync.WaitGroup
	stop.Add(1)
	flags := make([]int32, 8)
	for i := range flags {
		done.Add(1)
		go func() {
			defer done.Done()
			n := 0
			for n < 3_000_000 {
				n++
			}
			flags[i] = int32(n)
		}()
	}
	for range 5 {
		runtime.GC()
	}
	done.Wait()
	fmt.Println(flags)
}

//go:noinline
func burn(n int) (x int) {
	for i := range n {
		x += i * x
	}
	return
}

func profile() {
	var out bytes.Buffer
	fmt.Println(pprof.StartCPUProfile(&out))
	var all sync.WaitGroup
	for range 2 {
		all.Add(1)
		go func() {
			defer all.Done()
			burn(100_000_000)
		}()
	}
	all.Wait()
	pprof.StopCPUProfile()
	fmt.Println(out.Len() > 200)
}

func main() {
	switch os.Args[1] {
	case "notify":
		notify()
	case "faults":
		faults()
	case "preempt":
		preempt()
	case "profile":
		profile()
	case "pipe":
		r, w, _ := os.Pipe()
		r.Close()
		_, err := w.Write([]byte("x"))
		fmt.Println(errors.Is(err, syscall.EPIPE))
	case "hup", "int", "quit", "term", "usr1", "alrm":
		s := map[string]syscall.Signal{"hup": syscall.SIGHUP, "int": syscall.SIGINT, "quit": syscall.SIGQUIT, "term": syscall.SIGTERM,
			"usr1": syscall.SIGUSR1, "alrm": syscall.SIGALRM}[os.Args[1]]
		signal.Reset(s)
		syscall.Kill(syscall.Getpid(), s)
		time.Sleep(time.Second)
		fmt.Println("alive")
	}
}
