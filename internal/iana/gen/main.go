// Command gen writes registry.bin, the compact form of the IANA port registry,
// from registry.tsv. It is run in internal/iana by go generate.
package main

import (
	"fmt"
	"os"

	"github.com/backupfw/terraform-provider-backupfw/internal/iana/format"
)

func main() {
	if err := run("registry.tsv", "registry.bin"); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(source, target string) error {
	text, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	table, err := format.Parse(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", source, err)
	}
	return os.WriteFile(target, format.Encode(table), 0o644)
}
