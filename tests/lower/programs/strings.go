package main

type name string

type letters []byte

func join(parts []string, sep string) string {
	if len(parts) == 0 {
		return ""
	}
	s := parts[0]
	for _, one := range parts[1:] {
		s += sep + one
	}
	return s
}

func upper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}

func reversed(s string) string {
	r := []rune(s)
	for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
		r[i], r[j] = r[j], r[i]
	}
	return string(r)
}

func decimal(n int) string {
	if n < 0 {
		return "-" + decimal(-n)
	}
	if n >= 10 {
		return decimal(n/10) + string(rune('0'+n%10))
	}
	return string("0123456789"[n])
}

func loud(s string) string {
	print("<", s, ">")
	return s
}

func outer(s string) (n int) {
loop:
	for i, r := range s {
		for range 3 {
			switch {
			case r == ' ':
				continue loop
			case r == '!':
				n = i
				break loop
			}
			n += int(r)
		}
	}
	return
}

func main() {
	println(join([]string{"one", "two", "three"}, ", "), join(nil, "-") == "")
	println(upper("hello, wörld"), reversed("hello, wörld \u4e16\U0001f30d"))
	println(decimal(0), decimal(-12345), decimal(9007199254740993))
	a, b := "a", name("b")
	println(a+a+a, b+"c"+b, a+(a+"x")+a+a+a+a, string(b)+a)
	println(loud("1") + (loud("2") + loud("3")) + loud("4") + loud("5") + loud("6") + loud("7"))
	a += a
	a += "é\xff\xe4\xb8z"
	for i, r := range a {
		print(i, ":", r, " ")
	}
	for i := range "héé" {
		print(i, " ")
	}
	var at int
	var r rune
	for at, r = range "xyzé" {
	}
	println(at, r, outer("ab c!d"), outer("ab c"))
	var big uint64 = 1<<63 + 65
	var bad = -1
	var small uint8 = 200
	println(string(rune(bad)), string(rune(small)), string(rune(big)), len(string(rune(0xd800))))
	l := append(letters("ab"), "cd"...)
	l = append(l, l...)
	l = append(l, letters(nil)...)
	println(string(l), len(l), len([]rune("a\xffb")), len([]byte("")), len([]rune(a)), len([]rune(a[:0])))
	words := append([]string{"p"}, []string{"q", "r", "s"}...)
	words = append(words[:1], words[2:]...)
	println(join(words, ""), len(words))
	var z, w complex128 = 3 + 4i, 1 - 2i
	q := z / w
	println(int(real(q)*1000), int(imag(q)*1000))
	var z64 complex64 = complex64(z)
	q64 := z64 / complex64(w)
	println(int(real(q64)*1000), int(imag(q64)*1000), complex(real(q64), 2) == complex(real(q64), imag(q64)))
	sum := letters(loud("8") + string([]byte(a))[:1] + decimal(3))
	sum[1]++
	println(string(sum), len([]byte(a+"")), len([]byte(a+a+a+a+(a+"x"))), string([]byte(string(b+b)+upper("a"))))
	empty := ""
	println(len([]byte(empty+empty)), []byte(empty+empty) == nil)
	for range empty {
		println("never")
	}
}
