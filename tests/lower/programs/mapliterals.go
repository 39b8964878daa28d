package main

var global = 7

func f(i int) int { return i * i }

type pt struct{ x, y int }

var table = map[string]int{
	"k0":  0,
	"k1":  1,
	"k2":  2,
	"k3":  3,
	"k4":  f(4),
	"k5":  5,
	"k6":  6,
	"k7":  0,
	"k8":  8,
	"k9":  9,
	"k10": 10,
	"k11": 11,
	"k12": 12,
	"k13": f(13),
	"k14": 0,
	"k15": 15,
	"k16": 16,
	"k17": 17,
	"k18": 18,
	"k19": 19,
	"k20": 20,
	"k21": 0,
	"k22": f(22),
	"k23": 23,
	"k24": 24,
	"k25": 25,
	"k26": 26,
	"k27": 27,
	"k28": 0,
	"k29": 29,
	"k30": 30,
	"k31": f(31),
	"k32": 32,
	"k33": 33,
	"k34": 34,
	"k35": 0,
	"k36": 36,
	"k37": 37,
	"k38": 38,
	"k39": 39,
	"k40": f(40),
	"k41": 41,
	"k42": 0,
	"k43": 43,
	"k44": 44,
	"k45": 45,
	"k46": 46,
	"k47": 47,
	"k48": 48,
	"k49": f(49),
	"k50": 50,
	"k51": 51,
	"k52": 52,
	"k53": 53,
	"k54": 54,
	"k55": 55,
	"k56": 0,
	"k57": 57,
	"k58": f(58),
	"k59": 59,
}

func local() map[pt]*int {
	return map[pt]*int{
		{0, 0}:    nil,
		{1, 2}:    &global,
		{2, 4}:    nil,
		{3, 6}:    new(int),
		{4, 8}:    nil,
		{5, 10}:   &global,
		{6, 12}:   nil,
		{7, 14}:   &global,
		{8, 16}:   nil,
		{9, 18}:   &global,
		{10, 20}:  nil,
		{11, 22}:  &global,
		{12, 24}:  nil,
		{13, 26}:  new(int),
		{14, 28}:  nil,
		{15, 30}:  &global,
		{16, 32}:  nil,
		{17, 34}:  &global,
		{18, 36}:  nil,
		{19, 38}:  &global,
		{20, 40}:  nil,
		{21, 42}:  &global,
		{22, 44}:  nil,
		{23, 46}:  new(int),
		{24, 48}:  nil,
		{25, 50}:  &global,
		{26, 52}:  nil,
		{27, 54}:  &global,
		{28, 56}:  nil,
		{29, 58}:  &global,
		{30, 60}:  nil,
		{31, 62}:  &global,
		{32, 64}:  nil,
		{33, 66}:  new(int),
		{34, 68}:  nil,
		{35, 70}:  &global,
		{36, 72}:  nil,
		{37, 74}:  &global,
		{38, 76}:  nil,
		{39, 78}:  &global,
		{40, 80}:  nil,
		{41, 82}:  &global,
		{42, 84}:  nil,
		{43, 86}:  new(int),
		{44, 88}:  nil,
		{45, 90}:  &global,
		{46, 92}:  nil,
		{47, 94}:  &global,
		{48, 96}:  nil,
		{49, 98}:  &global,
		{50, 100}: nil,
		{51, 102}: &global,
		{52, 104}: nil,
		{53, 106}: new(int),
		{54, 108}: nil,
		{55, 110}: &global,
		{56, 112}: nil,
		{57, 114}: &global,
		{58, 116}: nil,
		{59, 118}: &global,
	}
}

func strs() map[int]string {
	return map[int]string{
		-5: "s0",
		-4: "s1",
		-3: "s2",
		-2: "s3",
		-1: "s4",
		0:  "s5",
		1:  "s6",
		2:  "s7",
		3:  "s8",
		4:  "s9",
		5:  "s10",
		6:  "s11",
		7:  "s12",
		8:  "s13",
		9:  "s14",
		10: "s15",
		11: "s16",
		12: "s17",
		13: "s18",
		14: "s19",
		15: "s20",
		16: "s21",
		17: "s22",
		18: "s23",
		19: "s24",
		20: "s25",
		21: "s26",
		22: "s27",
		23: "s28",
		24: "s29",
		25: "s30",
		26: "s31",
		27: "s32",
		28: "s33",
		29: "s34",
		30: "s35",
		31: "s36",
		32: "s37",
		33: "s38",
		34: "s39",
	}
}

func main() {
	sum := 0
	for k, v := range table {
		if k != "" {
			sum += v
		}
	}
	println(len(table), sum, table["k4"], table["k7"], table["k59"])
	m := local()
	n := 0
	for k, v := range m {
		if v == &global && k.x%2 == 1 {
			n++
		}
	}
	println(len(m), n, m[pt{2, 4}] == nil, *m[pt{3, 6}], m[pt{3, 6}] == local()[pt{3, 6}])
	s := strs()
	println(len(s), s[-5], s[0], s[34], s[35])
}
