package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var promise = regexp.MustCompile("(?m)^\\| .+ \\| `(Test\\w+)` \\| (?:`([\\w/]+)`|the root) \\|$")

// TestThreatModel_NamesTestsThatExist: a promise of the guide names the test
// that holds it, and such a name must not outlive its test.
func TestThreatModel_NamesTestsThatExist(t *testing.T) {
	const guide = "../../templates/guides/threat-model.md"
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	promises := promise.FindAllStringSubmatch(string(text), -1)
	if named := strings.Count(string(text), "`Test"); named == 0 || named != len(promises) {
		t.Errorf("%s names %d tests, but %d in rows with a package", guide, named, len(promises))
	}
	for _, match := range promises {
		name, dir := match[1], match[2]
		files, err := filepath.Glob(filepath.Join("../..", dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found = found || strings.Contains(string(source), "\nfunc "+name+"(t *testing.T) {")
		}
		if !found {
			t.Errorf("%s names %s in %q, where it is not", guide, name, dir)
		}
	}
}
