package format

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/worktest"
)

const header = "# Version: test 1\n"

func TestParse_Rows_BecomeEntries(t *testing.T) {
	table, err := Parse(header + strings.Join([]string{
		"# a comment",
		"dccp\t9\t9\tdiscard",
		"udp\t514\t514\tsyslog",
		"tcp\t514\t514\tshell",
		"tcp\t22\t22\tssh",
		"tcp\t22\t22\tlater", // a second name of the same port
		"udp\t22\t22\tssh",
		"sctp\t100\t102\trun",
		"",
	}, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := Table{Version: "test 1", Entries: []Entry{
		{Name: "ssh", Port: 22, Protocols: TCP | UDP},
		{Name: "run", Port: 100, Protocols: SCTP},
		{Name: "run", Port: 101, Protocols: SCTP},
		{Name: "run", Port: 102, Protocols: SCTP},
		{Name: "shell", Port: 514, Protocols: TCP},
		{Name: "syslog", Port: 514, Protocols: UDP},
	}}
	if !reflect.DeepEqual(table, want) {
		t.Errorf("got  %+v\nwant %+v", table, want)
	}
}

func TestParse_FaultyText_IsRefused(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"tcp\t22\t22\tssh", `no "# Version: " line`},
		{header + header, `line 2: a second "# Version: " line`},
		{header + "tcp\t22\tssh", "line 2: "},
		{header + "tpc\t22\t22\tssh", `line 2: unknown protocol "tpc"`},
		{header + "tcp\t22\t65536\tssh", `line 2: "65536" is no port`},
		{header + "tcp\t-1\t22\tssh", `line 2: "-1" is no port`},
		{header + "tcp\t23\t22\tssh", "line 2: ports 23 to 22 run backwards"},
		{header + "tcp\t22\t22\t", `line 2: "" is no service name`},
		{header + "tcp\t22\t22\ts h", `line 2: "s h" is no service name`},
		{header + "tcp\t22\t22\ts\x1bh", `is no service name`},
		{header + "tcp\t22\t22\ts\xffh", `is no service name`},
		{header + "dccp\t22\t22\t", `line 2: "" is no service name`},
	} {
		if _, err := Parse(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Parse(%q): %v, want %q in it", c.text, err, c.want)
		}
	}
}

// TestDecode_Encoded_IsTheSame holds for every table, with names around the
// length at which the head byte runs out.
func TestDecode_Encoded_IsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := header
		for i := range rapid.IntRange(0, 40).Draw(t, "rows") {
			from := rapid.IntRange(0, 65535).Draw(t, "from")
			text += fmt.Sprintf("%s\t%d\t%d\t%s\n",
				rapid.SampledFrom([]string{"tcp", "udp", "sctp", "dccp"}).Draw(t, "protocol"),
				from, min(65535, from+rapid.IntRange(0, 3).Draw(t, "more")),
				strings.Repeat("x", rapid.SampledFrom([]int{1, 8, 30, 31, 32, 200}).Draw(t, "length"))+fmt.Sprint(i%3))
		}
		table, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Decode(string(Encode(table)))
		if err != nil {
			t.Fatal(err)
		}
		if back.Version != table.Version || !slices.Equal(back.Entries, table.Entries) {
			t.Fatalf("got  %+v\nwant %+v", back, table)
		}
	})
}

func TestDecode_AnyMissingOrExtraByte_IsRefused(t *testing.T) {
	table, err := Parse(header + "tcp\t22\t22\tssh\nudp\t60000\t60000\t" + strings.Repeat("n", 40) + "\n")
	if err != nil {
		t.Fatal(err)
	}
	whole := string(Encode(table))
	for n := range whole {
		if _, err := Decode(whole[:n]); !errors.Is(err, ErrDamaged) {
			t.Errorf("first %d of %d bytes: %v, want ErrDamaged", n, len(whole), err)
		}
	}
	if _, err := Decode(whole + "\x00"); !errors.Is(err, ErrDamaged) {
		t.Errorf("one byte too many: %v, want ErrDamaged", err)
	}
}

// FuzzDecode: whatever the bytes, no panic, and what is accepted is in order.
func FuzzDecode(f *testing.F) {
	f.Add("\x01v\x02\x16\x1bssh\x00\x1assh")
	f.Add("\x00\xff\xff\xff\xff\x0f")
	f.Add("\x00\x01\xff\xff\x03\x09x")
	f.Add("\x00\x01\xff\xff\x04\x09x") // port 65536 and more
	f.Fuzz(func(t *testing.T, data string) {
		table, err := Decode(data)
		if err != nil {
			return
		}
		var used Protocols
		for i, entry := range table.Entries {
			if i > 0 && entry.Port != table.Entries[i-1].Port {
				used = 0
			}
			if i > 0 && entry.Port < table.Entries[i-1].Port || entry.Name == "" || entry.Protocols == 0 || used&entry.Protocols != 0 {
				t.Fatalf("entry %d %+v is out of order", i, entry)
			}
			used |= entry.Protocols
		}
	})
}

// FuzzParse: what the text says survives the compact file.
func FuzzParse(f *testing.F) {
	f.Add(header + "tcp\t22\t22\tssh\nudp\t22\t22\tssh\nsctp\t22\t22\tother\n")
	f.Add(header + "udp\t60000\t60010\t" + strings.Repeat("n", 40) + "\n#\ndccp\t1\t2\tx\n")
	f.Add(header + "tcp\t0\t65535\tall\ntcp\t7\t7\techo")
	f.Add("# Version: 1\n# Version: 2\n")
	f.Add(header + "tcp\t+1\t2\tx\n")
	f.Fuzz(func(t *testing.T, text string) {
		var table Table
		var err error
		// A row may be about all ports; those of a table are bounded anyway.
		worktest.CheckBounded(t, len(text), 256, func() { table, err = Parse(text) })
		if err != nil {
			if table.Version != "" || table.Entries != nil {
				t.Errorf("refused with %v and read as %+v", err, table)
			}
			return
		}
		again, err := Decode(string(Encode(table)))
		if err != nil || again.Version != table.Version || !slices.Equal(again.Entries, table.Entries) {
			t.Errorf("%q is read as %+v, and that as %+v, %v", text, table, again, err)
		}
	})
}

func TestDecode_WorkGrowsWithTheFile(t *testing.T) {
	worktest.CheckDoubling(t, 5_000, 3, func(n int) func() {
		table := Table{Version: "1"}
		for i := range n {
			table.Entries = append(table.Entries, Entry{Name: "name", Port: uint16(i), Protocols: TCP | UDP})
		}
		whole := string(Encode(table))
		return func() {
			if _, err := Decode(whole); err != nil {
				t.Error(err)
			}
		}
	})
}
