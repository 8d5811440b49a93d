// Command terraform-path prints the path of the Terraform or OpenTofu command
// line to test with, and installs Terraform into the repository's ignored
// .bin folder where the machine has none.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/backupfw/terraform-provider-backupfw/tools/internal/localprovider"
	"github.com/backupfw/terraform-provider-backupfw/tools/internal/tfcli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "terraform-path:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	root, err := localprovider.RepositoryRoot()
	if err != nil {
		return err
	}
	found, err := tfcli.Find(ctx, filepath.Join(root, ".bin"))
	if err != nil {
		return err
	}
	fmt.Println(found)
	return nil
}
