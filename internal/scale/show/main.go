// Command show prints what the benchmarks have recorded as Markdown, and draws
// the plots.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/internal/scale"
)

func main() {
	err := run(os.Args[1:], os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "show:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("show", flag.ContinueOnError)
	flags.SetOutput(stderr)
	fleet := flags.String("fleet", "", "record of tools/cmd/bench, a JSON file")
	engine := flags.String("engine", "", "text of go test -bench, for the plot of the engine; may be left out")
	prefix := flags.String("prefix", "Engine/", "which benchmarks of that text")
	plots := flags.String("plots", "", "folder for the plots; nothing is drawn without one")
	if err := flags.Parse(args); err != nil {
		return err
	}
	text, err := os.ReadFile(*fleet)
	if err != nil {
		return err
	}
	record, err := scale.Read(text)
	if err != nil {
		return fmt.Errorf("%s: %w", *fleet, err)
	}
	var e *scale.Engine
	if *engine != "" {
		text, err := os.ReadFile(*engine)
		if err != nil {
			return err
		}
		if e, err = scale.ReadEngine(bytes.NewReader(text), *prefix); err != nil {
			return fmt.Errorf("%s: %w", *engine, err)
		}
	}
	if _, err := io.WriteString(stdout, scale.Report(record, e)); err != nil {
		return err
	}
	if *plots == "" {
		return nil
	}
	return draw(record, e, *plots)
}

func draw(record *scale.Record, e *scale.Engine, dir string) error {
	pictures, err := scale.Plots(record, e)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(pictures)) {
		if err := os.WriteFile(filepath.Join(dir, name), pictures[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}
