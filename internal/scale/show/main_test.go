package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recorded is what the guide to scale shows.
var recorded = filepath.Join("..", "..", "docs", "scale")

func TestRun_PrintsAndDraws(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "plots")
	var out bytes.Buffer
	err := run([]string{"-fleet", filepath.Join(recorded, "fleet.json"), "-engine", filepath.Join(recorded, "engine.txt"), "-plots", dir}, &out, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Recorded on ", "## Processor time per resource instance", "## Engine", "`Engine/rule-per-host`"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report does not say %q", want)
		}
	}
	for _, name := range []string{"growth.svg", "ratios.svg", "engine.svg"} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if want, err := os.ReadFile(filepath.Join(recorded, name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not the plot of the guide: run make generate (%v)", name, err)
		}
	}
}

func TestRun_NamesTheFileAtFault(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken.json")
	if err := os.WriteFile(broken, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"-fleet", broken}, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), broken) {
		t.Errorf("error %v", err)
	}
}
