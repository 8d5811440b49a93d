//go:build integration

package acceptance

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

const (
	// awsMirrorVariable names a filesystem mirror that holds the AWS provider.
	awsMirrorVariable = "BACKUPFW_AWS_MIRROR"
	// awsProvider is the provider's full name, and its folder in a mirror.
	awsProvider = "registry.terraform.io/hashicorp/aws"
)

// findAWSMirror returns a filesystem mirror that holds the AWS provider for
// this platform, or "" when terraform init has to fetch it. A mirror that the
// environment names is taken or refused, never replaced by another.
func findAWSMirror() (string, error) {
	if named := os.Getenv(awsMirrorVariable); named != "" {
		if !holdsAWS(named) {
			return "", fmt.Errorf("%s = %q holds no %s for %s_%s", awsMirrorVariable, named, awsProvider, runtime.GOOS, runtime.GOARCH)
		}
		return filepath.Abs(named)
	}
	for _, dir := range append(configuredMirrors(), impliedMirrors()...) {
		if holdsAWS(dir) {
			return filepath.Abs(dir)
		}
	}
	return searchMirror(string(filepath.Separator), searchLimits{depth: 4, folders: 100_000, time: 10 * time.Second}), nil
}

// holdsAWS reports whether the mirror has a version of the AWS provider for
// this platform, unpacked or as an archive.
func holdsAWS(mirror string) bool {
	platform := runtime.GOOS + "_" + runtime.GOARCH
	for _, pattern := range []string{
		filepath.Join("*", platform, "terraform-provider-aws*"),
		"terraform-provider-aws_*_" + platform + ".zip",
	} {
		found, err := filepath.Glob(filepath.Join(mirror, filepath.FromSlash(awsProvider), pattern))
		if err == nil && len(found) > 0 {
			return true
		}
	}
	return false
}

var mirrorPath = regexp.MustCompile(`(?s)filesystem_mirror\s*\{[^}]*?\bpath\s*=\s*"([^"]+)"`)

// configuredMirrors returns the mirrors that the user's CLI configuration
// names, and the plugin cache, which has the same layout.
func configuredMirrors() []string {
	home, _ := os.UserHomeDir()
	var dirs []string
	for _, file := range []string{
		os.Getenv("TF_CLI_CONFIG_FILE"),
		filepath.Join(home, ".terraformrc"),
		filepath.Join(home, ".tofurc"),
		filepath.Join(os.Getenv("APPDATA"), "terraform.rc"),
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for _, match := range mirrorPath.FindAllSubmatch(text, -1) {
			dirs = append(dirs, string(match[1]))
		}
	}
	if cache := os.Getenv("TF_PLUGIN_CACHE_DIR"); cache != "" {
		dirs = append(dirs, cache)
	}
	return dirs
}

// impliedMirrors returns the folders that Terraform itself searches when its
// configuration names none.
func impliedMirrors() []string {
	home, _ := os.UserHomeDir()
	dirs := []string{filepath.Join(home, ".terraform.d", "plugins")}
	switch runtime.GOOS {
	case "windows":
		return append(dirs,
			filepath.Join(os.Getenv("APPDATA"), "terraform.d", "plugins"),
			filepath.Join(os.Getenv("APPDATA"), "HashiCorp", "Terraform", "plugins"))
	case "darwin":
		return append(dirs,
			filepath.Join(home, "Library", "Application Support", "io.terraform", "plugins"),
			"/Library/Application Support/io.terraform/plugins")
	}
	data := os.Getenv("XDG_DATA_HOME")
	if data == "" {
		data = filepath.Join(home, ".local", "share")
	}
	shared := os.Getenv("XDG_DATA_DIRS")
	if shared == "" {
		shared = "/usr/local/share:/usr/share"
	}
	for _, dir := range append([]string{data}, strings.Split(shared, ":")...) {
		dirs = append(dirs, filepath.Join(dir, "terraform", "plugins"))
	}
	return dirs
}

// searchLimits bound a search on disk; it stops at the first that is reached.
type searchLimits struct {
	depth   int // levels of folders below the root
	folders int // folders listed in all
	time    time.Duration
}

// searchMirror looks for a mirror with the AWS provider below root, level by
// level, and returns "" when it finds none within the limits. Hidden folders
// and those of the kernel and of scratch files are not entered.
func searchMirror(root string, limits searchLimits) string {
	const namespace = "registry.terraform.io"
	deadline := time.Now().Add(limits.time)
	level := []string{root}
	for depth := 0; depth <= limits.depth && len(level) > 0; depth++ {
		var next []string
		for _, dir := range level {
			limits.folders--
			if limits.folders < 0 || time.Now().After(deadline) {
				return ""
			}
			entries, err := os.ReadDir(dir)
			if err != nil {
				continue // not ours to read
			}
			for _, entry := range entries {
				if entry.Name() == namespace && holdsAWS(dir) {
					return dir
				}
				if enter(dir == root, entry) {
					next = append(next, filepath.Join(dir, entry.Name()))
				}
			}
		}
		level = next
	}
	return ""
}

func enter(atRoot bool, entry fs.DirEntry) bool {
	name := entry.Name()
	if !entry.IsDir() || strings.HasPrefix(name, ".") || name == "node_modules" {
		return false
	}
	if atRoot {
		switch name {
		case "proc", "sys", "dev", "run", "tmp", "boot":
			return false
		}
	}
	return true
}

func TestSearchMirror(t *testing.T) {
	platform := runtime.GOOS + "_" + runtime.GOARCH
	touch := func(parts ...string) {
		file := filepath.Join(parts...)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	root := t.TempDir()
	want := filepath.Join(root, "a", "plugins")
	touch(root, "a", "other", "registry.terraform.io", "hashicorp", "random", "3.0.0", platform, "terraform-provider-random")
	touch(root, ".hidden", "registry.terraform.io", "hashicorp", "aws", "5.0.0", platform, "terraform-provider-aws_v5")
	touch(root, "a", "foreign", "registry.terraform.io", "hashicorp", "aws", "5.0.0", "plan9_arm", "terraform-provider-aws_v5")
	touch(want, "registry.terraform.io", "hashicorp", "aws", "5.0.0", platform, "terraform-provider-aws_v5")

	enough := searchLimits{depth: 4, folders: 1000, time: time.Minute}
	if got := searchMirror(root, enough); got != want {
		t.Errorf("found %q, want %q", got, want)
	}
	for name, limits := range map[string]searchLimits{
		"depth":   {depth: 1, folders: 1000, time: time.Minute},
		"folders": {depth: 4, folders: 2, time: time.Minute},
		"time":    {depth: 4, folders: 1000, time: -time.Second},
	} {
		if got := searchMirror(root, limits); got != "" {
			t.Errorf("limit of %s: found %q beyond it", name, got)
		}
	}
}
