package risk

import (
	"fmt"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/internal/portset"
	"github.com/backupfw/terraform-provider-backupfw/internal/prefixset"
)

// listed is how many elements of a list a message names.
const listed = 5

// some writes a list and says how many elements it leaves out.
func some(items []string) string {
	if len(items) <= listed {
		return strings.Join(items, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(items[:listed], ", "), len(items)-listed)
}

// SomePorts writes the first few ports and says how many entries it leaves
// out.
func SomePorts(p portset.Ports) string { return some(p.Strings()) }

// SomePeers does the same for prefixes and then references, which carry
// ReferenceMark.
func SomePeers(prefixes prefixset.Set, references []string) string {
	list := prefixes.Prefixes()
	items := make([]string, 0, listed+1)
	for _, p := range list[:min(len(list), listed)] {
		items = append(items, p.String())
	}
	left := len(list) - len(items)
	for _, name := range references {
		if len(items) < listed {
			items = append(items, ReferenceMark+name)
		} else {
			left++
		}
	}
	text := strings.Join(items, ", ")
	if left > 0 {
		text += fmt.Sprintf(" and %d more", left)
	}
	return text
}

// ReferenceMark sets the name of a reference apart from an address.
const ReferenceMark = "ref:"

// count writes a number with its noun: 1 port, 2 ports.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// quoted writes a list of values as the elements of a configuration list.
func quoted(items []string) string {
	return `["` + strings.Join(items, `", "`) + `"]`
}

// verb picks the form for one or for several.
func verb(n int, one, several string) string {
	if n == 1 {
		return one
	}
	return several
}

// capital starts a sentence.
func capital(text string) string {
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
