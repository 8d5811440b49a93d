package tfcli

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestCheckVersionJSON(t *testing.T) {
	for _, tc := range []struct {
		answer string
		want   string // part of the error; empty: accepted
	}{
		{`{"terraform_version": "1.8.0"}`, ""},
		{`{"terraform_version": "1.8.0-rc1"}`, ""},
		{`{"terraform_version": "1.11.4", "platform": "linux_amd64"}`, ""},
		{"Warning: no such CLI configuration file\n{\"terraform_version\": \"1.9.2\"}", ""},
		{`{"terraform_version": "1.7.5"}`, "version 1.7.5 is older than 1.8.0"},
		{`{"terraform_version": "0.12.31"}`, "older than 1.8.0"},
		{`{"terraform_version": "next"}`, `version "next" is not a version`},
		{`Terraform v1.11.4`, "did not print a JSON object"},
	} {
		err := checkVersionJSON([]byte(tc.answer))
		switch {
		case tc.want == "" && err != nil:
			t.Errorf("%s: refused: %v", tc.answer, err)
		case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
			t.Errorf("%s: error %v, want one with %q", tc.answer, err, tc.want)
		}
	}
}

func TestFind_TakesWhatTheEnvironmentNames(t *testing.T) {
	program := fakeCLI(t, "custom", "1.10.1")
	t.Setenv(PathVariable, program)
	got, err := Find(t.Context(), t.TempDir())
	if err != nil || got != program {
		t.Errorf("Find = %q, %v, want %q", got, err, program)
	}
}

func TestFind_RefusesAnOldOneThatTheEnvironmentNames(t *testing.T) {
	t.Setenv(PathVariable, fakeCLI(t, "custom", "1.5.7"))
	if got, err := Find(t.Context(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "1.5.7 is older") {
		t.Errorf("Find = %q, %v, want an error about 1.5.7", got, err)
	}
}

func TestFind_SkipsAnOldTerraformForANewTofu(t *testing.T) {
	old, recent := fakeCLI(t, "terraform", "1.5.7"), fakeCLI(t, "tofu", "1.9.0")
	t.Setenv(PathVariable, "")
	t.Setenv("PATH", filepath.Dir(old)+string(os.PathListSeparator)+filepath.Dir(recent))
	got, err := Find(t.Context(), t.TempDir())
	if err != nil || got != recent {
		t.Errorf("Find = %q, %v, want %q", got, err, recent)
	}
}

// fakeCLI writes a program that answers like a CLI of the given version.
func fakeCLI(t *testing.T, name, version string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in is a shell script")
	}
	file := filepath.Join(t.TempDir(), name)
	script := "#!/bin/sh\necho '{\"terraform_version\": \"" + version + "\"}'\n"
	if err := os.WriteFile(file, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}
