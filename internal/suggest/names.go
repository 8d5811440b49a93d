package suggest

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

// maxName is the length of the longest name that policy.NamePattern allows.
const maxName = 63

var notName = regexp.MustCompile(`[^a-z0-9_-]+`)

// nameOf makes a valid name of a text: a valid name stays as it is.
func nameOf(text string) string {
	if policy.NamePattern.MatchString(text) {
		return text
	}
	name := strings.Trim(notName.ReplaceAllString(strings.ToLower(text), "-"), "-_")
	if len(name) > maxName {
		name = strings.TrimRight(name[:maxName], "-_")
	}
	if name == "" {
		return "unnamed"
	}
	return name
}

// labelOf makes an identifier of a name, for the resource's address.
func labelOf(name string) string {
	label := strings.ReplaceAll(name, "-", "_")
	if label[0] >= '0' && label[0] <= '9' {
		return "_" + label
	}
	return label
}

// names hands out names, each once.
type names map[string]bool

// take returns the first of the texts, as a name, that is still free, or else
// the last one with a number. The labels of the names differ too.
func (n names) take(texts ...string) string {
	name := ""
	for _, text := range texts {
		name = nameOf(text)
		if !n[labelOf(name)] {
			n[labelOf(name)] = true
			return name
		}
	}
	for i := 2; ; i++ {
		number := fmt.Sprintf("-%d", i)
		numbered := name[:min(len(name), maxName-len(number))] + number
		if !n[labelOf(numbered)] {
			n[labelOf(numbered)] = true
			return numbered
		}
	}
}
