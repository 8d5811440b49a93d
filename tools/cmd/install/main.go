// Command install compiles the provider into the folder in which Terraform and
// OpenTofu look for providers by themselves, so that "terraform init" finds it
// without a registry.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/backupfw/terraform-provider-backupfw/tools/internal/localprovider"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "install:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	root, err := localprovider.RepositoryRoot()
	if err != nil {
		return err
	}
	folder, err := localprovider.PluginFolder()
	if err != nil {
		return err
	}
	program, err := localprovider.Install(ctx, root, folder)
	if err != nil {
		return err
	}
	fmt.Printf(message, localprovider.Version, folder, program)
	return nil
}

// A lock file has the hash of the build before.
const message = `Version %[1]s of the provider is in %[2]s.
In an empty folder, write

    terraform {
      required_providers {
        backupfw = { source = "backupfw/backupfw" }
      }
    }

and run "terraform init" or "tofu init". After another "make install", delete
.terraform.lock.hcl first: it has the hash of the build before.

The same program reviews plans:

    %[3]s review -help
`
