package review

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"

	"github.com/backupfw/terraform-provider-backupfw/internal/report"
	"github.com/backupfw/terraform-provider-backupfw/internal/tfplan"
)

// locator finds where resources are written. A plan does not say it, so the
// files of the configuration are read. Files that are not there, or cannot be
// read, leave the place unknown.
type locator struct {
	config string
	plan   *tfplan.Plan
	// places are the blocks of each module directory, by type and name.
	places map[string]map[string]report.Location
	// installed are the directories of modules by their keys, as init wrote them.
	installed map[string]string
	parser    *hclparse.Parser
}

func newLocator(config string, plan *tfplan.Plan) *locator {
	return &locator{config: config, plan: plan, places: map[string]map[string]report.Location{}, parser: hclparse.NewParser()}
}

// resource finds the block of a change; nil when it is not known.
func (l *locator) resource(c *tfplan.Change) *report.Location {
	dir, known := l.moduleDir(c.ModuleAddress)
	if !known {
		return nil
	}
	place, found := l.blocks(dir)[c.Type+"."+c.Name]
	if !found {
		return nil
	}
	return &place
}

// moduleDir is the directory of a module below the root of the repository.
func (l *locator) moduleDir(address string) (string, bool) {
	if address == "" {
		return l.config, true
	}
	if l.plan == nil {
		return "", false
	}
	dir, key, local := l.plan.Configuration.LocalDir(address)
	if local {
		return path.Join(filepath.ToSlash(l.config), dir), true
	}
	if l.installed == nil {
		l.installed = installedModules(l.config)
	}
	dir, known := l.installed[key]
	return path.Join(filepath.ToSlash(l.config), dir), known
}

// installedModules reads the list of modules that init keeps.
func installedModules(config string) map[string]string {
	dirs := map[string]string{}
	content, err := os.ReadFile(filepath.Join(config, ".terraform", "modules", "modules.json"))
	if err != nil {
		return dirs
	}
	var list struct {
		Modules []struct {
			Key string `json:"Key"`
			Dir string `json:"Dir"`
		} `json:"Modules"`
	}
	if json.Unmarshal(content, &list) != nil {
		return dirs
	}
	for _, m := range list.Modules {
		dirs[m.Key] = filepath.ToSlash(m.Dir)
	}
	return dirs
}

// blocks reads the resource blocks of a directory once.
func (l *locator) blocks(dir string) map[string]report.Location {
	if read, done := l.places[dir]; done {
		return read
	}
	places := map[string]report.Location{}
	l.places[dir] = places
	entries, err := os.ReadDir(filepath.FromSlash(dir))
	if err != nil {
		return places
	}
	for _, entry := range entries {
		name := filepath.Join(filepath.FromSlash(dir), entry.Name())
		var file *hcl.File
		switch {
		case entry.IsDir() || !isConfiguration(entry.Name()):
			continue
		case strings.HasSuffix(name, ".json"):
			file, _ = l.parser.ParseJSONFile(name)
		default:
			file, _ = l.parser.ParseHCLFile(name)
		}
		if file == nil {
			continue
		}
		content, _, _ := file.Body.PartialContent(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "resource", LabelNames: []string{"type", "name"}}}})
		if content == nil {
			continue
		}
		for _, block := range content.Blocks {
			at := block.DefRange
			places[strings.Join(block.Labels, ".")] = report.Location{
				File: path.Join(filepath.ToSlash(dir), entry.Name()),
				Line: at.Start.Line, EndLine: at.End.Line, Column: at.Start.Column, EndColumn: at.End.Column,
			}
		}
	}
	return places
}

// somewhere is the top of a file of the configuration; nil when there is none.
func (l *locator) somewhere() *report.Location {
	entries, err := os.ReadDir(filepath.FromSlash(l.config))
	if err != nil {
		return nil
	}
	for _, entry := range entries { // sorted by name
		if !entry.IsDir() && isConfiguration(entry.Name()) {
			return &report.Location{File: path.Join(filepath.ToSlash(l.config), entry.Name()), Line: 1, EndLine: 1}
		}
	}
	return nil
}

func isConfiguration(name string) bool {
	return slices.ContainsFunc([]string{".tf", ".tofu", ".tf.json", ".tofu.json"}, func(suffix string) bool { return strings.HasSuffix(name, suffix) })
}
