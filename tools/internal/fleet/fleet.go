package fleet

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/backupfw/terraform-provider-backupfw/tools/internal/localprovider"
	"github.com/backupfw/terraform-provider-backupfw/tools/internal/procmeter"
	"github.com/backupfw/terraform-provider-backupfw/tools/internal/startup"
)

// The steps, each a command of its own.
const (
	Plan        = "plan"         // of all, nothing being there
	Apply       = "apply"        // of that plan, with the state in a local file
	RemoteApply = "remote apply" // of such a plan, with the state behind HTTP
	NoOp        = "no-op"        // a plan when everything is there
)

// Options says what to measure.
type Options struct {
	CLI   string // Terraform or OpenTofu
	Root  string // of the repository
	Sizes []int  // triples
	Day   string // of the record, in UTC
	// Runs returns how often a fleet of that size is measured.
	Runs func(triples int) int
	// ApplyMax and RemoteMax are the largest fleets that are applied.
	ApplyMax, RemoteMax int
	Starts              int // of each provider
	// Progress is told what is being done.
	Progress func(string)
	// Save gets the record as it grows, so that hours of work do not get lost.
	Save func(*Record) error
}

// Measure builds the providers and measures them beside the yardsticks. A run
// that fails, or a no-op plan that is none, is an error.
func Measure(ctx context.Context, o Options) (*Record, error) {
	work, err := os.MkdirTemp("", "backupfw-bench")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	o.Progress("building the providers")
	mirror, err := localprovider.BuildWith(ctx, o.Root, filepath.Join(work, "mirror"),
		localprovider.Other{Name: string(Minimal), Package: "internal/minimalprovider"})
	if err != nil {
		return nil, err
	}
	record := &Record{Format: format, MemoryPerProcess: procmeter.PerProcess, NotMeasured: []NotMeasured{}}
	if record.Machine, err = thisMachine(ctx, o.CLI, o.Root, o.Day); err != nil {
		return nil, err
	}
	o.Progress("start-up")
	if record.Startup, err = starts(ctx, mirror, o.Starts); err != nil {
		return nil, err
	}
	remote, err := startBackend()
	if err != nil {
		return nil, err
	}
	defer remote.close()
	for _, triples := range o.Sizes {
		b := bench{Options: o, mirror: mirror, remote: remote, record: record, triples: triples, work: work}
		if err := b.measure(ctx); err != nil {
			return nil, err
		}
		if err := o.Save(record); err != nil {
			return nil, err
		}
	}
	return record, nil
}

func starts(ctx context.Context, mirror localprovider.Mirror, times int) ([]Start, error) {
	kinds := []Kind{Minimal, Backupfw}
	programs := make([]string, len(kinds))
	for i, kind := range kinds {
		programs[i] = mirror.Programs[string(kind)]
	}
	runs, err := startup.Measure(ctx, programs, times)
	if err != nil {
		return nil, err
	}
	list := make([]Start, len(kinds))
	for i, kind := range kinds {
		size, err := fileSize(programs[i])
		if err != nil {
			return nil, err
		}
		list[i] = Start{Provider: kind, BinaryBytes: size, Runs: startRuns(runs[i])}
	}
	return list, nil
}

// bench measures fleets of one size.
type bench struct {
	Options
	mirror  localprovider.Mirror
	remote  *backend
	record  *Record
	triples int
	work    string
}

// The files of a run.
const (
	planFile  = "plan"
	stateFile = "terraform.tfstate"
)

func (b *bench) measure(ctx context.Context) error {
	if err := b.prepare(ctx); err != nil {
		return err
	}
	for run := range b.Runs(b.triples) {
		for _, step := range b.steps(run == 0) {
			// The kinds take turns within a step, so that what else the machine
			// does hits all alike.
			for _, kind := range Kinds {
				b.Progress(fmt.Sprintf("%d triples, run %d: %s of %s", b.triples, run+1, step, kind))
				if err := b.step(ctx, step, kind); err != nil {
					return fmt.Errorf("%d triples, %s of %s: %w", b.triples, step, kind, err)
				}
			}
		}
	}
	return nil
}

// steps are those that a fleet of this size is not too large for. The others
// are recorded as not measured when note is set.
func (b *bench) steps(note bool) []string {
	local, remote := b.triples <= b.ApplyMax, b.triples <= b.RemoteMax
	steps := []string{Plan}
	for _, s := range []struct {
		name string
		when bool
		why  string
	}{
		{Apply, local, "the state is written after each instance, so this grows with the square"},
		{RemoteApply, remote, "too large for this run"},
		{NoOp, local || remote, "there is no state without an apply"},
	} {
		if s.when {
			steps = append(steps, s.name)
		} else if note {
			b.record.NotMeasured = append(b.record.NotMeasured, NotMeasured{Triples: b.triples, Step: s.name, Why: s.why})
		}
	}
	return steps
}

// prepare writes the configurations and initialises their folders, which is not
// measured.
func (b *bench) prepare(ctx context.Context) error {
	for _, kind := range Kinds {
		for _, remote := range []bool{false, true} {
			dir := b.dir(kind, remote)
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
			text := config(kind, b.triples)
			if remote {
				text += b.remote.config()
			}
			if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(text), 0o644); err != nil {
				return err
			}
			if _, err := b.run(ctx, dir, kind, "init"); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bench) dir(kind Kind, remote bool) string {
	name := fmt.Sprintf("%s-%d", kind, b.triples)
	if remote {
		name += "-remote"
	}
	return filepath.Join(b.work, name)
}

// step runs a step once and records it.
func (b *bench) step(ctx context.Context, step string, kind Kind) error {
	dir, args, result := b.dir(kind, step == RemoteApply), []string{"plan"}, ""
	switch step {
	case Plan:
		// The state of the run before.
		if err := os.RemoveAll(filepath.Join(dir, stateFile)); err != nil {
			return err
		}
		args, result = append(args, "-out="+planFile), planFile
	case Apply:
		args, result = []string{"apply", planFile}, stateFile
	case RemoteApply:
		if _, err := b.run(ctx, dir, kind, "plan", "-out="+planFile); err != nil {
			return err
		}
		args = []string{"apply", planFile}
	case NoOp:
		args = append(args, "-detailed-exitcode") // fails when there are changes
	}
	usage, err := b.run(ctx, dir, kind, args...)
	if err != nil {
		return err
	}
	var size int64
	if result != "" {
		if size, err = fileSize(filepath.Join(dir, result)); err != nil {
			return err
		}
	}
	if step == RemoteApply {
		if size, err = b.keepRemote(kind); err != nil {
			return err
		}
	}
	b.add(step, kind, runOf(usage), size)
	return nil
}

// keepRemote takes the state out of the backend. A fleet that is too large for
// a local apply has its no-op plan with it.
func (b *bench) keepRemote(kind Kind) (size int64, err error) {
	state, err := b.remote.take()
	if err != nil || b.triples <= b.ApplyMax {
		return int64(len(state)), err
	}
	return int64(len(state)), os.WriteFile(filepath.Join(b.dir(kind, false), stateFile), state, 0o600)
}

func (b *bench) add(step string, kind Kind, run Run, size int64) {
	at := slices.IndexFunc(b.record.Steps, func(s Step) bool { return s.Triples == b.triples && s.Step == step && s.Kind == kind })
	if at < 0 {
		at = len(b.record.Steps)
		b.record.Steps = append(b.record.Steps, Step{Triples: b.triples, Instances: perTriple * b.triples, Step: step, Kind: kind, FileBytes: size})
	}
	b.record.Steps[at].Runs = append(b.record.Steps[at].Runs, run)
}

func (b *bench) run(ctx context.Context, dir string, kind Kind, args ...string) (procmeter.Usage, error) {
	args = append([]string{args[0], "-no-color", "-input=false"}, args[1:]...)
	return procmeter.Run(ctx, procmeter.Command{Path: b.CLI, Args: args, Dir: dir,
		Env: b.mirror.Environment(), Child: b.mirror.Programs[string(kind)]})
}

func fileSize(file string) (int64, error) {
	info, err := os.Stat(file)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
