package main

func i0(x int) int {
	switch x {
	case -44, 5:
		return 1
	case 30, -43, 21, -46:
		return 2
	default:
		return -1
	case 33:
		return 3
	case -22, 20, -4:
		return 4
	case 24, -35, -42:
		return 5
	case 23, -45, 22, -41:
		return 6
	case -38:
		return 7
	case -33, -23, 18, 3:
		return 8
	case -13:
		return 9
	case -31, -20, 0:
		return 10
	case 14, -9, -39, 4:
		return 11
	}
	return -2
}

func i1(x uint8) int {
	switch x {
	case 252, 206, 235, 219:
		return 1
	case 214, 223, 245, 234:
		return 2
	case 241, 236, 243, 220:
		return 3
	case 209, 226, 216, 200:
		return 4
	default:
		return -1
	case 251:
		return 5
	case 230, 255, 237, 202:
		return 6
	case 204, 247, 212:
		return 7
	case 221:
		return 8
	case 211, 244:
		return 9
	case 250, 232, 233:
		return 10
	case 238:
		return 11
	case 227, 254, 217, 248:
		return 12
	case 228, 249, 205:
		return 13
	case 246, 240, 225:
		return 14
	case 215:
		return 15
	case 208, 218, 213, 203:
		return 16
	case 231, 207, 239:
		return 17
	case 210:
		return 18
	case 253, 229, 201:
		return 19
	case 222, 242:
		return 20
	case 224:
		return 21
	}
	return -2
}

func i2(x int8) int {
	switch x {
	case -124, -91, -107, -96:
		return 1
	case -114, -126, -93:
		return 2
	case -128, -103, -108:
		return 3
	default:
		return -1
	case -100:
		return 4
	case -115, -125:
		return 5
	case -113, -104, -116, -110:
		return 6
	case -122:
		return 7
	case -92, -118, -99:
		return 8
	case -98:
		return 9
	case -111:
		return 10
	case -121, -102:
		return 11
	case -97, -117:
		return 12
	case -112, -120, -101:
		return 13
	case -106, -123, -109, -127:
		return 14
	case -94:
		return 15
	case -119, -105:
		return 16
	case -95:
		return 17
	}
	return -2
}

func i3(x uint64) int {
	switch x {
	case 9223372036854775821, 9223372036854775820, 9223372036854775881:
		return 1
	case 9223372036854775855, 9223372036854775816, 9223372036854775826:
		return 2
	case 3, 2, 9223372036854775823, 1:
		return 3
	case 9223372036854775831:
		return 4
	case 9223372036854775880, 9223372036854775847, 9223372036854775899:
		return 5
	case 0, 9223372036854775879, 9223372036854775895, 9223372036854775832:
		return 6
	case 9223372036854775878, 9223372036854775882:
		return 7
	case 9223372036854775815:
		return 8
	case 9223372036854775889, 9223372036854775877:
		return 9
	}
	return -2
}

func i4(x int64) int {
	switch x {
	case 8, 7, 9223372036854775807:
		return 1
	case -9223372036854775808, 6, 9, 0:
		return 2
	case 5:
		return 3
	}
	return -2
}

func i5(x rune) int {
	switch x {
	case 101, 45, 103:
		return 1
	case 32, 104, 99, 47:
		return 2
	case 102, 100:
		return 3
	case 105, 98, 106:
		return 4
	case 9, 43:
		return 5
	case 42, 97:
		return 6
	case 10:
		return 7
	}
	return -2
}

func i6(x uintptr) int {
	switch x {
	case 2, 100, 3, 1:
		return 1
	default:
		return -1
	}
	return -2
}

func i7(x int32) int {
	switch x {
	case 1:
		return 1
	case 3:
		return 2
	}
	return -2
}

func i8(x uint16) int {
	switch x {
	case 65535:
		return 1
	}
	return -2
}

func str(x string) int {
	switch x {
	case "":
		return 0
	case "a":
		return 1
	case "b":
		return 2
	case "ab":
		return 3
	case "ba":
		return 4
	case "abc":
		return 5
	case "abd":
		return 6
	case "xbc":
		return 7
	case "zzz":
		return 8
	case "bbb":
		return 9
	case "abcd":
		return 10
	case "func":
		return 11
	case "type":
		return 12
	case "import":
		return 13
	case "string":
		return 14
	case "return":
		return 15
	case "struct":
		return 16
	case "switch":
		return 17
	case "select":
		return 18
	case "defer1":
		return 19
	case "package":
		return 20
	case "default":
		return 21
	case "continue":
		return 22
	case "interface":
		return 23
	case "fallthrough":
		return 24
	case "abcdefgh":
		return 25
	case "abcdefgi":
		return 26
	case "bbcdefgh":
		return 27
	case "cbcdefgh":
		return 28
	case "dbcdefgh":
		return 29
	case "ebcdefgh":
		return 30
	case "abcdefghXlong":
		return 31
	case "abcdefghYlong":
		return 32
	case "abcdefghZlong":
		return 33
	case "abcdefghWlong":
		return 34
	case "abcdefghVlong":
		return 35
	case "0bcdefghVlong":
		return 36
	case "1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa":
		return 37
	case "é":
		return 38
	case "日本":
		return 39
	case "\xff\x00\x80":
		return 40
	case "\x80\xff":
		return 41
	case "12345":
		return 42
	case "54321":
		return 43
	case "1234567":
		return 44
	case "7654321":
		return 45
	case "15345":
		return 46
	case "\xff2345":
		return 47
	default:
		return -1
	}
}

func fall(x, y int) (r int) {
	switch {
	case x == 1 && y == 2, y == 7:
		r += 1
		fallthrough
	case x == 100:
		r += 10
	case y > 5 || x < 0:
		r += 100
		break
	default:
		r = 5
		fallthrough
	case x == 55:
		r += 1000
	}
	switch y {
	case 1:
	case x, 3:
		r += 2000
	case 4, 5, 6:
		r += 4000
		fallthrough
	case 9:
		r += 8000
	case 10, 11, 12, 13:
	default:
		r += 20000
	}
	return
}

func effects() {
	n := 0
	f := func(v int) int { n++; return v }
	switch f(3) {
	case f(1), f(2):
	case 5, 6, f(3), f(9):
		println("hit", n)
	case f(4):
	}
	switch x := f(8); {
	case x > 7:
		println("x", x)
	}
	switch f(1); any(n) {
	case 6:
		println("any", n)
	case "s", 2.5, nil:
	}
	switch 3.5 {
	case 1.5, 3.5:
		println("float")
	}
	type pt struct{ x, y int }
	switch (pt{1, 2}) {
	case pt{2, 1}:
	case pt{1, 2}:
		println("struct")
	}
	switch true {
	case n < 0:
	case n > 0:
		println("true")
	}
	switch {
	}
	switch f(2) {
	}
	type flag bool
	var held, other any = true, flag(true)
	switch {
	case other:
		println("other")
	case held:
		println("held")
	}
	switch b := flag(n > 0); b {
	case true:
		println("flag")
	}
	println(n)
}

func main() {
	for _, x := range []int{-47, -46, -45, -44, -43, -42, -41, -40, -39, -38, -37, -36, -35, -34, -33, -32, -31, -30, -24, -23, -22, -21, -20, -19, -14, -13, -12, -10, -9, -8, -5, -4, -3, -1, 0, 1, 2, 3, 4, 5, 6, 13, 14, 15, 17, 18, 19, 20, 21, 22, 23, 24, 25, 29, 30, 31, 32, 33, 34} {
		print(i0(x), " ")
	}
	println()
	for _, x := range []uint8{199, 200, 201, 202, 203, 204, 205, 206, 207, 208, 209, 210, 211, 212, 213, 214, 215, 216, 217, 218, 219, 220, 221, 222, 223, 224, 225, 226, 227, 228, 229, 230, 231, 232, 233, 234, 235, 236, 237, 238, 239, 240, 241, 242, 243, 244, 245, 246, 247, 248, 249, 250, 251, 252, 253, 254, 255} {
		print(i1(x), " ")
	}
	println()
	for _, x := range []int8{-128, -127, -126, -125, -124, -123, -122, -121, -120, -119, -118, -117, -116, -115, -114, -113, -112, -111, -110, -109, -108, -107, -106, -105, -104, -103, -102, -101, -100, -99, -98, -97, -96, -95, -94, -93, -92, -91, -90} {
		print(i2(x), " ")
	}
	println()
	for _, x := range []uint64{0, 1, 2, 3, 4, 9223372036854775814, 9223372036854775815, 9223372036854775816, 9223372036854775817, 9223372036854775819, 9223372036854775820, 9223372036854775821, 9223372036854775822, 9223372036854775823, 9223372036854775824, 9223372036854775825, 9223372036854775826, 9223372036854775827, 9223372036854775830, 9223372036854775831, 9223372036854775832, 9223372036854775833, 9223372036854775846, 9223372036854775847, 9223372036854775848, 9223372036854775854, 9223372036854775855, 9223372036854775856, 9223372036854775876, 9223372036854775877, 9223372036854775878, 9223372036854775879, 9223372036854775880, 9223372036854775881, 9223372036854775882, 9223372036854775883, 9223372036854775888, 9223372036854775889, 9223372036854775890, 9223372036854775894, 9223372036854775895, 9223372036854775896, 9223372036854775898, 9223372036854775899, 9223372036854775900} {
		print(i3(x), " ")
	}
	println()
	for _, x := range []int64{-9223372036854775808, -9223372036854775807, -1, 0, 1, 4, 5, 6, 7, 8, 9, 10, 9223372036854775806, 9223372036854775807} {
		print(i4(x), " ")
	}
	println()
	for _, x := range []rune{8, 9, 10, 11, 31, 32, 33, 41, 42, 43, 44, 45, 46, 47, 48, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107} {
		print(i5(x), " ")
	}
	println()
	for _, x := range []uintptr{0, 1, 2, 3, 4, 99, 100, 101} {
		print(i6(x), " ")
	}
	println()
	for _, x := range []int32{0, 1, 2, 3, 4} {
		print(i7(x), " ")
	}
	println()
	for _, x := range []uint16{65534, 65535} {
		print(i8(x), " ")
	}
	println()
	for _, w := range []string{"", "a", "b", "ab", "ba", "abc", "abd", "xbc", "zzz", "bbb", "abcd", "func", "type", "import", "string", "return", "struct", "switch", "select", "defer1", "package", "default", "continue", "interface", "fallthrough", "abcdefgh", "abcdefgi", "bbcdefgh", "cbcdefgh", "dbcdefgh", "ebcdefgh", "abcdefghXlong", "abcdefghYlong", "abcdefghZlong", "abcdefghWlong", "abcdefghVlong", "0bcdefghVlong", "1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "é", "日本", "\xff\x00\x80", "\x80\xff", "12345", "54321", "1234567", "7654321", "15345", "\xff2345"} {
		print(str(w), str(w+"x"), str("q"+w), " ")
		if len(w) > 0 {
			print(str(w[1:]), str(w[:len(w)-1]), " ")
		}
		b := []byte(w)
		for i := range b {
			b[i] ^= 1
			print(str(string(b)), " ")
			b[i] ^= 1
		}
	}
	println()
	for x := -1; x < 4; x++ {
		for y := range 14 {
			print(fall(x, y), " ")
		}
	}
	println(fall(55, 0), fall(100, 0))
	effects()
}
