package fleet

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
)

// thisMachine describes the machine, the command line and the working copy.
func thisMachine(ctx context.Context, cli, root, day string) (Machine, error) {
	m := Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU(), Go: runtime.Version(), Day: day}
	// What a system without /proc does not tell stays empty.
	m.CPU = procLine("/proc/cpuinfo", "model name")
	if kilobytes, err := strconv.ParseInt(strings.TrimSuffix(procLine("/proc/meminfo", "MemTotal"), " kB"), 10, 64); err == nil {
		m.MemoryBytes = kilobytes << 10
	}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		first, _, _ := strings.Cut(string(text), " ")
		m.Load, _ = strconv.ParseFloat(first, 64)
	}
	version, err := output(ctx, root, cli, "version")
	if err != nil {
		return m, err
	}
	m.CLI, _, _ = strings.Cut(version, "\n")
	if m.Commit, err = output(ctx, root, "git", "rev-parse", "HEAD"); err != nil {
		return m, err
	}
	changed, err := output(ctx, root, "git", "status", "--porcelain", "--untracked-files=no")
	m.Changed = changed != ""
	return m, err
}

// procLine is the value of the first line with that name, such as "a : b".
func procLine(file, name string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if key, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// output is what a program prints, without the line break at its end.
func output(ctx context.Context, dir, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	// Warnings about settings of the user would stand before the answer.
	cmd.Env = append(os.Environ(), "CHECKPOINT_DISABLE=1", "TF_CLI_CONFIG_FILE="+os.DevNull)
	text, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", program, strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(text)), nil
}
