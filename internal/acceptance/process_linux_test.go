//go:build integration

package acceptance

import (
	"os/exec"
	"syscall"
)

// bindToUs gives the command a process group of its own and has the kernel
// send it a signal when this process dies, however it dies: t.Cleanup does not
// run after a panic in another goroutine, a timeout or a kill.
//
// The signal is bound to the thread that starts the command. The runtime ends
// a thread only with a goroutine that has locked it, and nothing here does.
func bindToUs(cmd *exec.Cmd, signal syscall.Signal) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: signal}
}

// stopGroup ends the command's process group.
func stopGroup(cmd *exec.Cmd, signal syscall.Signal) error {
	return syscall.Kill(-cmd.Process.Pid, signal)
}
