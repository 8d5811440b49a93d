package exampletest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// hclBlock is a block of the guide that begins with the name of its file.
var hclBlock = regexp.MustCompile("(?s)```terraform\n# ([a-z/]+\\.tf)\n(.*?)```")

// TestScaleGuide_ItsModuleWorks runs the module of the guide as it stands
// there, and reads its policies from another state as the guide says.
func TestScaleGuide_ItsModuleWorks(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile(filepath.Join("..", "..", "templates", "guides", "scale.md"))
	if err != nil {
		t.Fatal(err)
	}
	w := newWorkspace(t)
	blocks := hclBlock.FindAllStringSubmatch(string(guide), -1)
	if len(blocks) != 2 {
		t.Fatalf("the guide has %d files of the module, want 2", len(blocks))
	}
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(w.dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, block := range blocks {
		write(block[1], block[2])
	}
	const required = "terraform {\n  required_providers {\n    backupfw = { source = \"backupfw/backupfw\" }\n  }\n}\n"
	write("versions.tf", required)
	write("outputs.tf", "output \"media\" {\n  value = module.role[\"media\"].policy\n}\n")
	w.mustRun(0, "init", "-no-color")
	w.mustRun(0, "apply", "-no-color", "-auto-approve")
	var rules map[string][]string
	if err := json.Unmarshal(w.mustRun(0, "output", "-no-color", "-json", "rules"), &rules); err != nil {
		t.Fatal(err)
	}
	if len(rules["media"]) != 2 || len(rules["archive"]) != 1 {
		t.Errorf("rules %v, want one for each network of a role", rules)
	}
	w.mustRun(0, "plan", "-no-color", "-detailed-exitcode")

	// The other state: the guide's block, with a backend that is at hand.
	_, block, found := strings.Cut(string(guide), "```terraform\ndata \"terraform_remote_state\"")
	block, _, closed := strings.Cut(block, "```")
	if !found || !closed {
		t.Fatal("the guide has no example of another state")
	}
	s3 := regexp.MustCompile(`backend = "s3"\n  config += \{[^\n]*\}`)
	if !s3.MatchString(block) {
		t.Fatalf("no backend in %q", block)
	}
	block = s3.ReplaceAllString(block, `backend = "local"`+"\n  config = { path = \"../terraform.tfstate\" }")
	const reading = `
data "backupfw_aws_security_group_rules" "media" {
  policy = local.policy
}

output "same" {
  value = {
    data_source = keys(data.backupfw_aws_security_group_rules.media.ingress)
    function    = keys(provider::backupfw::aws_security_group_rules(local.policy).ingress)
  }
}
`
	write("other/main.tf", required+`data "terraform_remote_state"`+block+reading)
	other := *w
	other.dir = filepath.Join(w.dir, "other")
	other.mustRun(0, "init", "-no-color")
	other.mustRun(0, "apply", "-no-color", "-auto-approve")
	var same map[string][]string
	if err := json.Unmarshal(other.mustRun(0, "output", "-no-color", "-json", "same"), &same); err != nil {
		t.Fatal(err)
	}
	for _, way := range []string{"data_source", "function"} {
		if strings.Join(same[way], " ") != strings.Join(rules["media"], " ") {
			t.Errorf("by %s the other state has the rules %v, want %v", way, same[way], rules["media"])
		}
	}
}
