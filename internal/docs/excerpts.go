package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// exampleParts are parts that show whole files below examples/, which the tests
// run: "example functions/quiet_ports/function.tf".
func exampleParts(root string, files ...string) []Part {
	parts := make([]Part, len(files))
	for i, file := range files {
		parts[i] = excerptPart(root, "example "+file, file, nil)
	}
	return parts
}

// excerptPart shows the blocks of a file below examples/ that keep wants, by
// their first lines; nil wants all of them.
func excerptPart(root, name, file string, keep func(header string) bool) Part {
	return Part{Name: name, Text: func() (string, error) {
		text, err := os.ReadFile(filepath.Join(root, "examples", filepath.FromSlash(file)))
		if err != nil || keep == nil {
			return terraform(text), err
		}
		kept := slices.DeleteFunc(blocks(string(text)), func(block string) bool { return !keep(header(block)) })
		if len(kept) == 0 {
			return "", fmt.Errorf("examples/%s has no such block", file)
		}
		return terraform([]byte(strings.Join(kept, "\n\n"))), nil
	}}
}

// blocks splits a configuration, as terraform fmt writes it, into its top-level
// blocks, each with the comments above it.
func blocks(text string) []string {
	var all []string
	var current []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if line == "" && len(current) == 0 {
			continue
		}
		current = append(current, line)
		if line == "}" || !strings.HasPrefix(line, "#") && strings.HasSuffix(line, "}") && !strings.HasPrefix(line, " ") {
			all = append(all, strings.Join(current, "\n"))
			current = nil
		}
	}
	return all
}

// header is the line of a block that says what it is.
func header(block string) string {
	for line := range strings.Lines(block) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			return line
		}
	}
	return ""
}

// ours reports whether a block says what is opened, rather than for which
// target: the policy with its parts, and the local that passes it on.
func ours(header string) bool {
	return strings.HasPrefix(header, `resource "backupfw_`) || header == "locals {"
}
