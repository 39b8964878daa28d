// SPDX-License-Identifier: BSD-3-Clause

// What files, directories and their names do, step by step, in the folder it is started in. Each line is a step and its outcome, so that
// two systems can be compared.
package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
	"time"
)

var names = map[syscall.Errno]string{
	syscall.EACCES: "EACCES", syscall.EAGAIN: "EAGAIN", syscall.EBADF: "EBADF", syscall.EBUSY: "EBUSY", syscall.EEXIST: "EEXIST",
	syscall.EFBIG: "EFBIG", syscall.EINVAL: "EINVAL", syscall.EISDIR: "EISDIR", syscall.ELOOP: "ELOOP", syscall.ENAMETOOLONG: "ENAMETOOLONG",
	syscall.ENOENT: "ENOENT", syscall.ENOTDIR: "ENOTDIR", syscall.ENOTEMPTY: "ENOTEMPTY", syscall.ENOTTY: "ENOTTY", syscall.ENXIO: "ENXIO",
	syscall.EPERM: "EPERM", syscall.EROFS: "EROFS", syscall.ESPIPE: "ESPIPE", syscall.EXDEV: "EXDEV", syscall.EOPNOTSUPP: "EOPNOTSUPP",
}

func outcome(err error) string {
	var number syscall.Errno
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &number):
		if name, ok := names[number]; ok {
			return name
		}
		return number.Error()
	case err == io.EOF:
		return "EOF"
	}
	return err.Error()
}

func step(what string, err error) { fmt.Printf("%s: %s\n", what, outcome(err)) }

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func show(path string) string {
	info, err := os.Lstat(path)
	if err != nil {
		return outcome(err)
	}
	size := info.Size()
	if info.IsDir() {
		size = 0
	}
	return fmt.Sprintf("%v %d", info.Mode(), size)
}

func links(path string) uint64 {
	info, err := os.Lstat(path)
	must(err)
	return uint64(info.Sys().(*syscall.Stat_t).Nlink)
}

func listing(path string) string {
	entries, err := os.ReadDir(path)
	if err != nil {
		return outcome(err)
	}
	var found []string
	for _, entry := range entries {
		found = append(found, entry.Name()+entry.Type().String()[:1])
	}
	sort.Strings(found)
	return strings.Join(found, " ")
}

func write(path, text string) { must(os.WriteFile(path, []byte(text), 0o644)) }

func opens() {
	flags := []struct {
		name  string
		flags int
	}{
		{"read", os.O_RDONLY}, {"write", os.O_WRONLY}, {"create", os.O_RDWR | os.O_CREATE}, {"exclusive", os.O_RDWR | os.O_CREATE | os.O_EXCL},
		{"nofollow", syscall.O_NOFOLLOW}, {"directory", syscall.O_DIRECTORY}, {"truncate", os.O_WRONLY | os.O_TRUNC},
	}
	for _, path := range []string{"file", "folder", "folder/", "link", "dangling", "loop", "tofolder", "file/", "file/x", "none/x", "secret", "closed/x"} {
		must(os.RemoveAll("o"))
		must(os.Mkdir("o", 0o755))
		write("o/file", "text")
		must(os.Mkdir("o/folder", 0o755))
		must(os.Symlink("file", "o/link"))
		must(os.Symlink("folder", "o/tofolder"))
		must(os.Symlink("nowhere", "o/dangling"))
		must(os.Symlink("loop", "o/loop"))
		must(os.WriteFile("o/secret", nil, 0))
		must(os.Mkdir("o/closed", 0))
		for _, f := range flags {
			fd, err := syscall.Open("o/"+path, f.flags|syscall.O_CLOEXEC, 0o640)
			step("open "+f.name+" "+path, err)
			if err == nil {
				syscall.Close(fd)
			}
		}
		must(os.Chmod("o/closed", 0o755))
	}
	fmt.Println("long name:", outcome(os.Mkdir(strings.Repeat("n", 256), 0o755)))
	fmt.Println("long path:", outcome(os.Mkdir(strings.Repeat("n/", 3000), 0o755)))
}

func changes() {
	paths := []string{"file", "folder", "full", "link", "tofolder", "dangling", "new", "full/..", "full/.", "tofolder/", "file/", "new/", "folder/"}
	prepare := func() {
		must(os.RemoveAll("c"))
		must(os.Mkdir("c", 0o755))
		write("c/file", "text")
		must(os.Mkdir("c/folder", 0o755))
		must(os.MkdirAll("c/full/inner", 0o755))
		must(os.Symlink("file", "c/link"))
		must(os.Symlink("folder", "c/tofolder"))
		must(os.Symlink("nowhere", "c/dangling"))
	}
	for _, path := range paths {
		for _, action := range []struct {
			name string
			do   func(string) error
		}{
			{"mkdir", func(p string) error { return syscall.Mkdir(p, 0o755) }},
			{"rmdir", syscall.Rmdir}, {"unlink", syscall.Unlink}, {"truncate", func(p string) error { return syscall.Truncate(p, 2) }},
			{"symlink", func(p string) error { return syscall.Symlink("target", p) }},
			{"chmod", func(p string) error { return syscall.Chmod(p, 0o700) }}, {"chdir", func(p string) error {
				err := syscall.Chdir(p)
				if err == nil {
					must(os.Chdir(start))
				}
				return err
			}},
		} {
			prepare()
			step(action.name+" "+path, action.do("c/"+path))
		}
		for _, target := range paths {
			prepare()
			step("rename "+path+" "+target, syscall.Rename("c/"+path, "c/"+target))
			fmt.Println("  then", listing("c"))
			prepare()
			if path == "link" || path == "tofolder" || path == "dangling" {
				continue // Systems differ in whether link(2) follows.
			}
			step("link "+path+" "+target, syscall.Link("c/"+path, "c/"+target))
		}
	}
	prepare()
	step("rename into itself", os.Rename("c/full", "c/full/inner/x"))
	must(os.Link("c/file", "c/second"))
	// Some file systems count no links of directories, and say 1.
	fmt.Println("links", links("c/file"), links("c") == 4 || links("c") == 1)
	must(os.Rename("c/file", "c/second"))
	fmt.Println("same file", listing("c"))
	file, err := os.Open("c/second")
	must(err)
	must(os.Remove("c/second"))
	must(os.Remove("c/file"))
	info, err := file.Stat()
	must(err)
	data, err := io.ReadAll(file)
	fmt.Println("unlinked", string(data), outcome(err), info.Sys().(*syscall.Stat_t).Nlink)
	must(os.Mkdir("c/gone", 0o755))
	must(os.Chdir("c/gone"))
	must(os.Remove("../gone"))
	_, err = syscall.Getwd()
	step("getwd of a removed folder", err)
	step("create in a removed folder", os.WriteFile("x", nil, 0o644))
	must(os.Chdir(start))
}

func permissions() {
	must(os.Mkdir("p", 0o755))
	for _, mode := range []os.FileMode{0, 0o100, 0o200, 0o300, 0o400, 0o500, 0o600, 0o700} {
		must(os.RemoveAll("p/d"))
		must(os.Mkdir("p/d", 0o755))
		write("p/d/f", "x")
		must(os.Chmod("p/d", mode))
		_, list := os.ReadDir("p/d")
		_, look := os.Stat("p/d/f")
		fmt.Println("folder", mode, outcome(list), outcome(look), outcome(os.WriteFile("p/d/g", nil, 0o644)), outcome(os.Remove("p/d/f")),
			outcome(syscall.Access("p/d", 4)), outcome(syscall.Access("p/d", 2)), outcome(syscall.Access("p/d", 1)))
		must(os.Chmod("p/d", 0o755))
		write("p/f", "x")
		must(os.Chmod("p/f", mode))
		_, read := os.ReadFile("p/f")
		fmt.Println("file", mode, outcome(read), outcome(os.WriteFile("p/f", nil, 0o644)), outcome(os.Truncate("p/f", 0)), outcome(syscall.Access("p/f", 1)))
		must(os.Remove("p/f"))
	}
	old := syscall.Umask(0o027)
	must(os.Mkdir("p/masked", 0o777))
	must(os.WriteFile("p/plain", nil, 0o666))
	syscall.Umask(old)
	fmt.Println("mask", show("p/masked"), show("p/plain"))
	step("chown to root", os.Chown("p/plain", 0, 0))
	step("chown to oneself", os.Chown("p/plain", os.Getuid(), os.Getgid()))
	step("make in /etc", os.WriteFile("/etc/nothing", nil, 0o644))
	step("write /etc/passwd", os.WriteFile("/etc/passwd", nil, 0o644))
	step("chmod /etc/passwd", os.Chmod("/etc/passwd", 0o666))
	fmt.Println("remove /tmp", os.Remove("/tmp") == nil, os.Rename("/tmp", "/gone") == nil)
}

func contents() {
	file, err := os.OpenFile("d", os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	must(err)
	must(errors.Join(func() error { _, err := file.WriteString("one"); return err }()))
	_, err = file.Seek(0, io.SeekStart)
	must(err)
	_, err = file.WriteString("two")
	must(err)
	must(file.Close())
	data, _ := os.ReadFile("d")
	fmt.Println("appended", string(data))
	file, err = os.OpenFile("d", os.O_RDWR, 0)
	must(err)
	_, err = file.WriteAt([]byte("end"), 1<<20)
	must(err)
	must(file.Truncate(1<<32 + 1))
	buffer := make([]byte, 4)
	n, err := file.ReadAt(buffer, 1<<32)
	fmt.Println("hole", n, outcome(err), buffer[0])
	n, err = file.ReadAt(buffer, 1<<20-1)
	fmt.Printf("far %d %s %q %s\n", n, outcome(err), buffer, show("d"))
	must(file.Truncate(2))
	must(file.Truncate(4))
	data, _ = os.ReadFile("d")
	fmt.Printf("cut %q\n", data)
	_, err = file.Seek(-1, io.SeekStart)
	step("seek before the start", err)
	_, err = file.Seek(1<<40, io.SeekStart)
	step("seek far", err)
	n, err = file.Read(buffer)
	fmt.Println("read past the end", n, outcome(err))
	_, err = syscall.Pwrite(int(file.Fd()), buffer, -1)
	step("write before the start", err)
	step("truncate to less than nothing", syscall.Ftruncate(int(file.Fd()), -1))
	must(file.Close())
	file, err = os.Open("d")
	must(err)
	_, err = syscall.Write(int(file.Fd()), buffer)
	step("write what is open for reading", err)
	step("truncate what is open for reading", syscall.Ftruncate(int(file.Fd()), 0))
	step("sync", file.Sync())
	must(file.Close())
	step("read what is closed", func() error { _, err := syscall.Read(1000, buffer); return err }())
	folder, err := os.Open(".")
	must(err)
	_, err = syscall.Read(int(folder.Fd()), buffer)
	step("read a folder", err)
	must(folder.Close())
	reader, writer, err := os.Pipe()
	must(err)
	_, err = syscall.Seek(int(reader.Fd()), 0, 0)
	step("seek a pipe", err)
	must(errors.Join(reader.Close(), writer.Close()))
}

func times() {
	write("t", "x")
	when := time.Date(2001, 2, 3, 4, 5, 6, 789000, time.UTC)
	must(os.Chtimes("t", when.Add(time.Hour), when))
	info, err := os.Stat("t")
	must(err)
	fmt.Println("time", info.ModTime().UTC())
	must(os.Chtimes("t", time.Time{}, when.Add(-time.Minute)))
	info, err = os.Stat("t")
	must(err)
	fmt.Println("time", info.ModTime().UTC())
	write("t", "y")
	info, err = os.Stat("t")
	must(err)
	fmt.Println("younger", info.ModTime().After(when))
	must(os.Symlink("t", "tl"))
	step("times of a dangling link", os.Chtimes("nothing", when, when))
}

func locks() {
	first, err := os.Create("l")
	must(err)
	second, err := os.OpenFile("l", os.O_RDWR, 0)
	must(err)
	a, b := int(first.Fd()), int(second.Fd())
	step("flock", syscall.Flock(a, syscall.LOCK_SH))
	step("flock shared", syscall.Flock(b, syscall.LOCK_SH|syscall.LOCK_NB))
	step("flock exclusive", syscall.Flock(b, syscall.LOCK_EX|syscall.LOCK_NB))
	step("unlock", syscall.Flock(a, syscall.LOCK_UN))
	step("flock exclusive", syscall.Flock(b, syscall.LOCK_EX|syscall.LOCK_NB))
	done := make(chan error)
	go func() { done <- syscall.Flock(a, syscall.LOCK_EX) }()
	time.Sleep(10 * time.Millisecond)
	must(second.Close())
	step("waited", <-done)
	lock := syscall.Flock_t{Type: syscall.F_WRLCK, Start: 10, Len: 10}
	step("lock a range", syscall.FcntlFlock(uintptr(a), syscall.F_SETLK, &lock))
	lock = syscall.Flock_t{Type: syscall.F_WRLCK, Start: 15}
	step("ask", syscall.FcntlFlock(uintptr(a), syscall.F_GETLK, &lock))
	fmt.Println("one's own is not in the way", lock.Type == syscall.F_UNLCK)
	lock = syscall.Flock_t{Type: 77}
	step("no kind of lock", syscall.FcntlFlock(uintptr(a), syscall.F_SETLK, &lock))
	must(first.Close())
}

func mappings() {
	page := os.Getpagesize()
	write("m", strings.Repeat("a", page+10))
	file, err := os.OpenFile("m", os.O_RDWR, 0)
	must(err)
	fd := int(file.Fd())
	private, err := syscall.Mmap(fd, 0, page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE)
	must(err)
	shared, err := syscall.Mmap(fd, 0, 2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	must(err)
	again, err := syscall.Mmap(fd, int64(page), page, syscall.PROT_READ, syscall.MAP_SHARED)
	must(err)
	private[0] = 'p'
	shared[1] = 's'
	shared[page+1] = 't'
	shared[page+11] = 'x' // Behind the end.
	_, err = file.WriteAt([]byte("w"), 2)
	must(err)
	buffer := make([]byte, 4)
	_, err = file.ReadAt(buffer, 0)
	must(err)
	fmt.Printf("mapped %q %q %q %q\n", buffer, shared[:4], private[:1], again[:3])
	must(file.Truncate(int64(page) + 5))
	must(file.Truncate(int64(2 * page)))
	fmt.Printf("cut %q\n", again[:12])
	must(syscall.Munmap(private))
	must(syscall.Munmap(shared))
	fmt.Printf("still %q\n", again[:2])
	must(syscall.Munmap(again))
	data, err := os.ReadFile("m")
	must(err)
	fmt.Printf("unmapped %q %q %d\n", data[:4], data[page:page+12], len(data)/page)
	must(file.Close())
	file, err = os.Open("m")
	must(err)
	fd = int(file.Fd())
	_, err = syscall.Mmap(fd, 0, page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	step("map for writing what is open for reading", err)
	shared, err = syscall.Mmap(fd, 0, page, syscall.PROT_READ, syscall.MAP_SHARED)
	must(err)
	must(file.Close())
	write("m", "new")
	must(os.WriteFile("m", []byte(strings.Repeat("b", page)), 0o644))
	fmt.Printf("follows %q\n", shared[:3])
	must(os.Remove("m"))
	fmt.Printf("stays %q\n", shared[:3])
	must(syscall.Munmap(shared))
	_, err = syscall.Mmap(fd, 0, page, syscall.PROT_READ, syscall.MAP_SHARED)
	step("map what is closed", err)
	_, err = syscall.Mmap(0, 1, page, syscall.PROT_READ, syscall.MAP_SHARED)
	step("map from within a page", err)
}

func folders() {
	must(os.MkdirAll("f/sub", 0o755))
	for i := range 500 {
		write(fmt.Sprintf("f/%03d", i), "")
	}
	folder, err := os.Open("f")
	must(err)
	seen := 0
	for {
		some, err := folder.Readdirnames(37)
		for _, name := range some {
			must(os.Remove(filepath.Join("f", name)))
		}
		seen += len(some)
		if err != nil {
			step("listed while removing", err)
			break
		}
	}
	fmt.Println(seen, listing("f"))
	_, err = folder.Seek(0, io.SeekStart)
	must(err)
	write("f/again", "")
	some, err := folder.Readdirnames(-1)
	fmt.Println("again", some, outcome(err))
	must(folder.Close())
	count := 0
	must(filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error { count++; return err }))
	fmt.Println("walked", count > 10)
	root, err := os.OpenRoot("f")
	must(err)
	must(os.Symlink("../d", "f/out"))
	_, err = root.Open("out")
	fmt.Println("root", err != nil)
	must(root.WriteFile("within", []byte("w"), 0o644))
	data, err := root.ReadFile("within")
	fmt.Println("root", string(data), outcome(err))
	must(root.Close())
}

var start string

func main() {
	var err error
	start, err = os.Getwd()
	must(err)
	opens()
	changes()
	permissions()
	contents()
	times()
	locks()
	mappings()
	folders()
	_, err = os.Stat("/dev/fd/0")
	fmt.Println("/dev/fd", outcome(err))
}
