// What a program does with other processes: itself, started again with a first argument that says what to be.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

var self string

func command(args ...string) *exec.Cmd {
	c := exec.Command(self, args...)
	c.Stderr = os.Stderr
	return c
}

func output(c *exec.Cmd) string {
	out, err := c.Output()
	if err != nil {
		return fmt.Sprintf("%q %v", out, err)
	}
	return fmt.Sprintf("%q", out)
}

// start starts a child and waits for the line by which it says that it is ready.
func start(c *exec.Cmd) *bufio.Reader {
	pipe, err := c.StdoutPipe()
	if err != nil {
		panic(err)
	}
	if err := c.Start(); err != nil {
		panic(err)
	}
	r := bufio.NewReader(pipe)
	if line, err := r.ReadString('\n'); line != "ready\n" {
		panic(fmt.Sprint(line, err))
	}
	return r
}

// hang never ends by itself; that a signal is asked for keeps the runtime from calling it a deadlock.
func hang() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGWINCH)
	select {}
}

func child(args []string) {
	switch args[0] {
	case "args":
		fmt.Printf("%q %q\n", args[1:], os.Environ())
	case "cat":
		io.Copy(os.Stdout, os.Stdin)
	case "exit":
		n, _ := strconv.Atoi(args[1])
		os.Exit(n)
	case "signal":
		n, _ := strconv.Atoi(args[1])
		syscall.Kill(os.Getpid(), syscall.Signal(n))
		hang()
	case "panic":
		panic("a child's")
	case "hang":
		fmt.Println("ready")
		hang()
	case "handler":
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGUSR1, syscall.SIGTERM)
		fmt.Println("ready")
		for s := range c {
			fmt.Println(s)
			if s == syscall.SIGTERM {
				return
			}
		}
	case "parent":
		n, _ := strconv.Atoi(args[1])
		fmt.Println(os.Getppid() == n, os.Getpid() != n)
	case "group":
		pgid, err := syscall.Getpgid(0)
		fmt.Println(pgid == os.Getpid(), err)
	case "files":
		for fd := uintptr(3); fd < 5; fd++ {
			f := os.NewFile(fd, "")
			b := make([]byte, 10)
			n, err := f.Read(b)
			fmt.Printf("%d %q %v\n", fd, b[:n], err != nil && err != io.EOF)
		}
	case "write":
		f, err := os.OpenFile(args[1], os.O_WRONLY, 0)
		if err != nil {
			fmt.Println(err)
		}
		f.WriteString(strings.Repeat("0123456789", 20000))
	case "where":
		fmt.Println(os.Getwd())
	case "orphan":
		// Leaves a child behind, which tells when it has a new parent.
		c := command("adopted", strconv.Itoa(os.Getpid()))
		c.ExtraFiles = []*os.File{os.NewFile(3, "")}
		fmt.Println(c.Start())
	case "adopted":
		n, _ := strconv.Atoi(args[1])
		for os.Getppid() == n {
			time.Sleep(time.Millisecond)
		}
		fmt.Fprintln(os.NewFile(3, ""), "adopted by someone else")
	}
}

func ends() {
	fmt.Println(output(command("args", "a", "", "c d")))
	c := command("args")
	c.Env = []string{"A=1", "B="}
	fmt.Println(output(c))
	for _, status := range []string{"0", "1", "255"} {
		fmt.Println(command("exit", status).Run())
	}
	for _, s := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT} {
		c := command("signal", strconv.Itoa(int(s)))
		err := c.Run()
		status := c.ProcessState.Sys().(syscall.WaitStatus)
		fmt.Println(err, status.Signaled(), status.Signal() == s, status.Exited(), c.ProcessState.Pid() == c.Process.Pid)
	}
	c = command("panic")
	c.Stderr = nil
	_, err := c.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		line, _, _ := strings.Cut(string(exit.Stderr), "\n")
		fmt.Println(exit.ExitCode(), line)
	}
	fmt.Println(c.Process.Signal(syscall.Signal(0)), c.Process.Kill())
	fmt.Println(output(command("parent", strconv.Itoa(os.Getpid()))))
	fmt.Println(syscall.Kill(c.Process.Pid, 0))
	_, err = syscall.Wait4(-1, nil, 0, nil)
	fmt.Println(err)
}

func pipes() {
	c := command("cat")
	c.Stdin = strings.NewReader(strings.Repeat("0123456789", 30000))
	out, err := c.Output()
	fmt.Println(len(out), err)
	first, second := command("cat"), command("cat")
	first.Stdin = strings.NewReader("through two of them\n")
	pipe, _ := first.StdoutPipe()
	second.Stdin = pipe
	second.Stdout = os.Stdout
	fmt.Println(second.Start(), first.Run(), second.Wait())
	r, w, _ := os.Pipe()
	dir, _ := os.MkdirTemp("", "")
	f, _ := os.Create(filepath.Join(dir, "f"))
	f.WriteString("shared position")
	f.Seek(7, 0)
	w.WriteString("in a pipe")
	w.Close()
	c = command("files")
	c.ExtraFiles = []*os.File{r, f}
	fmt.Println(output(c))
	n, err := f.Seek(0, 1)
	fmt.Println(n, err)
	c = command("where")
	c.Dir = dir
	real, _ := filepath.EvalSymlinks(dir)
	out, err = c.Output()
	fmt.Println(strings.Contains(string(out), real), err)
	c.Process.Release()
	os.RemoveAll(dir)
	c = command("where")
	c.Dir = dir
	fmt.Println(c.Run() != nil)
}

func signals() {
	c := command("handler")
	r := start(c)
	c.Process.Signal(syscall.SIGUSR1)
	line, _ := r.ReadString('\n')
	c.Process.Signal(syscall.SIGTERM)
	rest, _ := io.ReadAll(r)
	fmt.Printf("%q %q %v\n", line, rest, c.Wait())
	c = command("hang")
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	start(c)
	pgid, err := syscall.Getpgid(c.Process.Pid)
	fmt.Println(pgid == c.Process.Pid, err)
	fmt.Println(syscall.Kill(-c.Process.Pid, syscall.SIGINT), c.Wait())
	c = command("group")
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	fmt.Println(output(c))
	notes := make(chan os.Signal, 1)
	signal.Notify(notes, syscall.SIGCHLD)
	command("exit", "3").Run()
	fmt.Println(<-notes)
	signal.Reset(syscall.SIGCHLD)
	// Stopped and continued. In a group of its own, since what a terminal's stop does to one without a parent outside is nothing.
	c = command("handler")
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	r = start(c)
	var status syscall.WaitStatus
	pid := c.Process.Pid
	c.Process.Signal(syscall.SIGTSTP)
	got, err := syscall.Wait4(pid, &status, syscall.WUNTRACED, nil)
	fmt.Println(got == pid, err, status.Stopped(), status.StopSignal() == syscall.SIGTSTP)
	c.Process.Signal(syscall.SIGUSR1)
	got, err = syscall.Wait4(pid, &status, syscall.WNOHANG, nil)
	fmt.Println(got, err)
	c.Process.Signal(syscall.SIGCONT)
	line, _ = r.ReadString('\n')
	c.Process.Signal(syscall.SIGTERM)
	rest, _ = io.ReadAll(r)
	fmt.Printf("%q %q %v\n", line, rest, c.Wait())
	// An orphan goes on.
	pr, pw, _ := os.Pipe()
	c = command("orphan")
	c.ExtraFiles = []*os.File{pw}
	fmt.Println(output(c))
	pw.Close()
	text, err := io.ReadAll(pr)
	fmt.Printf("%q %v\n", text, err)
}

func failures() {
	dir, _ := os.MkdirTemp("", "")
	defer os.RemoveAll(dir)
	show := func(err error) {
		var errno syscall.Errno
		fmt.Println(errors.As(err, &errno), strings.ReplaceAll(errno.Error(), dir, "DIR"))
	}
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		os.WriteFile(path, []byte(text), mode)
		return path
	}
	show(exec.Command(file("empty", "", 0o755)).Run())
	show(exec.Command(file("text", "hello", 0o755)).Run())
	show(exec.Command(file("elf", "\x7fELFrubbish", 0o755)).Run())
	show(exec.Command(file("notx", "#!"+self+" args\n", 0o644)).Run())
	show(exec.Command(dir).Run())
	show(exec.Command(file("lost", "#!/no/such/thing\n", 0o755)).Run())
	script := file("script", "#! "+self+" args\nrest\n", 0o755)
	out, err := exec.Command(script, "three").Output()
	fmt.Println(strings.ReplaceAll(string(out), dir, "DIR"), err)
	c := command("args")
	for i := 0; i < 60; i++ {
		c.Args = append(c.Args, strings.Repeat("x", 100_000))
	}
	show(c.Run())
	_, err = exec.Command("no-such-program").Output()
	fmt.Println(err)
	ctx := command("hang")
	start(ctx)
	fmt.Println(ctx.Process.Kill(), ctx.Wait(), ctx.Process.Kill())
}

func many() {
	var group sync.WaitGroup
	outs := make([]string, 12)
	for i := range outs {
		group.Add(1)
		go func() {
			defer group.Done()
			c := command("cat")
			c.Stdin = strings.NewReader(strconv.Itoa(i * i))
			outs[i] = output(c)
		}()
	}
	group.Wait()
	fmt.Println(outs, runtime.NumGoroutine())
}

func fifos() {
	dir, _ := os.MkdirTemp("", "")
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "fifo")
	fmt.Println(syscall.Mkfifo(path, 0o600), syscall.Mkfifo(path, 0o600))
	info, err := os.Stat(path)
	fmt.Println(info.Mode(), err)
	_, err = os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0)
	fmt.Println(errors.Is(err, syscall.ENXIO))
	// A child's opening waits for ours, and ours for a child's.
	for _, early := range []bool{true, false} {
		c := command("write", path)
		if err := c.Start(); err != nil {
			fmt.Println(err)
		}
		if early {
			time.Sleep(20 * time.Millisecond)
		}
		f, err := os.Open(path)
		text, err2 := io.ReadAll(f)
		fmt.Printf("%d %.10q %v %v %v %v\n", len(text), text, err, err2, c.Wait(), f.Close())
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	f.WriteString("to itself")
	b := make([]byte, 10)
	n, err := f.Read(b)
	fmt.Printf("%q %v %v\n", b[:n], err, f.Close())
	// One that waits for the other end can be killed.
	c := command("write", path)
	c.Start()
	time.Sleep(20 * time.Millisecond)
	fmt.Println(c.Process.Kill(), c.Wait())
	f, err = os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	n, err2 := f.Read(b)
	fmt.Println(err, n, err2)
}

func main() {
	var err error
	if self, err = os.Executable(); err != nil {
		panic(err)
	}
	switch os.Args[1] {
	case "ends":
		ends()
	case "pipes":
		pipes()
	case "signals":
		signals()
	case "failures":
		failures()
	case "many":
		many()
	case "fifos":
		fifos()
	case "exec":
		fmt.Println(syscall.Exec(self, []string{"other", "args", "in", "place"}, []string{"E=f"}))
	case "bomb":
		for {
			if err := command("bomb").Start(); err != nil {
				fmt.Println(err)
			}
		}
	case "privileges":
		for _, attr := range []syscall.SysProcAttr{
			{Chroot: "/"},
			{Credential: &syscall.Credential{Uid: 0, Gid: 0}},
			{Credential: &syscall.Credential{Uid: uint32(os.Getuid()), Gid: uint32(os.Getgid()), NoSetGroups: true}},
			{Ptrace: true},
		} {
			c := command("exit", "0")
			c.SysProcAttr = &attr
			fmt.Println(c.Run() == nil)
		}
	case "leave":
		// Ends while its children go on.
		start(command("hang"))
		c := command("hang")
		start(c)
		os.Exit(5)
	default:
		child(os.Args[1:])
	}
}
