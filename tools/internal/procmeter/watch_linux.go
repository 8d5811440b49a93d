package procmeter

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// PerProcess says whether peaks of single processes are known here.
const PerProcess = true

// The pauses between two readings begin at often, and become longer with the
// run, up to seldom: reading takes processor time from what is measured. The
// kernel keeps the peaks, so only what a process grows by after the last look is
// missed.
const (
	often  = 10 * time.Millisecond
	seldom = 100 * time.Millisecond
	// lookAround is how many readings pass between two searches for new
	// processes, which cost more.
	lookAround = 3
)

func pause(readings int) time.Duration {
	return min(seldom, often+time.Duration(readings)*often/50)
}

// watch reads the peaks of a process group until it is stopped.
func watch(group int, child string) (stop func() (peak, childPeak int64)) {
	w := watcher{group: group, members: map[int]bool{group: true}, strangers: map[int]bool{}}
	if child != "" {
		w.child, _ = os.Stat(child) // what is not there is never run either
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for round := 0; ; round++ {
			if round%lookAround == 0 {
				w.search()
			}
			w.read()
			select {
			case <-quit:
				return
			case <-time.After(pause(round)):
			}
		}
	}()
	return func() (int64, int64) {
		close(quit)
		<-done
		return w.peak, w.childPeak
	}
}

type watcher struct {
	group           int
	child           os.FileInfo // nil if there is none
	members         map[int]bool
	strangers       map[int]bool // processes that are in other groups
	peak, childPeak int64
}

// search finds the processes of the group. A process does not join a group
// later, so each is looked at once.
func (w *watcher) search() {
	names, err := readNames("/proc")
	if err != nil {
		return
	}
	seen := map[int]bool{}
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil || w.members[pid] {
			continue
		}
		if w.strangers[pid] || groupOf(pid) != w.group {
			seen[pid] = true
			continue
		}
		w.members[pid] = true
	}
	w.strangers = seen
}

func (w *watcher) read() {
	for pid := range w.members {
		program, err := os.Stat(fmt.Sprintf("/proc/%d/exe", pid)) // of what it runs, by whatever name
		if err != nil {
			if pid != w.group {
				delete(w.members, pid) // it has ended
			}
			continue
		}
		peak := statusField(pid, "VmHWM:")
		if w.child != nil && os.SameFile(program, w.child) {
			w.childPeak = max(w.childPeak, peak)
		} else if pid == w.group {
			w.peak = max(w.peak, peak)
		}
	}
}

// readNames lists a folder in the order of the system, which costs least.
func readNames(dir string) ([]string, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	names, err := d.Readdirnames(-1)
	return names, errors.Join(err, d.Close())
}

// groupOf is the process group of a process, 0 if it is gone.
func groupOf(pid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The name in parentheses may hold anything; state, parent and group follow.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 3 {
		return 0
	}
	group, err := strconv.Atoi(fields[2])
	if err != nil {
		return 0
	}
	return group
}

// Resident is the memory of a running process in bytes, 0 if it has ended.
func Resident(pid int) int64 { return statusField(pid, "VmRSS:") }

// statusField is a field of a process's status in bytes, 0 if it has none.
func statusField(pid int, name string) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, found := strings.Cut(string(text), "\n"+name)
	if !found {
		return 0
	}
	line, _, _ := strings.Cut(rest, "\n")
	kilobytes, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(line, "kB")), 10, 64)
	if err != nil {
		return 0
	}
	return kilobytes << 10
}
