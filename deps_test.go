package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

const module = "github.com/backupfw/terraform-provider-backupfw"

// layers says, for every package of this module, which other packages of it
// the package may import, tests aside. Arrows point down: a package stands
// above everything it imports, and packages of one level do not know each
// other.
var layers = map[string][]string{
	".": {"internal/provider", "internal/review"},

	// Terraform: decode, call, encode.
	"internal/provider": {"internal/..."},
	// What Terraform writes about a plan.
	"internal/tfplan": {},
	// The command that reviews a plan.
	"internal/review": {"internal/..."},
	// Drives the built provider through the command line, never from inside.
	"internal/acceptance": {},
	// Loads emitted rulesets into the kernel, in tests alone.
	"internal/kerneltest": {},
	// Serves the provider in the process to the command line, for tests alone.
	"internal/clitest": {"internal/provider"},
	// Runs the examples with the command line and the provider in the process,
	// because the clock has to stand still.
	"internal/exampletest": {"internal/clitest", "internal/provider", "internal/review", "internal/risk"},
	// Runs the recipes for pull requests as their users do, in tests alone.
	"internal/reviewtest": {},
	// Holds the whole catalogue to what the engine makes of it, in tests alone.
	"internal/catalogtest": {},
	// Opens the world in every way that hides it, in tests alone.
	"internal/evasiontest": {},
	// Writes those parts of the documentation that follow from the code.
	"internal/docs":     {"internal/..."},
	"internal/docs/gen": {"internal/docs"},

	// The yardstick of the benchmarks: a provider that does nothing.
	"internal/minimalprovider": {},
	// What benchmarks have recorded, as tables and plots.
	"internal/scale":      {"internal/plot"},
	"internal/scale/show": {"internal/scale"},
	// Draws charts; knows nothing of what they show.
	"internal/plot": {},
	// Draws what a command line printed; knows nothing of what it says.
	"internal/terminal": {},
	// Judges and compiles policies of every size, in benchmarks alone.
	"internal/enginetest": {},

	// What a reviewer is told, and the forms of telling it.
	"internal/report": {"internal/catalog", "internal/compile", "internal/cover", "internal/emit", "internal/fault", "internal/policy", "internal/portset", "internal/prefixset", "internal/risk"},

	// What is known of a port, in the words of the score among others.
	"internal/inspect": {"internal/catalog", "internal/iana", "internal/portset", "internal/quiet", "internal/risk", "internal/services"},

	// What is done with a policy: graded, compiled, written for a cloud. A
	// grade never depends on how rules are emitted, nor the other way round.
	"internal/risk":    {"internal/catalog", "internal/fault", "internal/iana", "internal/policy", "internal/portset", "internal/prefixset", "internal/quiet", "internal/region", "internal/services"},
	"internal/resolve": {"internal/catalog", "internal/fault", "internal/iana", "internal/policy", "internal/portset", "internal/prefixset", "internal/quiet", "internal/services"},
	"internal/suggest": {"internal/catalog", "internal/policy", "internal/portset", "internal/prefixset", "internal/resolve", "internal/services"},
	// Rules that exist already become those of a policy.
	"internal/existing": {"internal/catalog", "internal/fault", "internal/policy", "internal/portset", "internal/prefixset", "internal/resolve"},
	// Rules that a plan writes by hand with a cloud's own resources.
	"internal/cloudrules": {"internal/existing", "internal/fault", "internal/policy", "internal/portset", "internal/prefixset"},
	"internal/emit":       {"internal/compile", "internal/cover", "internal/fault", "internal/policy", "internal/portset", "internal/prefixset", "internal/region"},
	"internal/compile":    {"internal/cover", "internal/fault", "internal/policy", "internal/portset", "internal/prefixset", "internal/region"},
	// What the tests of compile and emit share: policies and their packets.
	"internal/compile/compiletest": {"internal/policy", "internal/portset", "internal/prefixset"},

	// What a policy is.
	"internal/policy": {"internal/catalog", "internal/fault", "internal/portset", "internal/prefixset", "internal/rawtext"},

	// What nobody uses, by all facts together.
	"internal/quiet": {"internal/catalog", "internal/portset", "internal/services"},

	// Facts, looked up.
	"internal/catalog/gen": {"internal/catalog"},
	"internal/catalog":     {"internal/fault", "internal/portset"},
	"internal/services":    {"internal/iana", "internal/portset"},
	"internal/iana":        {"internal/iana/format", "internal/portset"},
	"internal/iana/gen":    {"internal/iana/format"},
	"internal/iana/format": {},

	// Sets of ports and of addresses.
	"internal/cover":     {"internal/portset", "internal/prefixset", "internal/region"},
	"internal/region":    {"internal/portset", "internal/prefixset"},
	"internal/portset":   {"internal/fault", "internal/rawtext"},
	"internal/prefixset": {"internal/fault", "internal/rawtext"},
	"internal/rawtext":   {},
	"internal/fault":     {},

	// Holds work to the size of its input, in tests alone.
	"internal/worktest": {},
}

// bans name imports that no file of the packages may have, tests included.
var bans = []ban{
	{
		packages: "internal/...",
		except:   []string{"internal/provider", "internal/acceptance", "internal/docs", "internal/exampletest", "internal/clitest", "internal/minimalprovider"},
		imports:  "github.com/hashicorp/terraform-plugin-",
		why:      "the domain must be usable and testable without Terraform; decode and encode in internal/provider",
	},
	{
		packages: "internal/...",
		// The review command is the other way into the same binary, and reads
		// policies as the provider does.
		except:  []string{"internal/provider", "internal/review", "internal/docs", "internal/exampletest", "internal/clitest"},
		imports: module + "/internal/provider",
		why:     "the provider is the top: what is shared belongs into a package below it",
	},
	{
		packages: "internal/provider/...",
		imports:  module + "/internal/acceptance",
		why:      "the integration tests see the provider only from outside",
	},
	{
		packages: "...",
		imports:  "github.com/hashicorp/terraform-plugin-sdk",
		why:      "the provider is built on terraform-plugin-framework; the older SDK knows neither functions nor nested attributes",
	},
	{
		packages: "tools/...",
		imports:  module + "/internal/",
		why:      "the tools see the provider as its users do: built, and through the command line",
	},
}

type ban struct {
	packages string   // a pattern: a package, or a folder with "/..."
	except   []string // packages that the pattern does not mean
	imports  string   // prefix of the banned import paths
	why      string
}

// longest is the number of lines from which a file is hard to read at one go.
const longest = 500

// sourceSuffixes are the kinds of files that people write line by line.
var sourceSuffixes = []string{".go", ".tf", ".tmpl", ".md", ".sh", "GNUmakefile"}

func TestTree(t *testing.T) {
	faults, err := treeFaults(os.DirFS("."), layers, bans)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range faults {
		t.Error(fault)
	}
}

// treeFaults returns a sentence for each thing in the tree that breaks the
// rules of this file, in the order of the tree.
func treeFaults(tree fs.FS, layers map[string][]string, bans []ban) ([]string, error) {
	packages, faults, err := readTree(tree)
	if err != nil {
		return nil, err
	}
	for _, p := range packages {
		faults = append(faults, layerFaults(p, layers)...)
		faults = append(faults, banFaults(p, bans)...)
		if n := len(p.comments); n == 0 && p.hasCode {
			faults = append(faults, fmt.Sprintf("%s has no package comment: say in one sentence above a package clause what it is for", p.dir))
		} else if n > 1 {
			faults = append(faults, fmt.Sprintf("%s has %d package comments (%s): keep one", p.dir, n, strings.Join(p.comments, ", ")))
		}
	}
	return faults, nil
}

func layerFaults(p *sourcePackage, layers map[string][]string) []string {
	if p.dir == "tools" || strings.HasPrefix(p.dir, "tools/") {
		return nil // a module of its own
	}
	allowed, known := layers[p.dir]
	if !known {
		return []string{fmt.Sprintf("%s is not in the table of layers in deps_test.go: add it there, at its level, with the packages below it that it may import", p.dir)}
	}
	var faults []string
	for _, i := range p.imports {
		own, isOwn := strings.CutPrefix(i.path, module+"/")
		if !isOwn || i.test || own == p.dir {
			continue
		}
		if !slices.ContainsFunc(allowed, func(pattern string) bool { return matches(pattern, own) }) {
			faults = append(faults, fmt.Sprintf("%s imports %s, which %s may not: it may import %s (table of layers in deps_test.go)",
				i.file, own, p.dir, list(allowed)))
		}
	}
	return faults
}

func banFaults(p *sourcePackage, bans []ban) []string {
	var faults []string
	for _, b := range bans {
		if !matches(b.packages, p.dir) || slices.Contains(b.except, p.dir) {
			continue
		}
		for _, i := range p.imports {
			if strings.HasPrefix(i.path, b.imports) {
				faults = append(faults, fmt.Sprintf("%s imports %s: %s", i.file, i.path, b.why))
			}
		}
	}
	return faults
}

// matches reports whether the package is the pattern, or lies in the pattern's
// folder when it ends in "...".
func matches(pattern, dir string) bool {
	folder, wide := strings.CutSuffix(pattern, "...")
	if !wide {
		return dir == pattern
	}
	return folder == "" || dir+"/" == folder || strings.HasPrefix(dir, folder)
}

func list(names []string) string {
	if len(names) == 0 {
		return "no package of this module"
	}
	return strings.Join(names, ", ")
}

type sourcePackage struct {
	dir      string
	hasCode  bool     // has a file that is not a test
	comments []string // files with a package comment
	imports  []sourceImport
}

type sourceImport struct {
	file, path string
	test       bool
}

// readTree parses the package clause and the imports of every Go file, build
// constraints ignored, and measures every source file on the way.
func readTree(tree fs.FS) (packages []*sourcePackage, faults []string, err error) {
	byDir := map[string]*sourcePackage{}
	err = fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // gone since the folder was listed
			}
			return err
		}
		if entry.IsDir() {
			if base := path.Base(name); name != "." && (strings.HasPrefix(base, ".") || base == "testdata" || base == "dist") {
				return fs.SkipDir
			}
			return nil
		}
		if !slices.ContainsFunc(sourceSuffixes, func(s string) bool { return strings.HasSuffix(name, s) }) {
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if lines := bytes.Count(generatedPart.ReplaceAll(text, nil), []byte("\n")); lines > longest && !isGenerated(name, text) {
			faults = append(faults, fmt.Sprintf("%s has %d lines: split it, at most %d", name, lines, longest))
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		dir := path.Dir(name)
		if byDir[dir] == nil {
			byDir[dir] = &sourcePackage{dir: dir}
			packages = append(packages, byDir[dir])
		}
		return byDir[dir].add(name, text)
	})
	return packages, faults, err
}

func (p *sourcePackage) add(name string, text []byte) error {
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		return err
	}
	test := strings.HasSuffix(name, "_test.go")
	if !test {
		p.hasCode = true
		if file.Doc != nil {
			p.comments = append(p.comments, path.Base(name))
		}
	}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		p.imports = append(p.imports, sourceImport{file: name, path: imported, test: test})
	}
	return nil
}

var generatedMark = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

// generatedPart is what internal/docs writes into documents.
var generatedPart = regexp.MustCompile(`(?s)<!-- begin [^\n]*: written by make generate -->.*?<!-- end -->`)

func isGenerated(name string, text []byte) bool {
	return strings.HasPrefix(name, "docs/") || generatedMark.Match(text)
}

// TestTreeFaults shows that the rules can fail, each on a tree that breaks it.
func TestTreeFaults(t *testing.T) {
	layers := map[string][]string{
		"internal/low":      {},
		"internal/high":     {"internal/low"},
		"internal/provider": {"internal/..."},
	}
	const low, high = "// Package low is below.\npackage low\n", "// Package high is above.\npackage high\n"
	for _, tc := range []struct {
		name string
		tree map[string]string
		want []string
	}{
		{
			name: "in order",
			tree: map[string]string{
				"internal/low/low.go":            low,
				"internal/low/low_test.go":       "package low_test\nimport _ \"" + module + "/internal/high\"\n",
				"internal/high/high.go":          high + "import _ \"" + module + "/internal/low\"\n",
				"internal/provider/provider.go":  "// Package provider is the top.\npackage provider\nimport (\n_ \"github.com/hashicorp/terraform-plugin-go\"\n_ \"" + module + "/internal/high\")\n",
				"internal/low/table.go":          "// Code generated by gen. DO NOT EDIT.\n\npackage low\n" + strings.Repeat("\n", 600),
				"internal/low/testdata/input.go": "not Go",
				"templates/guide.md":             "<!-- begin table: written by make generate -->" + strings.Repeat("\n", 600) + "<!-- end -->\n",
			},
		},
		{
			name: "upwards",
			tree: map[string]string{
				"internal/low/low.go":   low + "import _ \"" + module + "/internal/high\"\n",
				"internal/high/high.go": high,
			},
			want: []string{"internal/low/low.go imports internal/high, which internal/low may not: it may import no package of this module (table of layers in deps_test.go)"},
		},
		{
			name: "not in the table",
			tree: map[string]string{"internal/other/other.go": "// Package other is new.\npackage other\n"},
			want: []string{"internal/other is not in the table of layers in deps_test.go: add it there, at its level, with the packages below it that it may import"},
		},
		{
			name: "Terraform in the domain, in a test",
			tree: map[string]string{
				"internal/low/low.go":      low,
				"internal/low/low_test.go": "package low\nimport _ \"github.com/hashicorp/terraform-plugin-framework/types\"\n",
			},
			want: []string{"internal/low/low_test.go imports github.com/hashicorp/terraform-plugin-framework/types: the domain must be usable and testable without Terraform; decode and encode in internal/provider"},
		},
		{
			name: "the provider from below, behind a build constraint",
			tree: map[string]string{
				"internal/low/low.go":      low,
				"internal/low/low_test.go": "//go:build integration\n\npackage low\nimport _ \"" + module + "/internal/provider\"\n",
			},
			want: []string{"internal/low/low_test.go imports " + module + "/internal/provider: the provider is the top: what is shared belongs into a package below it"},
		},
		{
			name: "tools look inside",
			tree: map[string]string{"tools/cmd/x/main.go": "// Command x does.\npackage main\nimport _ \"" + module + "/internal/low\"\n"},
			want: []string{"tools/cmd/x/main.go imports " + module + "/internal/low: the tools see the provider as its users do: built, and through the command line"},
		},
		{
			name: "package comments",
			tree: map[string]string{
				"internal/low/low.go":    "package low\n",
				"internal/high/high.go":  high,
				"internal/high/other.go": "// Package high, again.\npackage high\n",
			},
			want: []string{
				"internal/high has 2 package comments (high.go, other.go): keep one",
				"internal/low has no package comment: say in one sentence above a package clause what it is for",
			},
		},
		{
			name: "a long file",
			tree: map[string]string{"internal/low/low.go": low + strings.Repeat("\n", 499)},
			want: []string{"internal/low/low.go has 501 lines: split it, at most 500"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tree := fstest.MapFS{}
			for name, text := range tc.tree {
				tree[name] = &fstest.MapFile{Data: []byte(text)}
			}
			got, err := treeFaults(tree, layers, bans)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(tc.want, "\n  "))
			}
		})
	}
}
