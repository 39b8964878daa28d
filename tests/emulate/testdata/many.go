// Many things that a program can ask of its system, for comparison with a native run.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sort"
	"strings"
	"sync"
	"syscall"
	"time"
)

func nilderef() (err error) {
	defer func() { err = fmt.Errorf("recovered: %v", recover()) }()
	var p *int
	*p = 1
	return nil
}

func div(a, b int) (r int, err error) {
	defer func() {
		if e := recover(); e != nil {
			err = fmt.Errorf("recovered: %v", e)
		}
	}()
	return a / b, nil
}

func check(err error) {
	if err != nil {
		fmt.Println("ERR", err)
	}
}

type tree struct{ l, r *tree }

func build(n int) *tree {
	if n == 0 {
		return &tree{}
	}
	return &tree{build(n - 1), build(n - 1)}
}
func (t *tree) count() int {
	if t.l == nil {
		return 1
	}
	return 1 + t.l.count() + t.r.count()
}

func main() {
	mode := "all"
	if len(os.Args) > 1 {
		mode = os.Args[1]
	}
	switch mode {
	case "panic":
		panic("oh no")
	case "segv":
		var p *int
		*p = 3
	case "exit":
		os.Exit(42)
	case "deadlock":
		ch := make(chan int)
		<-ch
	case "stack":
		debug.SetMaxStack(1 << 20)
		var f func(int) int
		f = func(n int) int { return f(n+1) + 1 }
		fmt.Println(f(0))
	case "run":
		c := exec.Command(os.Args[2])
		c.Stdout = os.Stdout
		fmt.Println(c.Run())
		return
	case "target":
		fmt.Println(runtime.GOOS, runtime.GOARCH)
		fmt.Println(os.Executable())
		return
	case "time":
		fmt.Println(time.Now().UnixNano(), rand.Uint64())
		return
	case "ls":
		for _, name := range os.Args[2:] {
			entries, err := os.ReadDir(name)
			fmt.Println(entries, err)
			if err != nil {
				data, err := os.ReadFile(name)
				fmt.Printf("%q %v\n", data, err)
			}
			err = os.WriteFile(name+"/new", nil, 0o644)
			fmt.Println(errors.Is(err, syscall.EROFS))
		}
		return
	case "usr1":
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGUSR1)
		for range 3 {
			syscall.Kill(os.Getpid(), syscall.SIGUSR1)
			fmt.Println(<-c)
		}
		return
	case "kill":
		syscall.Kill(os.Getpid(), syscall.SIGTERM)
		time.Sleep(time.Second)
	case "abort":
		syscall.Kill(os.Getpid(), syscall.SIGABRT)
		time.Sleep(time.Second)
	case "spin":
		for {
		}
	case "cat":
		n, err := io.Copy(os.Stdout, os.Stdin)
		fmt.Println(n, err)
		return
	}
	fmt.Println(os.Args[1:])
	fmt.Println(nilderef())
	fmt.Println(div(1, 0))
	var wg sync.WaitGroup
	ch := make(chan int, 10)
	var mu sync.Mutex
	total := 0
	for i := 0; i < 100; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := 0; j < 100; j++ {
				mu.Lock()
				total += j
				mu.Unlock()
			}
			ch <- i
		}()
	}
	sum := 0
	for i := 0; i < 100; i++ {
		sum += <-ch
	}
	wg.Wait()
	fmt.Println(sum, total)
	fmt.Println(build(14).count())
	runtime.GC()
	// preemption of a busy loop
	var stop bool
	go func() {
		for !stop {
		}
	}()
	time.Sleep(20 * time.Millisecond)
	runtime.GC()
	fmt.Println("gc done")
	stop = true
	t0 := time.Now()
	time.Sleep(1500 * time.Millisecond)
	fmt.Println(time.Since(t0) >= 1500*time.Millisecond, time.Since(t0) < 1700*time.Millisecond)
	// timers
	tk := time.NewTicker(10 * time.Millisecond)
	for i := 0; i < 3; i++ {
		<-tk.C
	}
	tk.Stop()
	select {
	case <-time.After(50 * time.Millisecond):
		fmt.Println("timeout")
	}
	// files
	dir, err := os.MkdirTemp("", "x")
	check(err)
	name := filepath.Join(dir, "a.txt")
	check(os.WriteFile(name, []byte("hello"), 0o644))
	b, err := os.ReadFile(name)
	fmt.Printf("%q %v\n", b, err)
	f, err := os.OpenFile(name, os.O_APPEND|os.O_RDWR, 0)
	check(err)
	f.WriteString(" world")
	f.Seek(0, 0)
	b, err = io.ReadAll(f)
	fmt.Printf("%q %v\n", b, err)
	check(f.Truncate(3))
	check(f.Sync())
	st, err := f.Stat()
	fmt.Println(st.Size(), st.Mode(), st.Name(), err)
	check(f.Close())
	check(os.Chmod(name, 0o600))
	check(os.Chtimes(name, time.Unix(1000, 5), time.Unix(2000, 7)))
	st, err = os.Stat(name)
	fmt.Println(st.Mode(), st.ModTime().UTC(), err)
	check(os.Symlink("a.txt", filepath.Join(dir, "l")))
	check(os.Link(name, filepath.Join(dir, "h")))
	check(os.MkdirAll(filepath.Join(dir, "d/e/f"), 0o755))
	check(os.Rename(filepath.Join(dir, "h"), filepath.Join(dir, "d/e/g")))
	fmt.Println(os.Readlink(filepath.Join(dir, "l")))
	filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, p)
		fmt.Println(rel, d.Type(), err)
		return nil
	})
	_, err = os.ReadFile("/no/such/file")
	fmt.Println(err, errors.Is(err, fs.ErrNotExist))
	err = os.Remove(filepath.Join(dir, "d"))
	fmt.Println(err != nil)
	check(os.Chdir(dir))
	wd, err := os.Getwd()
	fmt.Println(wd == dir || strings.HasSuffix(wd, dir), err)
	check(os.RemoveAll(dir))
	_, err = os.Stat(dir)
	fmt.Println(errors.Is(err, fs.ErrNotExist))
	// pipes
	r, w, err := os.Pipe()
	check(err)
	go func() { fmt.Fprint(w, strings.Repeat("x", 200000)); w.Close() }()
	n, err := io.Copy(io.Discard, r)
	fmt.Println(n, err)
	r.SetReadDeadline(time.Now())
	// signals
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR1)
	syscall.Kill(os.Getpid(), syscall.SIGUSR1)
	fmt.Println(<-c)
	m := map[string]int{"a": 1, "b": 2}
	j, _ := json.Marshal(m)
	fmt.Println(string(j))
	fmt.Printf("%x\n", sha256.Sum256(bytes.Repeat([]byte("abc"), 10000)))
	keys := []string{}
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	fmt.Println(keys, os.Getenv("FOO"))
	h, err := os.Hostname()
	fmt.Println(h != "", err)
}
