package review

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// bigPlan is a plan of about the given size, made by repeating the resource
// changes of a recorded one, each time in another module. It is written as it is
// read, so that it takes no memory itself.
type bigPlan struct {
	changes []jsontext.Value
	// filler repeats members that a review has no use for, as large as the
	// changes themselves.
	size, written int
	n             int
	buffer        bytes.Buffer
	stage         int
}

func newBigPlan(tb testing.TB, size int, keep func(resourceType string) bool, others int) *bigPlan {
	tb.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", "plans", "terraform-1.11.4", "mixed.json"))
	if err != nil {
		tb.Fatal(err)
	}
	var plan struct {
		Changes []jsontext.Value `json:"resource_changes"`
	}
	if err := json.Unmarshal(content, &plan); err != nil {
		tb.Fatal(err)
	}
	p := &bigPlan{size: size}
	var other jsontext.Value
	for _, change := range plan.Changes {
		var c struct {
			Type string `json:"type"`
		}
		if err := json.Unmarshal(change, &c); err != nil {
			tb.Fatal(err)
		}
		if keep(c.Type) {
			p.changes = append(p.changes, change)
		}
		if c.Type == "terraform_data" {
			other = change
		}
	}
	for range others * len(p.changes) {
		p.changes = append(p.changes, other)
	}
	if len(p.changes) == 0 {
		tb.Fatal("the recorded plan has no such resource")
	}
	return p
}

func (p *bigPlan) Read(into []byte) (int, error) {
	for p.buffer.Len() < len(into) && p.stage < 3 {
		switch p.stage {
		case 0:
			p.buffer.WriteString(`{"format_version":"1.2","terraform_version":"1.11.4","planned_values":{"root_module":{"resources":[`)
			p.stage = 1
		case 1: // a half that nobody reads
			p.buffer.WriteString(strings.ReplaceAll(string(p.changes[p.n%len(p.changes)]), "\n", "") + ",")
			p.n++
			if p.written+p.buffer.Len() > p.size/2 {
				p.buffer.WriteString(`{}]}},"resource_changes":[`)
				p.stage, p.n = 2, 0
			}
		case 2:
			if p.n > 0 {
				p.buffer.WriteByte(',')
			}
			change := string(p.changes[p.n%len(p.changes)])
			p.buffer.WriteString(strings.Replace(change, `"address":"`, fmt.Sprintf(`"address":"module.m[%d].`, p.n/len(p.changes)), 1))
			p.n++
			if p.written+p.buffer.Len() > p.size {
				p.buffer.WriteString(`]}`)
				p.stage = 3
			}
		}
	}
	n, err := p.buffer.Read(into)
	p.written += n
	return n, err
}

// peak returns the most memory that the process had from the system while f
// ran, beyond what it has at rest.
func peak(f func()) uint64 {
	runtime.GC()
	var stop atomic.Bool
	done := make(chan uint64)
	live := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapInuse + m.StackInuse
	}
	before := live()
	go func() {
		most := uint64(0)
		for !stop.Load() {
			most = max(most, live())
			time.Sleep(20 * time.Millisecond)
		}
		done <- most
	}()
	f()
	stop.Store(true)
	return <-done - before
}

// BenchmarkReview_Memory reads plans of 20 and 200 MB and reports how many
// times its size a review needs.
func BenchmarkReview_Memory(b *testing.B) {
	is := func(types ...string) func(string) bool {
		return func(t string) bool { return slices.Contains(types, t) }
	}
	kinds := []struct {
		name string
		keep func(string) bool
		// others is how many other resources there are for each of them.
		others int
	}{
		{"a tenth is firewall", is("backupfw_policy", "aws_vpc_security_group_ingress_rule", "aws_security_group", "aws_security_group_rule"), 9},
		{"policies alone", is("backupfw_policy"), 0},
		{"rules by hand alone", is("aws_vpc_security_group_ingress_rule"), 0},
		{"others alone", is("terraform_data"), 0},
	}
	for _, kind := range kinds {
		for _, size := range []int{20 << 20, 200 << 20} {
			b.Run(fmt.Sprintf("%s/%dMB", kind.name, size>>20), func(b *testing.B) {
				for b.Loop() {
					plan := newBigPlan(b, size, kind.keep, kind.others)
					most := peak(func() {
						exit := Run([]string{"-format", "markdown", "-"}, Process{Stdin: plan, Stdout: io.Discard, Stderr: io.Discard, Now: time.Now, Version: "1.2.3"})
						if exit == Unreadable {
							b.Fatal("the plan could not be read")
						}
					})
					b.ReportMetric(float64(most)/float64(plan.written), "peak/size")
					b.ReportMetric(float64(plan.n), "resources")
				}
				b.SetBytes(int64(size))
			})
		}
	}
}
