package main

import (
	"bytes"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/tools/internal/localprovider"
)

// TestBench_OneTriple measures one triple of each kind with the real command
// line, and has the record read by the provider's module: it fails unless every
// figure is there and above zero.
func TestBench_OneTriple(t *testing.T) {
	root, err := localprovider.RepositoryRoot()
	if err != nil {
		t.Fatal(err)
	}
	record := filepath.Join(t.TempDir(), "fleet.json")
	var progress bytes.Buffer
	if err := run(t.Context(), []string{"-sizes", "1", "-runs", "1", "-starts", "2", "-out", record}, &progress); err != nil {
		t.Fatalf("%v\n%s", err, &progress)
	}
	report := show(t, root, record)
	for _, step := range []string{"plan", "apply", "remote apply", "no-op"} {
		if n := strings.Count(report, "\n| "+step+" | 3 |"); n < 2 {
			t.Errorf("%d rows about %s of three resource instances, want those of time and of processor time:\n%s", n, step, report)
		}
	}
	for _, want := range []string{"Recorded on ", "from exec to the handshake", "\n| state | 3 |"} {
		if !strings.Contains(report, want) {
			t.Errorf("the report does not say %q:\n%s", want, report)
		}
	}
	if strings.Contains(report, "not measured") {
		t.Errorf("something was left out:\n%s", report)
	}
}

// show has the provider's module read a record.
func show(t *testing.T, root, record string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "run", "./internal/scale/show", "-fleet", record, "-plots", t.TempDir())
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	return string(out)
}

func TestRun_SaysAllThatIsWrong(t *testing.T) {
	err := run(t.Context(), []string{"-sizes", "100,1", "-runs", "-1", "more"}, io.Discard)
	if err == nil {
		t.Fatal("ran")
	}
	for _, want := range []string{`"1" is not a number of triples above those before it`, "-out is missing", "-runs -1", `"more" is no option`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}

func TestParseSizes(t *testing.T) {
	if got, err := parseSizes("1, 100,3000"); err != nil || !slices.Equal(got, []int{1, 100, 3000}) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, text := range []string{"", "0", "-1", "1,1", "ten", "1,,2"} {
		if got, err := parseSizes(text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}
