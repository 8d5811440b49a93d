package procmeter

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The test binary is also the program that is measured, in these roles.
const (
	roleVariable = "PROCMETER_ROLE"
	childPath    = "PROCMETER_CHILD"
	parent       = "parent" // takes a little, and starts the child
	child        = "child"  // takes 96 MB and a while of processor time
	failing      = "failing"
)

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case parent:
		cmd := exec.Command(os.Getenv(childPath))
		cmd.Env = append(os.Environ(), roleVariable+"="+child)
		if err := cmd.Run(); err != nil {
			os.Exit(1)
		}
	case child:
		block := make([]byte, 96<<20)
		for start := time.Now(); time.Since(start) < 300*time.Millisecond; {
			for i := 0; i < len(block); i += 4096 {
				block[i]++
			}
		}
	case failing:
		_, _ = os.Stderr.WriteString("no such luck\n")
		os.Exit(3)
	default:
		os.Exit(m.Run())
	}
}

// copyOfSelf gives the child a program of its own, by which it is recognised.
func copyOfSelf(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), filepath.Base(self))
	if err := os.WriteFile(copied, text, 0o755); err != nil {
		t.Fatal(err)
	}
	if copied, err = filepath.EvalSymlinks(copied); err != nil {
		t.Fatal(err)
	}
	return copied
}

func TestRun_CountsTheChildAndTellsItsMemoryApart(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := copyOfSelf(t)
	u, err := Run(t.Context(), Command{Path: self, Child: program, Env: append(os.Environ(), roleVariable+"="+parent, childPath+"="+program)})
	if err != nil {
		t.Fatal(err)
	}
	if u.Wall < 300*time.Millisecond {
		t.Errorf("wall time %v, and the child alone takes 300ms", u.Wall)
	}
	if u.CPU < 50*time.Millisecond {
		t.Errorf("processor time %v: that of the child is missing", u.CPU)
	}
	if PerProcess {
		if u.ChildPeak < 96<<20 || u.ChildPeak > 300<<20 {
			t.Errorf("peak of the child %d bytes, and it fills 96 MB", u.ChildPeak)
		}
		if u.Peak <= 0 || u.Peak > 90<<20 {
			t.Errorf("peak of the program %d bytes: it is not told apart from its child", u.Peak)
		}
		// The kernel keeps the two counts a few pages apart.
		if u.LargestPeak < u.ChildPeak-1<<20 {
			t.Errorf("the largest peak is %d bytes, less than that of the child, %d", u.LargestPeak, u.ChildPeak)
		}
	}
}

func TestRun_AFailureShowsTheOutput(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	_, err = Run(t.Context(), Command{Path: self, Args: []string{"some", "words"}, Env: append(os.Environ(), roleVariable+"="+failing)})
	if err == nil {
		t.Fatal("a failure was measured")
	}
	for _, want := range []string{"some words", "exit status " + strconv.Itoa(3), "no such luck"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}

func TestResident_OfThisProcess(t *testing.T) {
	if got := Resident(os.Getpid()); PerProcess && (got < 1<<20 || got > 8<<30) {
		t.Errorf("%d bytes", got)
	}
}
