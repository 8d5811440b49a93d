package main_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// requirements is what a go.mod asks for itself, not for others.
type requirements struct {
	file    string
	modules []string // direct requirements
	tools   []string // packages of tools
}

// TestDependencies_EachHasAReason compares DESIGN.md with every go.mod: each
// direct dependency has a line that says why it is there, and no line is about
// one that is gone.
func TestDependencies_EachHasAReason(t *testing.T) {
	design, err := os.ReadFile("DESIGN.md")
	if err != nil {
		t.Fatal(err)
	}
	var all []requirements
	for _, file := range goModFiles(t) {
		all = append(all, readRequirements(t, file))
	}
	for _, fault := range reasonFaults(string(design), all, linkedModules(t)) {
		t.Error(fault)
	}
}

// The headings of the lists in DESIGN.md.
const (
	linkedHeading = "Linked into the provider:"
	testHeading   = "For its tests and for what writes its documentation:"
	toolsHeading  = "For the tools, which are modules of their own:"
)

var reasonLine = regexp.MustCompile("(?m)^- `([^`]+)`: .*[^ ]\\.$")

// reasonFaults returns a sentence for each difference between the lists of
// DESIGN.md and the requirements. linked has the modules of the provider's
// binary: a test's dependency must not get there unnoticed.
func reasonFaults(design string, all []requirements, linked map[string]bool) []string {
	want := map[string]map[string]string{linkedHeading: {}, testHeading: {}, toolsHeading: {}}
	for _, r := range all {
		for _, name := range slices.Concat(r.modules, r.tools) {
			heading := toolsHeading
			if r.file == "go.mod" {
				if heading = testHeading; linked[name] {
					heading = linkedHeading
				}
			}
			want[heading][name] = r.file
		}
	}
	var faults []string
	for _, heading := range slices.Sorted(maps.Keys(want)) {
		_, rest, found := strings.Cut(design, "\n"+heading+"\n\n")
		if !found {
			faults = append(faults, fmt.Sprintf("DESIGN.md has no list under %q", heading))
			continue
		}
		list, _, _ := strings.Cut(rest, "\n\n")
		var listed []string
		for _, line := range strings.Split(strings.TrimSpace(list), "\n") {
			match := reasonLine.FindStringSubmatch(line)
			if match == nil {
				faults = append(faults, fmt.Sprintf("DESIGN.md, under %q: %q is not \"- `module`: why.\"", heading, line))
				continue
			}
			listed = append(listed, match[1])
		}
		if !slices.IsSorted(listed) {
			faults = append(faults, fmt.Sprintf("DESIGN.md, under %q: sort the list", heading))
		}
		for _, name := range slices.Sorted(maps.Keys(want[heading])) {
			if !slices.Contains(listed, name) {
				faults = append(faults, fmt.Sprintf("%s requires %s: say why in DESIGN.md, under %q, or do without", want[heading][name], name, heading))
			}
		}
		for _, name := range listed {
			if want[heading][name] == "" {
				faults = append(faults, fmt.Sprintf("DESIGN.md, under %q: %s does not belong there", heading, name))
			}
		}
	}
	return faults
}

func TestReasonFaults(t *testing.T) {
	const design = `
Linked into the provider:

- ` + "`example.com/a`" + `: it does a.

For its tests and for what writes its documentation:

- ` + "`example.com/b`" + `: it does b.

For the tools, which are modules of their own:

- ` + "`example.com/c`" + `: it does c.
- ` + "`example.com/d/cmd`" + `: it does d.

`
	all := []requirements{
		{file: "go.mod", modules: []string{"example.com/a", "example.com/b"}},
		{file: "tools/go.mod", modules: []string{"example.com/c"}, tools: []string{"example.com/d/cmd"}},
	}
	linked := map[string]bool{"example.com/a": true}
	if faults := reasonFaults(design, all, linked); len(faults) != 0 {
		t.Fatalf("faults of a complete list: %q", faults)
	}
	for _, tc := range []struct{ old, new, want string }{
		{"- `example.com/a`: it does a.\n", "- `example.com/x`: it does x.\n", "go.mod requires example.com/a: say why"},
		{"- `example.com/a`: it does a.\n", "- `example.com/x`: it does x.\n", "example.com/x does not belong there"},
		{": it does b.", ":", "is not \"- `module`: why.\""},
		{"- `example.com/c`: it does c.\n- `example.com/d/cmd`: it does d.\n", "- `example.com/d/cmd`: it does d.\n- `example.com/c`: it does c.\n", "sort the list"},
		{"For its tests and", "For tests and", "DESIGN.md has no list"},
	} {
		changed := strings.Replace(design, tc.old, tc.new, 1)
		if changed == design {
			t.Fatalf("%q is not in the text", tc.old)
		}
		if faults := strings.Join(reasonFaults(changed, all, linked), "\n"); !strings.Contains(faults, tc.want) {
			t.Errorf("%q: faults %q, want %q", tc.new, faults, tc.want)
		}
	}
	linked["example.com/b"] = true
	if faults := strings.Join(reasonFaults(design, all, linked), "\n"); !strings.Contains(faults, "example.com/b: say why in DESIGN.md, under \"Linked") {
		t.Errorf("a module of the tests that is linked: %q", faults)
	}
}

// TestDependencies_AllImported finds requirements that nothing imports.
func TestDependencies_AllImported(t *testing.T) {
	packages, _, err := readTree(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"go.mod", "tools/go.mod"} {
		tools := file != "go.mod"
		for _, name := range readRequirements(t, file).modules {
			if !slices.ContainsFunc(packages, func(p *sourcePackage) bool {
				return strings.HasPrefix(p.dir, "tools") == tools && slices.ContainsFunc(p.imports, func(i sourceImport) bool {
					return i.path == name || strings.HasPrefix(i.path, name+"/")
				})
			}) {
				t.Errorf("%s requires %s, which no file imports", file, name)
			}
		}
	}
}

// goModFiles returns the go.mod of this module and of those in its folders.
func goModFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		case path.Base(name) == "go.mod":
			files = append(files, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func readRequirements(t *testing.T, file string) requirements {
	t.Helper()
	cmd := exec.Command("go", "mod", "edit", "-json")
	cmd.Dir = filepath.Dir(file)
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("go mod edit in %s: %v", cmd.Dir, err)
	}
	var parsed struct {
		Require []struct {
			Path     string
			Indirect bool
		}
		Tool []struct{ Path string }
	}
	if err := json.Unmarshal(output, &parsed); err != nil {
		t.Fatal(err)
	}
	r := requirements{file: file}
	for _, module := range parsed.Require {
		if !module.Indirect {
			r.modules = append(r.modules, module.Path)
		}
	}
	for _, tool := range parsed.Tool {
		r.tools = append(r.tools, tool.Path)
	}
	return r
}

// linkedModules returns the modules that are in the provider's binary.
func linkedModules(t *testing.T) map[string]bool {
	t.Helper()
	output, err := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", ".").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	linked := map[string]bool{}
	for _, name := range strings.Fields(string(output)) {
		linked[name] = true
	}
	return linked
}
