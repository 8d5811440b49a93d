package licenses

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"
)

// Targets returns the systems that .goreleaser.yml in root builds for.
func Targets(root string) ([]Target, error) {
	file := filepath.Join(root, ".goreleaser.yml")
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var config struct {
		Builds []struct{ Targets []string }
	}
	if err := yaml.Unmarshal(text, &config); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var targets []Target
	for _, build := range config.Builds {
		for _, name := range build.Targets {
			system, arch, ok := strings.Cut(name, "_")
			if !ok {
				return nil, fmt.Errorf("%s: the target %q is not an operating system and an architecture, such as linux_amd64", file, name)
			}
			targets = append(targets, Target{OS: system, Arch: arch})
		}
	}
	if len(targets) == 0 {
		return nil, fmt.Errorf("%s: no build has targets, so it is not known what is released", file)
	}
	return targets, nil
}

// Table returns a line per module: path, version and licences.
func Table(modules []Module) []byte {
	var out bytes.Buffer
	for _, module := range modules {
		fmt.Fprintf(&out, "%-52s %-40s %s\n", module.Path, module.Version, strings.Join(module.Licenses, " and "))
	}
	return out.Bytes()
}

// Faults returns a sentence for every module that may not be linked.
func Faults(modules []Module) []string {
	var faults []string
	for _, module := range modules {
		for _, fault := range module.Faults {
			faults = append(faults, fmt.Sprintf("%s %s: %s. It is linked into the provider: replace the dependency, or show in tools/internal/licenses that its licence may be allowed.", module.Path, module.Version, fault))
		}
	}
	return faults
}

// Notices returns the licences and notices that a binary must come with.
func Notices(modules []Module) []byte {
	var out bytes.Buffer
	out.WriteString("This program contains code of others, under the licences below.\n")
	for _, module := range modules {
		for _, text := range module.Texts {
			title := strings.TrimSpace(module.Path+" "+module.Version) + ", " + text.Name
			fmt.Fprintf(&out, "\n%s\n%s\n\n%s\n", title, strings.Repeat("-", len(title)), bytes.TrimSpace(text.Content))
		}
	}
	return out.Bytes()
}
