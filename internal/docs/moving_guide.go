package docs

import (
	"os"
	"path/filepath"
)

// movingOutput is where the test of the guide to moving records what happens.
const movingOutput = "internal/exampletest/testdata/moving/"

// movingParts are the parts of the guide to moving from hand-written rules.
func movingParts(root string) []Part {
	var parts []Part
	for _, name := range []string{"score", "keys", "takeover", "end"} {
		parts = append(parts, Part{Name: "moving " + name, Text: func() (string, error) {
			text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(movingOutput), name+".txt"))
			return fenced("text", string(text)), err
		}})
	}
	return parts
}
