// Command licenses prints the licences of the modules that are linked into the
// provider, and fails when one of them is not allowed. With -notices it writes
// their texts into a file that goes into the release archives.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/backupfw/terraform-provider-backupfw/tools/internal/licenses"
	"github.com/backupfw/terraform-provider-backupfw/tools/internal/localprovider"
)

func main() {
	notices := flag.String("notices", "", "write the texts of the licences into this `file`")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *notices); err != nil {
		fmt.Fprintln(os.Stderr, "licenses:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, notices string) error {
	root, err := localprovider.RepositoryRoot()
	if err != nil {
		return err
	}
	targets, err := licenses.Targets(root)
	if err != nil {
		return err
	}
	modules, err := licenses.Linked(ctx, root, targets)
	if err != nil {
		return err
	}
	if _, err := os.Stdout.Write(licenses.Table(modules)); err != nil {
		return err
	}
	if faults := licenses.Faults(modules); len(faults) > 0 {
		return errors.New(strings.Join(faults, "\n"))
	}
	if notices == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(notices), 0o755); err != nil {
		return err
	}
	return os.WriteFile(notices, licenses.Notices(modules), 0o644)
}
