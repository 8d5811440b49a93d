//go:build integration

package acceptance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// manyPolicies is a configuration of so many policies with one port each.
func manyPolicies(policies, port int) string {
	return fmt.Sprintf(`
terraform {
  required_providers {
    backupfw = { source = %q }
  }
}

resource "backupfw_policy" "this" {
  count = %d
  name  = "policy-${count.index}"
  rules = {
    movers = {
      direction   = "ingress"
      port_ranges = [{ name = "movers", listeners = [{ name = "movers", kind = "negotiated", ports = ["%d/tcp"] }] }]
      peers       = [{ name = "site", prefixes = ["10.20.${count.index}.0/24"], zone = "internal" }]
    }
  }
}
`, ourProvider, policies, port)
}

// instances are the attributes of the policies in the state, by index. An index
// that is there twice, and an object that is left over, fail the test.
func (w *Workspace) instances() map[int]string {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, "terraform.tfstate"))
	if err != nil {
		w.t.Fatal(err)
	}
	var state struct {
		Resources []struct {
			Type      string
			Instances []struct {
				Index      int `json:"index_key"`
				Status     string
				Deposed    string
				Attributes json.RawMessage
			}
		}
	}
	w.decode(string(text), &state)
	found := map[int]string{}
	for _, r := range state.Resources {
		for _, i := range r.Instances {
			if _, twice := found[i.Index]; twice || r.Type != "backupfw_policy" || i.Status != "" || i.Deposed != "" {
				w.t.Errorf("the state has %s[%d] twice, tainted or left over (status %q, deposed %q)", r.Type, i.Index, i.Status, i.Deposed)
			}
			found[i.Index] = string(i.Attributes)
		}
	}
	return found
}

// killProvider waits until an apply in the workspace has reported so many
// resources, and then kills its provider with a signal that nothing can handle.
// It looks for a child of a command line that is a child of this process, works
// in the workspace and runs the provider that was built for the tests.
func (w *Workspace) killProvider(after int, stop <-chan struct{}) error {
	for {
		select {
		case <-stop:
			return fmt.Errorf("the apply ended before %d resources were applied", after)
		case <-time.After(time.Millisecond):
		}
		out, err := os.ReadFile(filepath.Join(w.out, "stdout"))
		if err != nil || bytes.Count(out, []byte(`"type":"apply_complete"`)) < after {
			continue
		}
		for _, cli := range children(os.Getpid()) {
			if dir, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", cli)); err != nil || dir != w.dir {
				continue
			}
			for _, child := range children(cli) {
				process, err := os.FindProcess(child) // holds on to this process, not to its number
				if err != nil {
					continue
				}
				program, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", child))
				if err != nil || !strings.HasPrefix(program, scratch) || !slices.Contains(children(cli), child) {
					continue
				}
				return process.Signal(syscall.SIGKILL)
			}
		}
	}
}

// children lists the processes that the process has started.
func children(parent int) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var found []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile(filepath.Join("/proc", e.Name(), "stat"))
		if err != nil {
			continue
		}
		// After the name in brackets, which may hold anything: state and parent.
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			found = append(found, pid)
		}
	}
	return found
}

// applyKilled applies and kills the provider in the middle of it.
func (w *Workspace) applyKilled(after int) {
	w.t.Helper()
	if err := os.RemoveAll(filepath.Join(w.out, "stdout")); err != nil { // of the run before
		w.t.Fatal(err)
	}
	ended, killed := make(chan struct{}), make(chan error, 1)
	go func() { killed <- w.killProvider(after, ended) }()
	result := w.Run("apply", "-json", "-auto-approve", "-parallelism=4")
	close(ended)
	if err := <-killed; err != nil {
		w.t.Fatal(err)
	}
	if result.ExitCode != 1 || len(w.errors(result)) == 0 {
		w.t.Fatalf("the apply without its provider ended with %d:\n%s%s", result.ExitCode, result.Stdout, result.Stderr)
	}
}

// A provider that dies in the middle of an apply leaves the resources that were
// written and no others: the next plan does what is left, on create as on
// update, and the state is then the one of an apply that nothing disturbed.
func TestPolicy_ProviderKilledInApply_NextPlanRepairs(t *testing.T) {
	const policies, after = 80, 20
	undisturbed := NewWorkspace(t, true)
	w := NewWorkspace(t, true)
	for i, port := range []int{29168, 29169} {
		config := manyPolicies(policies, port)
		for _, each := range []*Workspace{undisturbed, w} {
			each.Write("main.tf", config)
			if i == 0 {
				each.Init()
			}
		}
		undisturbed.Apply()
		want := undisturbed.instances()

		w.applyKilled(after)
		action, left := "create", []string{}
		if i > 0 {
			action = "update"
		}
		state := w.instances()
		for index := range policies {
			if state[index] != want[index] {
				left = append(left, fmt.Sprintf("backupfw_policy.this[%d]: %s", index, action))
			}
		}
		slices.Sort(left)
		if done := policies - len(left); done < after || len(left) == 0 {
			t.Fatalf("the killed apply has written %d of %d policies: not the middle", done, policies)
		}
		if changes := w.PlanChanges(); !slices.Equal(changes, left) {
			t.Errorf("after the kill the plan does\n  %s\nwant\n  %s", strings.Join(changes, "\n  "), strings.Join(left, "\n  "))
		}
		w.ApplyPlanned()
		if got := w.instances(); !maps.Equal(got, want) {
			t.Errorf("after the repair the state has %d policies, want the %d of an apply that nothing disturbed", len(got), len(want))
		}
		if result := w.Run("plan", "-no-color", "-detailed-exitcode"); result.ExitCode != 0 {
			t.Errorf("the plan after the repair ended with %d, want 0 for no changes:\n%s%s", result.ExitCode, result.Stdout, result.Stderr)
		}
	}
}
