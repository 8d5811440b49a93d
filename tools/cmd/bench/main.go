// Command bench measures the provider with the real command line: start-up, and
// fresh plans, applies and no-op plans of fleets of every size, beside built-in
// resources and a provider that does nothing. It writes what it measured as
// JSON; internal/scale/show of the provider's module makes tables and plots of it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/backupfw/terraform-provider-backupfw/tools/internal/fleet"
	"github.com/backupfw/terraform-provider-backupfw/tools/internal/localprovider"
	"github.com/backupfw/terraform-provider-backupfw/tools/internal/tfcli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// large is the number of triples above which one run is enough by default: it
// takes minutes, against which the noise of a machine is small.
const large = 1000

func run(ctx context.Context, args []string, progress io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(progress)
	sizes := flags.String("sizes", "1,100,1000,3000", "numbers of triples: a port range, a peer group and a policy each")
	runs := flags.Int("runs", 0, "how often each step runs; 0 means 3 times, and once above 1000 triples")
	applyMax := flags.Int("apply-max", large, "most triples that are applied with a local state; the command line writes that after each instance, so time grows with the square")
	remoteMax := flags.Int("remote-max", 3000, "most triples that are applied with a state behind HTTP")
	starts := flags.Int("starts", 25, "how often each provider is started for its handshake")
	out := flags.String("out", "", "JSON file to write")
	if err := flags.Parse(args); err != nil {
		return err
	}
	triples, err := parseSizes(*sizes)
	if *out == "" {
		err = errors.Join(err, errors.New("-out is missing: name the file to write"))
	}
	if *runs < 0 || *starts < 1 {
		err = errors.Join(err, fmt.Errorf("-runs %d -starts %d: what is not run cannot be measured", *runs, *starts))
	}
	if flags.NArg() > 0 {
		err = errors.Join(err, fmt.Errorf("%q is no option", flags.Arg(0)))
	}
	if err != nil {
		return err
	}
	root, err := localprovider.RepositoryRoot()
	if err != nil {
		return err
	}
	cli, err := tfcli.Find(ctx, filepath.Join(root, ".bin"))
	if err != nil {
		return err
	}
	start := time.Now()
	_, err = fleet.Measure(ctx, fleet.Options{
		CLI: cli, Root: root, Sizes: triples, Day: start.UTC().Format(time.DateOnly),
		Runs: func(n int) int {
			switch {
			case *runs > 0:
				return *runs
			case n > large:
				return 1
			default:
				return 3
			}
		},
		ApplyMax: *applyMax, RemoteMax: *remoteMax, Starts: *starts,
		Progress: func(what string) {
			// Who closes the terminal wants the figures all the same.
			_, _ = fmt.Fprintf(progress, "%5.0fs  %s\n", time.Since(start).Seconds(), what)
		},
		Save: func(r *fleet.Record) error { return r.Save(*out) },
	})
	return err
}

// parseSizes reads numbers that rise, separated by commas.
func parseSizes(text string) ([]int, error) {
	var sizes []int
	for _, field := range strings.Split(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(field))
		if err != nil || n < 1 || len(sizes) > 0 && n <= sizes[len(sizes)-1] {
			return nil, fmt.Errorf("-sizes %q: %q is not a number of triples above those before it", text, field)
		}
		sizes = append(sizes, n)
	}
	return sizes, nil
}
