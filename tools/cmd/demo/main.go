// Command demo shows the provider at work on this machine: four ports against
// forty, a policy that is accepted with its compiled rules, and one that is
// rejected. It needs no cloud account and writes only to the repository's
// ignored folders.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/backupfw/terraform-provider-backupfw/tools/internal/localprovider"
	"github.com/backupfw/terraform-provider-backupfw/tools/internal/tfcli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// scenario is where the demo's modules lie in the repository.
var scenario = filepath.Join("examples", "scenarios", "dmz-backup")

func run(ctx context.Context) error {
	start := time.Now()
	root, err := localprovider.RepositoryRoot()
	if err != nil {
		return err
	}
	fmt.Print(welcome)
	cli, err := tfcli.Find(ctx, filepath.Join(root, ".bin"))
	if err != nil {
		return err
	}
	work := filepath.Join(root, ".demo")
	if err := os.RemoveAll(work); err != nil {
		return err
	}
	fmt.Println("Building the provider ...")
	mirror, err := localprovider.Build(ctx, root, filepath.Join(work, "mirror"))
	if err != nil {
		return err
	}
	fmt.Printf("Planning and applying %s with %s ...\n", filepath.ToSlash(scenario), filepath.Base(cli))
	for _, dir := range []string{"", "rejected"} {
		if err := copyModule(filepath.Join(root, scenario, dir), filepath.Join(work, "dmz-backup", dir)); err != nil {
			return err
		}
	}
	t := terraform{cli: cli, env: mirror.Environment()}
	shown, err := t.accepted(ctx, filepath.Join(work, "dmz-backup"))
	if err != nil {
		return err
	}
	message, err := t.rejected(ctx, filepath.Join(work, "dmz-backup", "rejected"))
	if err != nil {
		return err
	}
	fmt.Print(question(shown), acceptedPolicy(shown), rejectedPolicy(message))
	if err := errors.Join(checkShown(shown), checkMessage(message)); err != nil {
		return err
	}
	fmt.Printf("All of it went as it should, in %.0f seconds. The modules are in .demo/dmz-backup; \"make clean\" removes them.\n",
		time.Since(start).Seconds())
	return nil
}

// copyModule copies the Terraform files of a folder, not what is below it.
func copyModule(from, to string) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".tf") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(from, e.Name()))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, e.Name()), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
