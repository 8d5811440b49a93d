// Package licenses finds the licences of everything that is linked into the
// provider's binary, for all systems that it is released for.
package licenses

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// allowed are the licences, by SPDX identifier, under which somebody else's
// code may be part of a binary that is given away under MPL-2.0.
var allowed = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0"}

// exceptions are licences beyond these that one module alone may have.
var exceptions = map[string]string{
	// Tables made of Unicode's data. The condition is that of MIT: keep the notice.
	"github.com/apparentlymart/go-textseg/v15": "Unicode-DFS-2016",
	// Given to the public domain, without conditions.
	"github.com/owenrumney/go-sarif/v3": "Unlicense",
}

// recognised is the percentage of a licence file's words that must belong to
// known licences. The rest is names and years of authors.
const recognised = 75

var (
	licenceName = regexp.MustCompile(`(?i)^(un)?(licen[cs]e|copying)s?([-._].*)?$`)
	noticeName  = regexp.MustCompile(`(?i)^notice([-._].*)?$`)
)

// Target is a system that the provider is released for.
type Target struct{ OS, Arch string }

// Module is a Go module of which at least one package is linked, or the
// standard library under the path "std".
type Module struct {
	Path, Version string
	Licenses      []string // SPDX identifiers, sorted
	Faults        []string // why the module may not be linked, empty if it may
	Texts         []Text   // in the order of their names
}

// Text is a file whose content must be given away with the binary.
type Text struct {
	Name    string // relative to the module
	Content []byte
}

// Linked returns the modules in the binary that "go build" makes of the
// package in root for any of the targets, sorted by path, without the module
// of root itself.
func Linked(ctx context.Context, root string, targets []Target) ([]Module, error) {
	found := map[string]*source{}
	for _, target := range targets {
		if err := list(ctx, root, target, found); err != nil {
			return nil, err
		}
	}
	modules := make([]Module, 0, len(found))
	for _, path := range slices.Sorted(maps.Keys(found)) {
		module, err := found[path].read()
		if err != nil {
			return nil, err
		}
		modules = append(modules, module)
	}
	return modules, nil
}

// source is where a module's files lie.
type source struct {
	path, version, dir string
	packages           map[string]bool // folders with linked packages
}

// list adds to found what "go list" knows of the binary for one target.
func list(ctx context.Context, root string, target Target, found map[string]*source) error {
	cmd := exec.CommandContext(ctx, "go", "list", "-deps", "-json=Dir,Standard,Root,Module", ".")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS="+target.OS, "GOARCH="+target.Arch, "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("go list for %s/%s in %s: %w\n%s", target.OS, target.Arch, root, err, &stderr)
	}
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var listed struct {
			Dir, Root string
			Standard  bool
			Module    *struct {
				Path, Version, Dir string
				Main               bool
			}
		}
		if err := decoder.Decode(&listed); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("output of go list: %w", err)
		}
		switch {
		case listed.Standard:
			// Everything of the Go distribution is under the licence at its root.
			add(found, source{path: "std", dir: listed.Root}, listed.Root)
		case listed.Module == nil:
			return fmt.Errorf("package in %s belongs to no module: build with modules, without a vendor folder", listed.Dir)
		case listed.Module.Main:
			// What this repository itself is under does not have to be found.
		default:
			m := listed.Module
			add(found, source{path: m.Path, version: m.Version, dir: m.Dir}, listed.Dir)
		}
	}
}

func add(found map[string]*source, s source, dir string) {
	if found[s.path] == nil {
		s.packages = map[string]bool{}
		found[s.path] = &s
	}
	found[s.path].packages[dir] = true
}

// read looks for licences at the root of the module and in every folder on the
// way to a linked package, where copied code has its own.
func (s *source) read() (Module, error) {
	module := Module{Path: s.path, Version: s.version}
	for _, folder := range s.folders() {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return Module{}, err
		}
		for _, entry := range entries {
			isLicence := licenceName.MatchString(entry.Name())
			if !entry.Type().IsRegular() || strings.HasSuffix(entry.Name(), ".go") || !isLicence && !noticeName.MatchString(entry.Name()) {
				continue
			}
			file := filepath.Join(folder, entry.Name())
			content, err := os.ReadFile(file)
			if err != nil {
				return Module{}, err
			}
			name, err := filepath.Rel(s.dir, file)
			if err != nil {
				return Module{}, err
			}
			module.Texts = append(module.Texts, Text{Name: filepath.ToSlash(name), Content: content})
			if isLicence {
				module.judge(filepath.ToSlash(name), content)
			}
		}
	}
	slices.Sort(module.Licenses)
	module.Licenses = slices.Compact(module.Licenses)
	if len(module.Licenses) == 0 && len(module.Faults) == 0 {
		module.Faults = []string{"there is no licence file"}
	}
	return module, nil
}

// folders returns the module's root and what lies between it and the linked
// packages, sorted.
func (s *source) folders() []string {
	folders := map[string]bool{s.dir: true}
	for dir := range s.packages {
		for ; dir != s.dir && strings.HasPrefix(dir, s.dir); dir = filepath.Dir(dir) {
			folders[dir] = true
		}
	}
	return slices.Sorted(maps.Keys(folders))
}

// judge adds the licences that a file consists of, and what is wrong with it.
func (m *Module) judge(name string, content []byte) {
	coverage := licensecheck.Scan(content)
	if coverage.Percent < recognised {
		m.Faults = append(m.Faults, fmt.Sprintf("%s is no licence that is known: %.0f%% of its words are of one", name, coverage.Percent))
	}
	for _, match := range coverage.Match {
		m.Licenses = append(m.Licenses, match.ID)
		if slices.Contains(allowed, match.ID) || exceptions[m.Path] == match.ID {
			continue
		}
		fault := fmt.Sprintf("%s is %s, which is not among %s", name, match.ID, strings.Join(allowed, ", "))
		if !slices.Contains(m.Faults, fault) {
			m.Faults = append(m.Faults, fault)
		}
	}
}
