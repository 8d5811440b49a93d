package compiletest

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

//go:embed sites/*.policy
var sites embed.FS

// Site is a policy as sites have them.
type Site struct {
	// Name is such as "teams-list-hosts".
	Name string
	// Story says in a sentence or two what the site is.
	Story  string
	Policy *policy.Policy
}

// Sites lists a dozen realistic policies, on which the number of rules that
// targets need is compared. They come from sites/*.policy, in the order of
// these names.
func Sites() []Site {
	names, err := fs.Glob(sites, "sites/*.policy")
	if err != nil {
		panic(err)
	}
	all := make([]Site, len(names))
	for i, name := range names {
		text, err := sites.ReadFile(name)
		if err != nil {
			panic(err)
		}
		p, err := Parse(string(text))
		if err != nil {
			panic(fmt.Sprintf("%s: %v", name, err))
		}
		_, short, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(name, "sites/"), ".policy"), "-")
		all[i] = Site{Name: short, Story: story(string(text)), Policy: p}
	}
	return all
}

// story is the comment at the head of a policy.
func story(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		said, isComment := strings.CutPrefix(line, "# ")
		if !isComment {
			break
		}
		lines = append(lines, strings.TrimSpace(said))
	}
	return strings.Join(lines, " ")
}
