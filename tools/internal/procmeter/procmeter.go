// Package procmeter runs a program to its end and says what that cost: the
// program and the processes that it started, whole.
package procmeter

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Command is what to run.
type Command struct {
	Path string // absolute
	Args []string
	Dir  string
	Env  []string
	// Child is the file of the program of the processes whose memory is reported
	// apart; empty if there is none.
	Child string
}

// Usage is what a run cost.
type Usage struct {
	Wall time.Duration
	// CPU is processor time, user and system, of the program and of all
	// processes that it waited for. Those that outlive it are not in it.
	CPU time.Duration
	// Peak is the most memory that the program had at once, in bytes, and
	// ChildPeak the most that one process of Child had. Both are 0 where the
	// system has no /proc to tell them apart.
	Peak, ChildPeak int64
	// LargestPeak is the most that the largest of all these processes had, as
	// the system reports it at the end; 0 if it does not.
	LargestPeak int64
}

// Run runs the command to its end. What it printed is in the error of a run
// that fails.
func Run(ctx context.Context, c Command) (Usage, error) {
	cmd := exec.CommandContext(ctx, c.Path, c.Args...)
	cmd.Dir, cmd.Env = c.Dir, c.Env
	// A graceful end, so that processes of the program end too.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	ownGroup(cmd)

	start := now()
	if err := cmd.Start(); err != nil {
		return Usage{}, err
	}
	stop := watch(cmd.Process.Pid, c.Child)
	err := cmd.Wait()
	wall := now().Sub(start)
	peak, childPeak := stop()
	if err != nil {
		return Usage{}, fmt.Errorf("%s %s: %w\n%s", c.Path, strings.Join(c.Args, " "), err, output.Bytes())
	}
	state := cmd.ProcessState
	return Usage{
		Wall: wall, CPU: state.UserTime() + state.SystemTime(),
		Peak: peak, ChildPeak: childPeak, LargestPeak: largest(state),
	}, nil
}

func now() time.Time {
	return time.Now() //nolint:forbidigo // to measure is to read the clock
}
