package licenses

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/tools/internal/localprovider"
)

// TestLinked_AllowedInThisRepository reads the licences of what is linked into
// the provider on every system that it is released for.
func TestLinked_AllowedInThisRepository(t *testing.T) {
	root, err := localprovider.RepositoryRoot()
	if err != nil {
		t.Fatal(err)
	}
	targets, err := Targets(root)
	if err != nil {
		t.Fatal(err)
	}
	modules, err := Linked(t.Context(), root, targets)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range Faults(modules) {
		t.Error(fault)
	}

	byPath := map[string]Module{}
	for _, module := range modules {
		byPath[module.Path] = module
	}
	// Known by reading them: a check that finds nothing would be green, too.
	for path, want := range map[string]string{
		"std": "BSD-3-Clause",
		"github.com/hashicorp/terraform-plugin-framework": "MPL-2.0",
		"github.com/hashicorp/go-cty":                     "MIT",
		"google.golang.org/grpc":                          "Apache-2.0",
		"github.com/mattn/go-colorable":                   "MIT",
	} {
		if got := byPath[path].Licenses; !slices.Equal(got, []string{want}) {
			t.Errorf("%s has the licences %q, want %q", path, got, want)
		}
	}
	for path, license := range exceptions {
		if !slices.Contains(byPath[path].Licenses, license) {
			t.Errorf("the exception for %s of %s is not needed: remove it", license, path)
		}
	}

	notices := Notices(modules)
	for _, module := range modules {
		if !bytes.Contains(notices, []byte("\n"+strings.TrimSpace(module.Path+" "+module.Version)+", ")) {
			t.Errorf("the notices do not name %s", module.Path)
		}
	}
}

// TestRead_FaultsOfAModule shows what is refused.
func TestRead_FaultsOfAModule(t *testing.T) {
	mit := licence(t, "github.com/hashicorp/go-cty")
	for _, tc := range []struct {
		name     string
		path     string
		files    map[string]string
		packages []string
		licenses []string
		faults   []string
	}{
		{
			name:     "allowed",
			files:    map[string]string{"LICENSE": mit, "NOTICE.txt": "A notice.", "license.go": "package p"},
			licenses: []string{"MIT"},
		},
		{
			name:   "none",
			files:  map[string]string{"README.md": mit},
			faults: []string{"there is no licence file"},
		},
		{
			name:   "a licence of the author's own",
			files:  map[string]string{"LICENSE": "You may look at this code but not use it for anything, ever."},
			faults: []string{"LICENSE is no licence that is known: 0% of its words are of one"},
		},
		{
			name:     "copyleft",
			files:    map[string]string{"LICENSE": gpl},
			licenses: []string{"GPL-3.0-or-later"},
			faults:   []string{"LICENSE is GPL-3.0-or-later, which is not among Apache-2.0, BSD-2-Clause, BSD-3-Clause, ISC, MIT, MPL-2.0"},
		},
		{
			name:     "copied code inside, linked",
			files:    map[string]string{"LICENSE": mit, "third/COPYING": gpl},
			packages: []string{"third/party"},
			licenses: []string{"GPL-3.0-or-later", "MIT"},
			faults:   []string{"third/COPYING is GPL-3.0-or-later, which is not among Apache-2.0, BSD-2-Clause, BSD-3-Clause, ISC, MIT, MPL-2.0"},
		},
		{
			name:     "copied code inside, not linked",
			files:    map[string]string{"LICENSE": mit, "third/COPYING": gpl},
			packages: []string{"other"},
			licenses: []string{"MIT"},
		},
		{
			name:     "an exception is for one module",
			path:     "example.com/other",
			files:    map[string]string{"LICENSE": licence(t, "github.com/owenrumney/go-sarif/v3")},
			licenses: []string{"Unlicense"},
			faults:   []string{"LICENSE is Unlicense, which is not among Apache-2.0, BSD-2-Clause, BSD-3-Clause, ISC, MIT, MPL-2.0"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := source{path: tc.path, dir: t.TempDir(), packages: map[string]bool{}}
			for name, text := range tc.files {
				write(t, filepath.Join(s.dir, name), text)
			}
			for _, name := range tc.packages {
				dir := filepath.Join(s.dir, name)
				if err := os.MkdirAll(dir, 0o755); err != nil {
					t.Fatal(err)
				}
				s.packages[dir] = true
			}
			module, err := s.read()
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(module.Licenses, tc.licenses) || !slices.Equal(module.Faults, tc.faults) {
				t.Errorf("licences %q, faults %q\nwant licences %q, faults %q", module.Licenses, module.Faults, tc.licenses, tc.faults)
			}
		})
	}
}

// gpl is what the Free Software Foundation tells authors to put into a file.
const gpl = `This program is free software: you can redistribute it and/or modify
it under the terms of the GNU General Public License as published by
the Free Software Foundation, either version 3 of the License, or
(at your option) any later version.

This program is distributed in the hope that it will be useful,
but WITHOUT ANY WARRANTY; without even the implied warranty of
MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
GNU General Public License for more details.

You should have received a copy of the GNU General Public License
along with this program.  If not, see <https://www.gnu.org/licenses/>.
`

// licence returns the licence of a module that is linked into the provider.
func licence(t *testing.T, path string) string {
	t.Helper()
	root, err := localprovider.RepositoryRoot()
	if err != nil {
		t.Fatal(err)
	}
	modules, err := Linked(t.Context(), root, []Target{{OS: "linux", Arch: "amd64"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, module := range modules {
		if module.Path == path {
			return string(module.Texts[0].Content)
		}
	}
	t.Fatalf("%s is not linked into the provider", path)
	return ""
}

func TestTargets_Malformed(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"builds: [{targets: [linux]}]", `the target "linux" is not an operating system and an architecture, such as linux_amd64`},
		{"builds: [{goos: [linux]}]", "no build has targets, so it is not known what is released"},
		{"builds: 7", "cannot unmarshal"},
	} {
		root := t.TempDir()
		write(t, filepath.Join(root, ".goreleaser.yml"), tc.text)
		if _, err := Targets(root); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want %q", tc.text, err, tc.want)
		}
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
