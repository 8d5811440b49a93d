package main_test

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// reach are packages of the standard library by which a program gets hold of
// something beyond its own memory.
var reach = []string{"C", "net", "net/http", "os", "os/exec", "os/signal", "plugin", "syscall", "unsafe"}

// mayReach are the packages of the provider's binary that may import one.
var mayReach = map[string][]string{
	// The arguments of the process.
	".": {"os"},
	// The review reads the plan that it is given, and writes the report.
	"internal/review": {"os"},
}

// outside are packages of this module that are not in the binary.
var outside = []string{"internal/catalog/gen", "internal/clitest", "internal/docs", "internal/docs/gen", "internal/iana/gen", "internal/scale/show"}

// TestProgram_TouchesNothing holds what SECURITY.md says of the provider:
// that it opens no connection, starts no process and reads no file. It is about
// the code of this repository; the framework listens to Terraform.
func TestProgram_TouchesNothing(t *testing.T) {
	packages, _, err := readTree(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, p := range packages {
		if strings.HasPrefix(p.dir, "tools") || slices.Contains(outside, p.dir) {
			continue
		}
		for _, i := range p.imports {
			if i.test || !slices.Contains(reach, i.path) {
				continue
			}
			if !slices.Contains(mayReach[p.dir], i.path) {
				t.Errorf("%s imports %q: the provider promises to touch nothing but what it is given (SECURITY.md)", i.file, i.path)
			}
			used[p.dir] = true
		}
	}
	for dir := range mayReach {
		if !used[dir] {
			t.Errorf("%s imports nothing of the kind any more: remove it from mayReach", dir)
		}
	}
}
