package review

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/report"
)

const (
	blockA = "# one\n\nresource \"aws_vpc_security_group_ingress_rule\" \"a\" {\n  x = 1\n}\n"
	jsonA  = "{\"resource\": {\"aws_vpc_security_group_ingress_rule\": {\n  \"a\": {\"x\": 1}\n}}}\n"
	broken = "resource \"aws_vpc_security_group_ingress_rule\" \"a\" {\n  x = \n}\n"
)

// placeOf reviews a hand-written rule "a" of a module and returns where it is.
func placeOf(t *testing.T, module string, calls object, files map[string]string, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		scratchFile(t, dir, name, content)
	}
	t.Chdir(dir)
	members := object{"configuration": object{"root_module": object{"module_calls": calls}}}
	r, o := reviewed(t, planOf(t, members, byHand("a", func(p *planned, _ object) { p.module = module })), args...)
	if len(r.Subjects) != 1 {
		t.Fatalf("status %d\n%s", o.status, o.stderr)
	}
	return shownPlace(r.Subjects[0].Location)
}

func shownPlace(l *report.Location) string {
	if l == nil {
		return ""
	}
	return strings.Join([]string{l.File, number(l.Line), number(l.EndLine), number(l.Column)}, ":")
}

func number(n int) string {
	if n > 9 {
		return number(n/10) + number(n%10)
	}
	return string(rune('0' + n))
}

func TestLocate(t *testing.T) {
	call := func(source string, below object) object {
		return object{"source": source, "module": object{"module_calls": below}}
	}
	local := object{"net": call("./modules/net", object{"in": call("../in", nil)}), "up": call("../shared", nil)}
	remote := object{"far": call("example/far/aws", object{"in": call("./in", nil)})}
	const list = `{"Modules":[{"Key":"","Source":"","Dir":"."},{"Key":"far","Source":"x","Dir":".terraform/modules/far"},{"Key":"far.in","Source":"./in","Dir":".terraform/modules/far/in"}]}`
	for name, test := range map[string]struct {
		module string
		calls  object
		files  map[string]string
		args   []string
		want   string
	}{
		"root":                       {"", nil, map[string]string{"z.tf": blockA}, nil, "z.tf:3:3:1"},
		"root, OpenTofu":             {"", nil, map[string]string{"z.tofu": blockA}, nil, "z.tofu:3:3:1"},
		"root, JSON":                 {"", nil, map[string]string{"z.tf.json": jsonA}, nil, "z.tf.json:2:2:8"},
		"root, OpenTofu's JSON":      {"", nil, map[string]string{"z.tofu.json": jsonA}, nil, "z.tofu.json:2:2:8"},
		"another file":               {"", nil, map[string]string{"z.txt": blockA, "z.json": jsonA, "z.tfvars": blockA, "sub/z.tf": blockA}, nil, ""},
		"another block":              {"", nil, map[string]string{"z.tf": strings.Replace(blockA, `"a"`, `"b"`, 1) + strings.Replace(blockA, "_ingress_", "_egress_", 1)}, nil, ""},
		"no files":                   {"", nil, nil, nil, ""},
		"a directory called x.tf":    {"", nil, map[string]string{"x.tf/z.tf": blockA}, nil, ""},
		"broken below":               {"", nil, map[string]string{"a.tf": "resource {", "z.tf": blockA}, nil, "z.tf:3:3:1"},
		"broken inside":              {"", nil, map[string]string{"z.tf": broken}, nil, "z.tf:1:1:1"},
		"-config":                    {"", nil, map[string]string{"sub/dir/z.tf": blockA, "z.tf": "\n" + blockA}, []string{"-config", "sub/dir"}, "sub/dir/z.tf:3:3:1"},
		"-config with a slash":       {"", nil, map[string]string{"sub/dir/z.tf": blockA}, []string{"-config", "./sub/dir/"}, "sub/dir/z.tf:3:3:1"},
		"-config of nothing":         {"", nil, map[string]string{"z.tf": blockA}, []string{"-config", "absent"}, ""},
		"local module":               {"module.net", local, map[string]string{"modules/net/z.tf": blockA, "z.tf": "\n" + blockA}, nil, "modules/net/z.tf:3:3:1"},
		"local module, instance":     {`module.net["k.x"]`, local, map[string]string{"modules/net/z.tf": blockA}, nil, "modules/net/z.tf:3:3:1"},
		"local module in another":    {"module.net[0].module.in", local, map[string]string{"modules/in/z.tf": blockA}, nil, "modules/in/z.tf:3:3:1"},
		"local module above -config": {"module.up", local, map[string]string{"shared/z.tf": blockA}, []string{"-config", "live"}, "shared/z.tf:3:3:1"},
		"installed module":           {"module.far", remote, map[string]string{".terraform/modules/modules.json": list, ".terraform/modules/far/z.tf": blockA}, nil, ".terraform/modules/far/z.tf:3:3:1"},
		"local in installed": {"module.far.module.in", remote, map[string]string{"sub/.terraform/modules/modules.json": list, "sub/.terraform/modules/far/in/z.tf": blockA},
			[]string{"-config", "sub"}, "sub/.terraform/modules/far/in/z.tf:3:3:1"},
		"not installed":     {"module.far", remote, map[string]string{"z.tf": blockA}, nil, ""},
		"list unreadable":   {"module.far", remote, map[string]string{".terraform/modules/modules.json": "{", "z.tf": blockA}, nil, ""},
		"not in the list":   {"module.far", remote, map[string]string{".terraform/modules/modules.json": `{"Modules":[]}`, "z.tf": blockA}, nil, ""},
		"not called":        {"module.gone", local, map[string]string{"z.tf": blockA}, nil, ""},
		"two rules, one is": {"", nil, map[string]string{"a.tf": strings.Replace(blockA, `"a"`, `"aa"`, 1), "z.tf": "\n" + blockA}, nil, "z.tf:4:4:1"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := placeOf(t, test.module, test.calls, test.files, test.args...); got != test.want {
				t.Errorf("the place is %q, want %q", got, test.want)
			}
		})
	}
}

// The place of a diagnostic is below the directory of the configuration.
func TestLocate_Diagnostic(t *testing.T) {
	for config, want := range map[string]string{".": "main.tf", "infra": "infra/main.tf", "./infra/": "infra/main.tf", "..": "../main.tf"} {
		stream := scratchFile(t, t.TempDir(), "plan.jsonl", errorStream)
		r, _ := reviewed(t, planOf(t, nil, byHand("a", nil)), "-diagnostics", filepath.ToSlash(stream), "-config", config)
		if len(r.Failures) != 1 || r.Failures[0].Location == nil || r.Failures[0].Location.File != want {
			t.Errorf("-config %s: %+v", config, r.Failures)
		}
	}
}
