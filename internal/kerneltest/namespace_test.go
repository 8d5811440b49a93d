//go:build integration && linux

package kerneltest

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// namespace is a network namespace with a thread that lives in it.
type namespace struct {
	name  string
	path  string
	tasks chan func()
}

// newNamespace makes a namespace that vanishes with the test.
func newNamespace(t *testing.T, name string) *namespace {
	t.Helper()
	n := &namespace{name: name, tasks: make(chan func())}
	made := make(chan error)
	go func() {
		// Never unlocked: the thread ends with the function, and nobody else
		// gets into the namespace.
		runtime.LockOSThread()
		err := unix.Unshare(unix.CLONE_NEWNET)
		n.path = fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), unix.Gettid())
		made <- err
		for task := range n.tasks {
			task()
		}
	}()
	t.Cleanup(func() { close(n.tasks) })
	if err := <-made; err != nil {
		t.Skipf("no permission to make network namespaces: %v", err)
	}
	return n
}

// do runs a function on the thread of the namespace.
func (n *namespace) do(task func() error) error {
	done := make(chan error)
	n.tasks <- func() { done <- task() }
	return <-done
}

// run starts a program in the namespace and returns what it prints.
func (n *namespace) run(stdin, name string, arguments ...string) (output string, err error) {
	err = n.do(func() error {
		command := exec.Command(name, arguments...)
		command.Stdin = strings.NewReader(stdin)
		out, err := command.CombinedOutput()
		output = string(out)
		if err != nil {
			return fmt.Errorf("%s %s in %s: %w\n%s", name, strings.Join(arguments, " "), n.name, err, out)
		}
		return nil
	})
	return output, err
}

// set writes settings of the kernel, which are the namespace's own.
func (n *namespace) set(settings map[string]string) error {
	return n.do(func() error {
		for name, value := range settings {
			if err := os.WriteFile("/proc/sys/net/"+name, []byte(value+"\n"), 0o644); err != nil {
				return err
			}
		}
		return nil
	})
}

// The ends of the cable. They lie where no policy of the tests has a boundary.
var (
	host4, peer4 = netip.MustParseAddr("172.31.255.1"), netip.MustParseAddr("172.31.255.2")
	host6, peer6 = netip.MustParseAddr("fd5a:c0de::1"), netip.MustParseAddr("fd5a:c0de::2")
)

// network is a host, on which rulesets are loaded, and a peer, which has every
// address but the host's.
type network struct {
	host, peer *namespace
}

func newNetwork(t *testing.T) *network {
	t.Helper()
	n := &network{host: newNamespace(t, "host"), peer: newNamespace(t, "peer")}
	settings := map[string]string{
		// Answers tell what has passed, so none may be held back.
		"ipv4/icmp_ratelimit": "0", "ipv4/icmp_ratemask": "0", "ipv6/icmp/ratelimit": "0", "ipv6/icmp/ratemask": "2",
		"ipv4/conf/all/rp_filter": "0", "ipv4/conf/default/rp_filter": "0",
		"ipv4/ip_nonlocal_bind": "1", "ipv6/ip_nonlocal_bind": "1",
		"ipv4/ping_group_range": "0 2147483647",
	}
	steps := []error{
		n.host.set(settings), n.peer.set(settings),
		n.host.batch(fmt.Sprintf(`link set lo up
link add host0 type veth peer name peer0 netns %s
addr add %s/30 dev host0
addr add %s/64 dev host0 nodad
link set host0 up`, n.peer.path, host4, host6)),
		n.peer.batch(fmt.Sprintf(`link set lo up
addr add %s/30 dev peer0
addr add %s/64 dev peer0 nodad
link set peer0 up
route add local 0.0.0.0/0 dev lo table local
route add %s/32 dev peer0 table local
-6 route add local ::/0 dev lo table local
-6 route add %s/128 dev peer0 table local`, peer4, peer6, host4, host6)),
		n.host.batch(fmt.Sprintf("route add default via %s\n-6 route add default via %s", peer4, peer6)),
	}
	for _, err := range steps {
		if err != nil {
			t.Fatal(err)
		}
	}
	n.warmUp(t)
	return n
}

// warmUp waits until both ends know each other: it takes IPv6 a second after
// the cable is plugged in.
func (n *network) warmUp(t *testing.T) {
	t.Helper()
	for range 20 {
		probes := []*probe{
			{from: peer4, to: host4, protocol: unix.IPPROTO_UDP, port: 9},
			{from: peer6, to: host6, protocol: unix.IPPROTO_UDP, port: 9},
		}
		if err := n.peer.dial(probes, 200*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		if probes[0].passed && probes[1].passed {
			return
		}
	}
	t.Fatal("the namespaces do not reach each other")
}

// forgetNeighbours makes both ends ask anew for each other's link addresses.
func (n *network) forgetNeighbours(t *testing.T) {
	t.Helper()
	for _, ns := range []*namespace{n.host, n.peer} {
		if err := ns.batch("neigh flush all\n-6 neigh flush all"); err != nil {
			t.Fatal(err)
		}
	}
}

// batch runs commands of ip, one a line.
func (n *namespace) batch(commands string) error {
	for line := range strings.Lines(commands) {
		if _, err := n.run("", "ip", strings.Fields(line)...); err != nil {
			return err
		}
	}
	return nil
}

// load gives a ruleset to nft on the host.
func (n *network) load(t *testing.T, ruleset string) {
	t.Helper()
	if _, err := n.host.run(ruleset, "nft", "-f", "-"); err != nil {
		t.Fatalf("%v\n%s", err, ruleset)
	}
}

// require skips the test where it cannot run. In CI that is a failure, since
// nobody would miss a test that is always skipped.
func require(t *testing.T) {
	t.Helper()
	var message string
	if os.Geteuid() != 0 {
		message = "network namespaces need root"
	}
	for _, program := range []string{"nft", "ip"} {
		if _, err := exec.LookPath(program); err != nil && message == "" {
			message = program + " is not on PATH; get it with: apt-get install nftables iproute2"
		}
	}
	switch {
	case message == "":
	case os.Getenv("CI") == "true":
		t.Fatal(message)
	default:
		t.Skip("skipped: " + message)
	}
}
