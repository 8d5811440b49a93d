package review

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/backupfw/terraform-provider-backupfw/internal/worktest"
)

// reviewedPerByte is what a review may allocate for each byte of its input.
const reviewedPerByte = 256 << 10

// FuzzReview runs the whole command on recorded plans and streams in which some
// values are others: it ends with 0, 1 or 2, says why on standard error, and
// what it writes can be read by whoever reads that form. Choices that are empty
// leave the content as it is, so that the engine's own changes come in as well.
func FuzzReview(f *testing.F) {
	var plans, streams [][]byte
	for _, name := range []string{"terraform-1.11.4/mixed", "terraform-1.11.4/waived", "tofu-1.12.6/unknown", "tofu-1.12.6/widened"} {
		plans = append(plans, recordedFile(f, name+".json"))
		streams = append(streams, recordedFile(f, name+".jsonl"))
	}
	for i := range byte(10) {
		f.Add(i, []byte(nil), []byte{i, i, 7, 1})
	}
	f.Add(byte(0), plans[0], []byte(nil))
	f.Add(byte(5), streams[3], []byte(nil))
	f.Add(byte(1), []byte(hugeNumber), []byte(nil))
	diagnostics := filepath.Join(f.TempDir(), "plan.jsonl")
	f.Fuzz(func(t *testing.T, kind byte, content, choices []byte) {
		m := &mutator{rest: worktest.Draws(choices, 16<<10)}
		args := []string{"-format", formats[int(kind)%len(formats)].name, "-config", t.Name(), "-compare", "-unchanged"}
		alone := int(kind)/len(formats)%3 == 1 // the stream without a plan
		if len(choices) > 0 {
			if alone {
				content = m.lines(streams[m.below(len(streams))])
			} else {
				content = m.document(plans[m.below(len(plans))])
			}
		}
		size := len(content)
		switch {
		case alone:
			args = append(args, "-diagnostics", "-")
		case len(choices) > 0 && m.below(3) == 0:
			stream := m.lines(streams[m.below(len(streams))])
			if err := os.WriteFile(diagnostics, stream, 0o600); err != nil {
				t.Fatal(err)
			}
			size += len(stream)
			args = append(args, "-diagnostics", diagnostics, "-")
		default:
			args = append(args, "-")
		}
		worktest.CheckBounded(t, size, reviewedPerByte, func() {
			status, out, complaint := runOn(args, content)
			checkReview(t, args[1], status, out, complaint)
			if again, other, why := runOn(args, content); again != status || !bytes.Equal(other, out) || why != complaint {
				t.Errorf("the second time it ends with %d and not %d, and says %q and not %q:\n%s\n%s", again, status, why, complaint, other, out)
			}
		})
	})
}

// hugeNumber is a plan with a number of which nobody wants to see all digits.
const hugeNumber = `{"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": [{"address": "backupfw_policy.a", "mode": "managed", "type": "backupfw_policy", "name": "a",
 "provider_name": "registry.terraform.io/backupfw/backupfw", "change": {"actions": ["create"], "before": null, "after": {"name": "a", "max_score": 1e100000000, "rules": {}, "waiver": []}, "after_unknown": {}}}]}`

func recordedFile(f *testing.F, name string) []byte {
	content, err := os.ReadFile(filepath.Join("testdata", "plans", name))
	if err != nil {
		f.Fatal(err)
	}
	return content
}

func runOn(args []string, content []byte) (status int, out []byte, complaint string) {
	var stdout, stderr bytes.Buffer
	status = Run(args, Process{Stdin: bytes.NewReader(content), Stdout: &stdout, Stderr: &stderr, Version: "1.2.3",
		Now: func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }})
	return status, stdout.Bytes(), stderr.String()
}

func checkReview(t *testing.T, form string, status int, out []byte, complaint string) {
	t.Helper()
	switch {
	case status == Unreadable && (len(out) > 0 || !strings.HasPrefix(complaint, "review: ")),
		status == Refused && !strings.HasPrefix(complaint, "review: "),
		status == Accepted && complaint != "",
		status < Accepted, status > Unreadable:
		t.Errorf("it ends with %d, writes %d bytes and says %q", status, len(out), complaint)
	}
	if status == Unreadable {
		return
	}
	if !utf8.Valid(out) {
		t.Errorf("the %s is not UTF-8: %q", form, out)
	}
	switch form {
	case "json", "sarif":
		if !json.Valid(out) {
			t.Errorf("the %s cannot be read: %s", form, out)
		}
	case "junit":
		reader := xml.NewDecoder(bytes.NewReader(out))
		for {
			_, err := reader.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("the XML cannot be read: %v\n%s", err, out)
			}
		}
	case "markdown":
		if n := utf8.RuneCount(out); n == 0 || n > 65536 {
			t.Errorf("the comment has %d characters", n)
		}
	case "github":
		for line := range bytes.Lines(out) {
			if !bytes.HasPrefix(line, []byte("::")) {
				t.Errorf("%q is no annotation", line)
			}
		}
	}
}

// mutator changes JSON by the bytes that it draws from.
type mutator struct{ rest []byte }

func (m *mutator) below(n int) int {
	if len(m.rest) < 2 {
		return 0
	}
	drawn := int(m.rest[0]) | int(m.rest[1])<<8
	m.rest = m.rest[2:]
	return drawn % n
}

func (m *mutator) document(content []byte) []byte {
	var v any
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	if err := decoder.Decode(&v); err != nil {
		panic(err)
	}
	odds := []int{30, 150, 1000}[m.below(3)]
	changed, err := json.Marshal(m.change(v, odds))
	if err != nil {
		panic(err)
	}
	return changed
}

func (m *mutator) lines(content []byte) []byte {
	var lines [][]byte
	for line := range bytes.Lines(content) {
		switch m.below(12) {
		case 0:
		case 1:
			lines = append(lines, line, line)
		default:
			lines = append(lines, append(m.document(line), '\n'))
		}
	}
	return bytes.Join(lines, nil)
}

func (m *mutator) change(v any, odds int) any {
	if m.below(odds) == odds-1 {
		return m.value(0)
	}
	switch v := v.(type) {
	case map[string]any:
		changed := map[string]any{}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			switch m.below(2 * odds) {
			case 0:
			case 1:
				changed[m.text()] = m.change(v[name], odds)
			default:
				changed[name] = m.change(v[name], odds)
			}
		}
		return changed
	case []any:
		var changed []any
		for _, element := range v {
			changed = append(changed, m.change(element, odds))
			if m.below(2*odds) == 1 {
				changed = append(changed, changed[len(changed)-1])
			}
		}
		return changed
	case string:
		if m.below(odds/3) == 1 {
			return m.text()
		}
	}
	return v
}

func (m *mutator) text() string {
	all := []string{"", "a", "x\x00y", "\xff", "\u202e", "ö", "|", "]]>", "<!--", "```", "::error::", "%0A", "\r\n", "${x}", "create", "delete", "update", "no-op", "forget", "backupfw_policy",
		"aws_security_group_rule", "google_compute_firewall", "azurerm_network_security_rule", "managed", "data", "0.0.0.0/0", "22/tcp", "reject", "warn", "accept", "2026-12-31", "any", "1e999", "after", "before",
		strings.Repeat("n", 70000), "(well-known-port, severity high; score 7, limit 40)", "Policy rejected: any-peer", "error", "/etc/passwd", "module.a[\"x\"].b.c[0]"}
	return all[m.below(len(all))]
}

func (m *mutator) value(depth int) any {
	switch m.below(9) {
	case 0:
		return nil
	case 1:
		return m.below(2) == 0
	case 2:
		numbers := []json.Number{"0", "-1", "-0", "0.5", "22", "100", "101", "65536", "1e3", "1e308", "1e-400", "1e4000", "1e100000", "9223372036854775808", "-9223372036854775809"}
		return numbers[m.below(len(numbers))]
	case 3:
		elements := []any{}
		for range m.below(4) {
			elements = append(elements, m.value(depth+1))
		}
		return elements
	case 4:
		return map[string]any{m.text(): true, fmt.Sprint(depth): m.text()}
	case 5:
		if m.below(8) > 0 || depth > 0 {
			return []any{}
		}
		var v any = m.text()
		for range []int{10, 1000, 9000}[m.below(3)] {
			v = []any{v}
		}
		return v
	}
	return m.text()
}
