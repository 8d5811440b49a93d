//go:build integration && !linux

package acceptance

import (
	"os/exec"
	"syscall"
)

// bindToUs does nothing here: only Linux binds a child's life to its parent's.
func bindToUs(*exec.Cmd, syscall.Signal) {}

// stopGroup ends the command.
func stopGroup(cmd *exec.Cmd, _ syscall.Signal) error {
	return cmd.Process.Kill()
}
