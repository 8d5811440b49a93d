package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// TestRelease_WhatTheRegistryExpects holds .goreleaser.yml to the names and
// files without which the registry takes no release, and to the flags without
// which nobody could build the same again.
func TestRelease_WhatTheRegistryExpects(t *testing.T) {
	var config struct {
		Builds []struct {
			Binary       string
			Env          []string
			Flags        []string
			Ldflags      []string
			ModTimestamp string `json:"mod_timestamp"`
			Targets      []string
		}
		Archives []struct {
			Formats      []string
			NameTemplate string `json:"name_template"`
			Files        []struct {
				Dst  string
				Info struct{ Mtime string }
			}
		}
		Checksum struct {
			NameTemplate string `json:"name_template"`
			Algorithm    string
			ExtraFiles   []extraFile `json:"extra_files"`
		}
		Sboms []struct{ Artifacts string }
		Signs []struct {
			Artifacts string
			Args      []string
		}
		Release struct {
			ExtraFiles []extraFile `json:"extra_files"`
		}
	}
	readYAML(t, ".goreleaser.yml", &config)
	if len(config.Builds) != 1 || len(config.Archives) != 1 || len(config.Sboms) != 1 || len(config.Signs) != 1 {
		t.Fatalf("want one build, archive, list of modules and signature, got %+v", config)
	}

	build, archive := config.Builds[0], config.Archives[0]
	equal(t, "binary", build.Binary, "{{ .ProjectName }}_v{{ .Version }}")
	equal(t, "env", strings.Join(build.Env, " "), "CGO_ENABLED=0")
	equal(t, "flags", strings.Join(build.Flags, " "), "-trimpath -buildvcs=false")
	equal(t, "ldflags", strings.Join(build.Ldflags, " "), "-s -w -X main.version={{ .Version }}")
	equal(t, "mod_timestamp", build.ModTimestamp, "{{ .CommitTimestamp }}")
	for _, target := range []string{
		"darwin_amd64", "darwin_arm64", "freebsd_386", "freebsd_amd64", "freebsd_arm", "freebsd_arm64",
		"linux_386", "linux_amd64", "linux_arm", "linux_arm64", "windows_386", "windows_amd64", "windows_arm64",
	} {
		if !slices.Contains(build.Targets, target) {
			t.Errorf("there is no build for %s", target)
		}
	}

	equal(t, "formats", strings.Join(archive.Formats, " "), "zip")
	equal(t, "name of the archive", archive.NameTemplate, "{{ .ProjectName }}_{{ .Version }}_{{ .Os }}_{{ .Arch }}")
	for _, file := range archive.Files {
		equal(t, "time of "+file.Dst+" in the archive", file.Info.Mtime, "{{ .CommitDate }}")
	}

	equal(t, "name of the checksums", config.Checksum.NameTemplate, "{{ .ProjectName }}_{{ .Version }}_SHA256SUMS")
	equal(t, "algorithm", config.Checksum.Algorithm, "sha256")
	manifest := []extraFile{{Glob: "terraform-registry-manifest.json", NameTemplate: "{{ .ProjectName }}_{{ .Version }}_manifest.json"}}
	if !slices.Equal(config.Checksum.ExtraFiles, manifest) || !slices.Equal(config.Release.ExtraFiles, manifest) {
		t.Errorf("the manifest must be in the checksums and in the release, got %v and %v", config.Checksum.ExtraFiles, config.Release.ExtraFiles)
	}
	equal(t, "what is signed", config.Signs[0].Artifacts, "checksum")
	if !slices.Contains(config.Signs[0].Args, "--detach-sign") {
		t.Errorf("the registry wants a detached binary signature, gpg gets %q", config.Signs[0].Args)
	}
	equal(t, "what lists of modules are about", config.Sboms[0].Artifacts, "binary")
}

type extraFile struct {
	Glob         string
	NameTemplate string `json:"name_template"`
}

// TestBuild_SameFlagsEverywhere compares what developers build, what the tests
// build and what is released.
func TestBuild_SameFlagsEverywhere(t *testing.T) {
	for file, want := range map[string]string{
		"GNUmakefile": "BUILD := CGO_ENABLED=0 go build -trimpath -buildvcs=false\n",
		"tools/internal/localprovider/localprovider.go": `buildFlags = []string{"-trimpath", "-buildvcs=false"}`,
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), want) {
			t.Errorf("%s does not have the flags of .goreleaser.yml: want %q", file, want)
		}
	}
}

// pinned is an action at a commit. A tag or a branch can be moved by whoever
// gets hold of the action's repository.
var pinned = regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40}$`)

// pinnedLine has the version in a comment too, for people and for Dependabot.
var pinnedLine = regexp.MustCompile(`uses: [^@\s]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)

// TestWorkflows_PinnedAndUnprivileged reads every workflow, also those that
// users copy.
func TestWorkflows_PinnedAndUnprivileged(t *testing.T) {
	ours, err := filepath.Glob(".github/workflows/*.yml")
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := filepath.Glob("examples/*/*/.github/workflows/*.yml")
	if err != nil {
		t.Fatal(err)
	}
	if len(ours) == 0 || len(theirs) == 0 {
		t.Fatalf("workflows not found: %q, %q", ours, theirs)
	}
	for _, file := range slices.Concat(ours, theirs) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range workflowFaults(text) {
			t.Errorf("%s: %s", file, fault)
		}
	}
}

// workflowFaults returns a sentence for everything that gives a workflow, or
// somebody else through it, more than it needs.
func workflowFaults(text []byte) []string {
	var faults []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); strings.Contains(line, "uses: ") && !strings.Contains(line, "uses: ./") && !pinnedLine.MatchString(line) {
			faults = append(faults, "want a commit and its version, as in \"uses: actions/checkout@<40 digits> # v1.2.3\": "+line)
		}
	}
	var workflow struct {
		Permissions map[string]string
		Jobs        map[string]struct {
			Uses  string
			Steps []struct {
				Uses string
				With map[string]any
				Run  string
			}
		}
	}
	if err := yaml.Unmarshal(text, &workflow); err != nil {
		return append(faults, err.Error())
	}
	if workflow.Permissions == nil {
		faults = append(faults, "there are no permissions at the top: every job would have those of the repository's settings")
	}
	for scope, access := range workflow.Permissions {
		if access != "read" && access != "none" {
			faults = append(faults, "permission "+scope+": "+access+" is for every job: give it to the job that needs it")
		}
	}
	for name, job := range workflow.Jobs {
		if job.Uses != "" && !strings.HasPrefix(job.Uses, "./") && !pinned.MatchString(job.Uses) {
			faults = append(faults, "job "+name+" uses "+job.Uses+", which is not pinned")
		}
		for _, step := range job.Steps {
			if strings.HasPrefix(step.Uses, "actions/checkout@") && step.With["persist-credentials"] != false {
				faults = append(faults, "job "+name+" leaves its token in the working copy: set persist-credentials to false")
			}
			if strings.Contains(step.Run, "${{") {
				faults = append(faults, "job "+name+" writes an expression into a script, where its value is code: pass it in env")
			}
		}
	}
	slices.Sort(faults)
	return faults
}

// TestWorkflowFaults shows that each rule can fail.
func TestWorkflowFaults(t *testing.T) {
	const good = `
permissions: {contents: read}
jobs:
  a:
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with: {persist-credentials: false}
      - run: make
`
	if faults := workflowFaults([]byte(good)); len(faults) != 0 {
		t.Errorf("faults of a good workflow: %q", faults)
	}
	for _, tc := range []struct{ old, new, want string }{
		{"@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7", "want a commit and its version"},
		{" # v7.0.1", "", "want a commit and its version"},
		{"permissions: {contents: read}", "", "there are no permissions at the top"},
		{"contents: read", "contents: write", "permission contents: write is for every job"},
		{"with: {persist-credentials: false}", "with: {fetch-depth: 0}", "leaves its token in the working copy"},
		{"run: make", "run: echo ${{ github.head_ref }}", "writes an expression into a script"},
		{"    steps:", "    uses: other/repo/.github/workflows/x.yml@main\n    steps:", "which is not pinned"},
	} {
		changed := strings.Replace(good, tc.old, tc.new, 1)
		if changed == good {
			t.Fatalf("%q is not in the workflow", tc.old)
		}
		if faults := strings.Join(workflowFaults([]byte(changed)), "\n"); !strings.Contains(faults, tc.want) {
			t.Errorf("%q: faults %q, want %q", tc.new, faults, tc.want)
		}
	}
}

// TestDependabot_EveryModule reads which modules get proposals of updates.
func TestDependabot_EveryModule(t *testing.T) {
	var config struct {
		Updates []struct {
			Ecosystem   string `json:"package-ecosystem"`
			Directories []string
		}
	}
	readYAML(t, ".github/dependabot.yml", &config)
	watched := map[string]bool{}
	for _, update := range config.Updates {
		for _, directory := range update.Directories {
			if update.Ecosystem == "gomod" {
				watched[directory] = true
			}
		}
	}
	for _, file := range goModFiles(t) {
		directory := filepath.ToSlash(filepath.Join("/", filepath.Dir(file)))
		if !watched[directory] {
			t.Errorf("nothing proposes updates for %s", file)
		}
		delete(watched, directory)
	}
	for directory := range watched {
		t.Errorf("%s has no go.mod", directory)
	}
}

func readYAML(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

func equal(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}
