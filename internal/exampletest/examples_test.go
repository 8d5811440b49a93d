package exampletest

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/function"
	frameworkprovider "github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/backupfw/terraform-provider-backupfw/internal/emit"
	"github.com/backupfw/terraform-provider-backupfw/internal/provider"
)

// kinds are the folders of examples in which every file is a configuration of
// its own, to be copied beside provider.tf.
var kinds = []string{"readme", "resources", "data-sources", "functions"}

// withCloud are the examples that need a cloud's provider. The integration
// tests apply those of AWS. Nothing applies the others: what their rules are
// made of runs in the examples beside them, with terraform_data.
var withCloud = []string{
	"data-sources/backupfw_assessment/data-source_aws.tf",
	"data-sources/backupfw_aws_network_acl_rules/data-source.tf",
	"data-sources/backupfw_aws_security_group_rules/data-source.tf",
	"data-sources/backupfw_azure_network_security_rules/data-source.tf",
	"data-sources/backupfw_google_firewall_rules/data-source.tf",
	"data-sources/backupfw_kubernetes_network_policy/data-source.tf",
	"data-sources/backupfw_oci_network_security_group_rules/data-source.tf",
	"data-sources/backupfw_openstack_security_group_rules/data-source.tf",
}

func TestExamples(t *testing.T) {
	for _, file := range exampleFiles(t) {
		if slices.Contains(withCloud, file) {
			continue
		}
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			checkLife(t, newWorkspace(t, "provider/provider.tf", file))
		})
	}
}

// checkLife takes a root module through its whole life: everything is known in
// the first plan, a second plan is empty, and destroy leaves nothing.
func checkLife(t *testing.T, w *workspace) {
	w.mustRun(0, "validate", "-no-color")
	w.mustRun(0, "plan", "-no-color", "-out=tfplan")
	if left := w.unknowns(); len(left) > 0 {
		t.Errorf("not known in the first plan: %v", left)
	}
	w.mustRun(0, "apply", "-no-color", "tfplan")
	w.mustRun(0, "plan", "-no-color", "-detailed-exitcode")
	w.mustRun(0, "destroy", "-no-color", "-auto-approve")
	if left := strings.TrimSpace(string(w.mustRun(0, "state", "list"))); left != "" {
		t.Errorf("left after destroy: %s", left)
	}
}

// exampleFiles lists the single-file examples below examples/.
func exampleFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	tree := os.DirFS(examples)
	for _, kind := range kinds {
		err := fs.WalkDir(tree, kind, func(name string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				files = append(files, name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// TestExamples_CoverTheProvider fails when a resource, a data source or a
// function has no example, or an example shows what does not exist.
func TestExamples_CoverTheProvider(t *testing.T) {
	var want []string
	p := provider.New("test")()
	ctx := context.Background()
	for _, create := range p.Resources(ctx) {
		var answer resource.MetadataResponse
		create().Metadata(ctx, resource.MetadataRequest{ProviderTypeName: "backupfw"}, &answer)
		want = append(want, "resources/"+answer.TypeName+"/resource.tf")
	}
	for _, create := range p.DataSources(ctx) {
		var answer datasource.MetadataResponse
		create().Metadata(ctx, datasource.MetadataRequest{ProviderTypeName: "backupfw"}, &answer)
		want = append(want, "data-sources/"+answer.TypeName+"/data-source.tf")
	}
	for _, create := range p.(frameworkprovider.ProviderWithFunctions).Functions(ctx) {
		var answer function.MetadataResponse
		create().Metadata(ctx, function.MetadataRequest{}, &answer)
		want = append(want, "functions/"+answer.Name+"/function.tf")
	}
	var have []string
	for _, file := range exampleFiles(t) {
		// resource_waiver.tf shows another case of what resource.tf shows; the
		// example of the README is of the same kind.
		if base := filepath.Base(file); !strings.Contains(base, "_") {
			have = append(have, file)
		}
	}
	slices.Sort(want)
	slices.Sort(have)
	if !slices.Equal(have, want) {
		t.Errorf("examples/ has\n%s\nwant\n%s", strings.Join(have, "\n"), strings.Join(want, "\n"))
	}
	all := exampleFiles(t)
	for _, file := range withCloud {
		if !slices.Contains(all, file) {
			t.Errorf("%s is said to need a cloud's provider and is not there", file)
		}
	}
}

// TestExamples_PassEveryColumnOn: an argument that an example forgets can make
// a rule wider, and most clouds are not at hand to notice.
func TestExamples_PassEveryColumnOn(t *testing.T) {
	for _, target := range emit.Targets() {
		if len(target.Resources) == 0 {
			continue
		}
		text := readExample(t, "data-sources/backupfw_"+target.Name+"/data-source.tf")
		for _, column := range target.Columns {
			if !regexp.MustCompile(`\.value\.` + column.Name + `\b`).MatchString(text) {
				t.Errorf("the example of %s does not pass on %s", target.Name, column.Name)
			}
		}
		for _, resource := range target.Resources {
			if !strings.Contains(text, `resource "`+resource+`"`) {
				t.Errorf("the example of %s has no %s", target.Name, resource)
			}
		}
	}
}

// TestExamples_GoThroughALocal holds the examples to what they teach: a data
// source refers to a local, and a function is called in one.
func TestExamples_GoThroughALocal(t *testing.T) {
	err := fs.WalkDir(os.DirFS(examples), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".tf") {
			return err
		}
		text, err := os.ReadFile(filepath.Join(examples, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		for _, fault := range detours(string(text)) {
			t.Errorf("%s: %s", name, fault)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// detours returns the lines that do not go through a local, and what is wrong
// with them.
func detours(text string) []string {
	var faults []string
	block := ""
	explained := strings.Contains(text, "# Through a local, so that") || strings.Contains(text, "# In a local, so that")
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		code, _, _ := strings.Cut(line, "#")
		if code != "" && !strings.ContainsAny(code[:1], " }") {
			block, _, _ = strings.Cut(code, " ")
		}
		switch code = strings.TrimSpace(code); {
		case block == "data" && strings.Contains(code, "= backupfw_"):
			faults = append(faults, code+": a data source that refers to a resource is postponed to apply; use a local")
		case block != "locals" && strings.Contains(code, "provider::"):
			faults = append(faults, code+": call functions in a local")
		case block == "locals" && (strings.Contains(code, "= backupfw_policy.") || strings.Contains(code, "provider::")) && !explained:
			faults = append(faults, code+": say in a comment why it is in a local")
		}
	}
	return faults
}

func TestDetours(t *testing.T) {
	const why = "  # Through a local, so that it is read in the plan.\n"
	for text, want := range map[string]string{
		"locals {\n" + why + "  p = backupfw_policy.p\n}\ndata \"a\" \"b\" {\n  policy = local.p\n}\n": "",
		"locals {\n  p = backupfw_policy.p\n}\n":                                                       "say in a comment",
		"data \"a\" \"b\" {\n  policy = backupfw_policy.p\n}\n":                                        "use a local",
		"resource \"a\" \"b\" {\n  x = provider::backupfw::assess(1)\n}\n":                             "call functions in a local",
	} {
		got := strings.Join(detours(text), "; ")
		if (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%s\ngot %q, want %q", text, got, want)
		}
	}
}
