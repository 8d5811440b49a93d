package localprovider

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/tools/internal/tfcli"
)

const configuration = `
terraform {
  required_providers {
    backupfw = { source = "backupfw/backupfw" }
  }
}

output "score" {
  value = provider::backupfw::score(["40000-40039/tcp"], ["198.51.100.16/28"], "dmz").verdict
}
`

// TestInstall_IsFoundWithoutARegistry installs twice into a home folder that has
// nothing else, and lets the command line find it there.
func TestInstall_IsFoundWithoutARegistry(t *testing.T) {
	root, err := RepositoryRoot()
	if err != nil {
		t.Fatal(err)
	}
	cli, err := tfcli.Find(context.Background(), filepath.Join(root, ".bin"))
	if err != nil {
		t.Fatal(err)
	}
	cache := strings.TrimSpace(output(t, nil, "", "go", "env", "GOCACHE"))
	modules := strings.TrimSpace(output(t, nil, "", "go", "env", "GOMODCACHE"))
	home, work := t.TempDir(), t.TempDir()
	for name, value := range map[string]string{"HOME": home, "APPDATA": home, "GOCACHE": cache, "GOMODCACHE": modules} {
		t.Setenv(name, value)
	}
	folder, err := PluginFolder()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(folder, home) {
		t.Fatalf("the folder is %s, want one below %s", folder, home)
	}
	for range 2 {
		program, err := Install(context.Background(), root, folder)
		if err != nil {
			t.Fatal(err)
		}
		if text := output(t, nil, "", program, "-version"); text != "terraform-provider-backupfw "+Version+"\n" {
			t.Errorf("the program says %q", text)
		}
	}
	if err := os.WriteFile(filepath.Join(work, "main.tf"), []byte(configuration), 0o644); err != nil {
		t.Fatal(err)
	}
	// A proxy that is not there keeps the command line from asking a registry.
	environment := append(Mirror{}.Environment(), "HTTPS_PROXY=http://127.0.0.1:9")
	environment = append(environment, "TF_CLI_CONFIG_FILE=")
	output(t, environment, work, cli, "init", "-no-color")
	if text := output(t, environment, work, cli, "apply", "-auto-approve", "-no-color"); !strings.Contains(text, `score = "accept"`) {
		t.Errorf("apply says\n%s\nwant the verdict", text)
	}
}

func output(t *testing.T, environment []string, dir, program string, arguments ...string) string {
	t.Helper()
	cmd := exec.Command(program, arguments...)
	cmd.Dir, cmd.Env = dir, environment
	text, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(arguments, " "), err, text)
	}
	return string(text)
}
