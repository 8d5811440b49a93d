// Package docs writes those parts of the documentation that follow from the
// code: finding codes, scores, return values of functions, the catalogue. They
// stand between two comments in the README files and in templates/, so that
// text and table can be read and reviewed together.
package docs

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

//go:generate go run ./gen

// The comments around a generated part.
const (
	beginMark = "<!-- begin "
	beginEnd  = ": written by make generate -->"
	endMark   = "<!-- end -->"
)

// Part is one generated piece of text.
type Part struct {
	// Name is what the begin comment calls it.
	Name string
	// Text is Markdown, without a blank line at either end.
	Text func() (string, error)
	// Inline parts stand within a line.
	Inline bool
}

// Update rewrites the generated parts of every file below root, and the pages
// and pictures that are generated whole. It returns the names of the files that changed.
func Update(root string) (changed []string, err error) {
	changed, err = updatePages(root, productPages())
	if err != nil {
		return changed, err
	}
	pictures, err := updatePictures(root)
	changed = append(changed, pictures...)
	if err != nil {
		return changed, err
	}
	parts := Parts(root)
	files, err := documents(root)
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		file := filepath.Join(root, filepath.FromSlash(name))
		old, err := os.ReadFile(file)
		if err != nil {
			return changed, err
		}
		text, _, err := Fill(string(old), parts)
		if err != nil {
			return changed, fmt.Errorf("%s: %w", name, err)
		}
		if bytes.Equal(old, []byte(text)) {
			continue
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return changed, err
		}
		changed = append(changed, name)
	}
	return changed, nil
}

// updatePictures draws all pictures and writes them below root.
func updatePictures(root string) (changed []string, err error) {
	for _, draw := range []func(root string) (map[string][]byte, error){scalePlots, portPlots, capturePictures} {
		pictures, err := draw(root)
		if err != nil {
			return changed, err
		}
		for _, name := range slices.Sorted(maps.Keys(pictures)) {
			file := filepath.Join(root, filepath.FromSlash(name))
			old, err := os.ReadFile(file)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return changed, err
			}
			if err == nil && bytes.Equal(old, pictures[name]) {
				continue
			}
			if err := os.WriteFile(file, pictures[name], 0o644); err != nil {
				return changed, err
			}
			changed = append(changed, name)
		}
	}
	return changed, nil
}

// documents lists the files that may hold generated parts, by their paths
// below root.
func documents(root string) ([]string, error) {
	var files []string
	for _, dir := range []string{"README.md", "examples", "templates"} {
		err := fs.WalkDir(os.DirFS(root), dir, func(name string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && (strings.HasSuffix(name, ".md") || strings.HasSuffix(name, ".tmpl")) {
				files = append(files, name)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

// Fill returns the document with its parts written anew, and the names of the
// parts that it has.
func Fill(document string, parts []Part) (filled string, names []string, err error) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(document, beginMark)
		out.WriteString(before)
		if !found {
			return out.String(), names, nil
		}
		name, rest, found := strings.Cut(rest, beginEnd)
		if !found || strings.Contains(name, "\n") {
			return "", nil, errors.New("a begin comment does not end in " + beginEnd)
		}
		old, rest, found := strings.Cut(rest, endMark)
		if !found || strings.Contains(old, beginMark) {
			return "", nil, fmt.Errorf("part %q has no end comment", name)
		}
		at := slices.IndexFunc(parts, func(p Part) bool { return p.Name == name })
		if at < 0 {
			return "", nil, fmt.Errorf("there is no part %q", name)
		}
		text, err := parts[at].Text()
		if err != nil {
			return "", nil, fmt.Errorf("part %q: %w", name, err)
		}
		if !parts[at].Inline {
			text = "\n\n" + text + "\n\n"
		}
		out.WriteString(beginMark + name + beginEnd + text + endMark)
		names = append(names, name)
		document = rest
	}
}

// Parts lists every generated part. root is where the examples lie.
func Parts(root string) []Part {
	plain := func(name string, text func() string) Part {
		return Part{Name: name, Text: func() (string, error) { return text(), nil }}
	}
	parts := []Part{
		plain("captures", captureGallery),
		plain("finding table", findingTable),
		{Name: "finding sections", Text: func() (string, error) { return findingSections(root) }},
		plain("calibration", calibrationTable),
		plain("scenario", scenarioTable),
		plain("widths", widthTable),
		plain("peers", peerTable),
		plain("classes", classTable),
		plain("zones", zoneTable),
		plain("worked example", workedExample),
		plain("products", productIndex),
		plain("targets", targetTable),
		plain("rule counts", ruleCountTable),
		plain("sites", siteStories),
		{Name: "product count", Text: func() (string, error) { return productCount(), nil }, Inline: true},
		{Name: "example", Text: func() (string, error) {
			text, err := os.ReadFile(filepath.Join(root, "examples", "readme", "readme_example.tf"))
			return terraform(text), err
		}},
	}
	parts = append(parts, reviewParts(root)...)
	parts = append(parts, scaleParts(root)...)
	parts = append(parts, quietParts(root)...)
	parts = append(parts, peerParts(root)...)
	parts = append(parts, targetParts(root)...)
	parts = append(parts, movingParts(root)...)
	for _, target := range targets() {
		parts = append(parts, plain("limits of "+target.Name, func() string { return limitTable(target) }))
	}
	for _, name := range functionNames() {
		parts = append(parts, Part{Name: "result of " + name, Text: func() (string, error) { return resultTable(name) }})
	}
	return parts
}

// table writes a Markdown table.
func table(head []string, rows [][]string) string {
	var b strings.Builder
	line := func(cells []string) {
		escaped := make([]string, len(cells))
		for i, cell := range cells {
			escaped[i] = strings.ReplaceAll(strings.ReplaceAll(cell, "|", `\|`), "\n", " ")
		}
		b.WriteString("| " + strings.Join(escaped, " | ") + " |\n")
	}
	line(head)
	b.WriteString(strings.Repeat("|---", len(head)) + "|\n")
	for _, row := range rows {
		line(row)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// code marks text as code.
func code(text string) string { return "`" + text + "`" }
