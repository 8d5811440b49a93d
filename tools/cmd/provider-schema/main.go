// Command provider-schema writes the schema of this repository's provider as
// the JSON that "tfplugindocs generate --providers-schema" reads: the answer
// of "terraform providers schema -json" to a fresh build of the provider, so
// that the documentation shows what Terraform itself sees.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"

	"github.com/backupfw/terraform-provider-backupfw/tools/internal/localprovider"
	"github.com/backupfw/terraform-provider-backupfw/tools/internal/tfcli"
)

// shortName is the key that tfplugindocs looks for. Under a full address it
// finds only providers of the hashicorp namespace.
const shortName = "backupfw"

func main() {
	out := flag.String("out", "", "file to write (default: standard output)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *out); err != nil {
		fmt.Fprintln(os.Stderr, "provider-schema:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out string) error {
	root, err := localprovider.RepositoryRoot()
	if err != nil {
		return err
	}
	cli, err := tfcli.Find(ctx, filepath.Join(root, ".bin"))
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "backupfw-schema-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)

	mirror, err := localprovider.Build(ctx, root, filepath.Join(scratch, "mirror"))
	if err != nil {
		return err
	}
	answer, err := schema(ctx, cli, mirror, filepath.Join(scratch, "module"))
	if err != nil {
		return err
	}
	document, err := rename(answer)
	if err != nil {
		return err
	}
	if out == "" {
		_, err = os.Stdout.Write(document)
		return err
	}
	return os.WriteFile(out, document, 0o644)
}

// schema asks the CLI for the schemas of a module that uses only our provider.
func schema(ctx context.Context, cli string, mirror localprovider.Mirror, module string) ([]byte, error) {
	if err := os.MkdirAll(module, 0o755); err != nil {
		return nil, err
	}
	config := `terraform {
  required_providers {
    backupfw = {
      source = "backupfw/backupfw"
    }
  }
}
`
	if err := os.WriteFile(filepath.Join(module, "main.tf"), []byte(config), 0o644); err != nil {
		return nil, err
	}
	var answer []byte
	for _, args := range [][]string{{"init", "-no-color"}, {"providers", "schema", "-json"}} {
		cmd := exec.CommandContext(ctx, cli, args...)
		cmd.Dir, cmd.Env = module, mirror.Environment()
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Run(); err != nil {
			return nil, fmt.Errorf("%s %s: %w\n%s%s", cli, args[0], err, stdout.Bytes(), stderr.Bytes())
		}
		answer = stdout.Bytes()
	}
	return answer, nil
}

// rename returns the answer with its one provider under the short name. The
// schema itself passes through untouched.
func rename(answer []byte) ([]byte, error) {
	var document struct {
		FormatVersion string                     `json:"format_version"`
		Schemas       map[string]json.RawMessage `json:"provider_schemas"`
	}
	if err := json.Unmarshal(answer, &document); err != nil {
		return nil, fmt.Errorf("providers schema -json did not print a JSON object: %w", err)
	}
	for _, address := range localprovider.Addresses {
		if schema, ok := document.Schemas[address]; ok {
			document.Schemas = map[string]json.RawMessage{shortName: schema}
			return json.MarshalIndent(document, "", "  ")
		}
	}
	return nil, fmt.Errorf("providers schema -json names none of %v", localprovider.Addresses)
}
