package emit_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata/*.txtar")

// TestGolden runs each testdata/*.txtar: the file "policy" is in the language
// of compiletest.Parse, "options" (which may be missing) has one option a line
// (rules_elsewhere 3, limits.rules 200), and every other file is what the
// target of that name makes of it. To start a new one, write the policy and
// run the test with -update.
func TestGolden(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			want := txtar.Format(archive)
			got := txtar.Format(goldenOutput(t, archive))
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s differs; run with -update if the new output is right\n%s", path, got)
			}
		})
	}
}

func goldenOutput(t *testing.T, archive *txtar.Archive) *txtar.Archive {
	t.Helper()
	out := &txtar.Archive{Comment: archive.Comment}
	var p *policy.Policy
	var options emit.Options
	for _, file := range archive.Files {
		switch file.Name {
		case "policy":
			var err error
			if p, err = compiletest.Parse(string(file.Data)); err != nil {
				t.Fatal(err)
			}
		case "options":
			options = parseOptions(t, string(file.Data))
		default:
			continue // the output of a target, written anew below
		}
		out.Files = append(out.Files, file)
	}
	if p == nil {
		t.Fatal("no policy")
	}
	if faults := policy.Validate(p); len(faults) > 0 {
		t.Fatal(faults)
	}
	for _, target := range emit.Targets() {
		options.Arguments = readings[target.Name].options.Arguments
		result, faults := emitted(target, p, options)
		text := faults.Error() + "\n"
		if len(faults) == 0 {
			text = showResult(target, result)
		}
		out.Files = append(out.Files, txtar.File{Name: target.Name, Data: []byte(text)})
	}
	return out
}

func parseOptions(t *testing.T, text string) emit.Options {
	t.Helper()
	options := emit.Options{Limits: map[string]int{}}
	for line := range strings.Lines(text) {
		name, number, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, err := strconv.Atoi(number)
		if err != nil {
			t.Fatalf("options: %v", err)
		}
		if limit, isLimit := strings.CutPrefix(name, "limits."); isLimit {
			options.Limits[limit] = n
		} else if name == "rules_elsewhere" {
			options.RulesElsewhere = n
		} else {
			t.Fatalf("unknown option %q", name)
		}
	}
	return options
}

// showResult writes one value a line; nulls are left out, since columns that
// are not there are null.
func showResult(target emit.Target, result *emit.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "rule_count %d, limit %d, headroom %d\n", result.RuleCount, result.Limit, result.Headroom)
	for _, l := range result.LimitsApplied {
		if l.Overridden {
			fmt.Fprintf(&b, "limit %s %d from %s\n", l.Name, l.Value, l.Source)
		}
	}
	for _, direction := range []struct {
		name string
		rows []emit.Row
	}{{"ingress", result.Ingress}, {"egress", result.Egress}} {
		for _, row := range direction.rows {
			fmt.Fprintf(&b, "%s %s\n", direction.name, row.Key)
			showColumns(&b, "  ", target.Columns, row.Values)
			if len(row.References) > 0 {
				fmt.Fprintf(&b, "  references = %s (%s)\n", strings.Join(row.References, ", "), row.ReferenceKind)
			}
			fmt.Fprintf(&b, "  rules = %s\n", strings.Join(row.Rules, ", "))
		}
	}
	showColumns(&b, "", target.Outputs, result.Outputs)
	return b.String()
}

func showColumns(b *strings.Builder, indent string, columns []emit.Column, values []any) {
	for i, c := range columns {
		switch value := values[i].(type) {
		case nil:
		case []any:
			fmt.Fprintf(b, "%s%s:\n", indent, c.Name)
			showColumns(b, indent+"  ", c.Columns, value)
		case [][]any:
			for _, element := range value {
				fmt.Fprintf(b, "%s%s:\n", indent, c.Name)
				showColumns(b, indent+"  ", c.Columns, element)
			}
		case string:
			if strings.Contains(value, "\n") {
				fmt.Fprintf(b, "%s%s:\n", indent, c.Name)
				for line := range strings.Lines(value) {
					fmt.Fprintf(b, "%s| %s", indent, line)
				}
				continue
			}
			fmt.Fprintf(b, "%s%s = %q\n", indent, c.Name, value)
		case []string:
			fmt.Fprintf(b, "%s%s = %q\n", indent, c.Name, value)
		default:
			fmt.Fprintf(b, "%s%s = %v\n", indent, c.Name, value)
		}
	}
}
